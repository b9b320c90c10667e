import type { LlmCall, LlmReply } from "./llm-server.js";

type Answer = (call: LlmCall) => LlmReply;

/** Names of the questions by a property of their schema, for requests that send the schema in the prompt alone. */
const NAMES = [
  ["confidence", "confidence"],
  ["explanation", "label"],
  ["family_name", "name"],
] as const;

const FORM = "Its JSON schema:\n";

/** How servers refuse what they do not know, or answer as none should: each takes the calls that another answers. */
export const DIALECTS: Readonly<Record<string, (answer: Answer) => Answer>> = {
  "a gateway for Anthropic's models ignores response_format and answers in prose":
    (answer) => (call) =>
      system(call).includes(FORM) ? answer(asStrict(call)) : "Certainly! The answer is as follows.",
  "an old Ollama takes json_object and ignores schemas": (answer) => (call) =>
    call.body.response_format?.type === "json_object" && system(call).includes(FORM)
      ? answer(asStrict(call))
      : '{"result":"ok"}',
  "a GPT-5 refuses log-probabilities with 403 and max_tokens with 400": (answer) => (call) => {
    const { body } = call;
    if (body.max_tokens !== undefined) {
      const message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
      return {
        status: 400,
        body: { error: { message, param: "max_tokens", code: "unsupported" } },
      };
    }
    if (body.temperature !== undefined) {
      const message = "Only the default (1) value is supported.";
      return { status: 400, body: { error: { message, param: "temperature", code: null } } };
    }
    if (body.logprobs === undefined) return answer(call);
    return { status: 403, message: "You are not allowed to request logprobs from this model" };
  },
  "FastAPI rejects unknown fields with 422 and repeats the request": (answer) => (call) => {
    const extra = ["top_logprobs", "logprobs", "response_format"].filter((name) => call.body[name]);
    if (extra.length === 0) return answer(asStrict(call));
    const detail = extra.slice(0, 1).map((name) => ({
      type: "extra_forbidden",
      loc: ["body", name],
      msg: "Extra inputs are not permitted",
      input: call.body,
      url: "https://errors.pydantic.dev/2/v/extra_forbidden",
    }));
    return { status: 422, body: { detail } };
  },
  "vLLM before 0.10.1 puts its message beside object: error, and takes five alternatives":
    (answer) => (call) => {
      if (Number(call.body.top_logprobs ?? 0) <= 5) return answer(call);
      const message = "You must request at most 5 top_logprobs. Got 20.";
      return {
        status: 400,
        body: { object: "error", message, type: "BadRequestError", code: 400 },
      };
    },
  "a template of Gemma refuses the system role": (answer) => (call) =>
    call.body.messages.some(({ role }) => role === "system")
      ? { status: 400, body: "Jinja Exception: System role not supported" }
      : answer(asStrict(call)),
  "a template of Mistral wants roles in turn, with 500": (answer) => (call) =>
    call.body.messages[0].role === "user"
      ? answer(asStrict(call))
      : {
          status: 500,
          message: "Conversation roles must alternate user/assistant/user/assistant/...",
        },
  "OpenRouter reports a parameter's refusal in an answer with status 200": (answer) => (call) => {
    const { type } = call.body.response_format ?? {};
    if (type !== "json_schema") return answer(asStrict(call));
    const raw = JSON.stringify({ error: { message: "response_format json_schema: unsupported" } });
    const error = { code: 400, message: "Provider returned error", metadata: { raw } };
    return { body: { error } };
  },
  "thoughts come before the answer without an opening tag": (answer) => (call) =>
    withContent(answer(call), (content) => `Hm, {a set} of "things.\n</think>\n\n${content}`),
  "the answer is taken for a thought": (answer) => (call) => {
    const reply = answer(call);
    const { content, ...rest } = typeof reply === "string" ? { content: reply } : reply;
    return { ...rest, content: "", reasoning: content ?? "" };
  },
  "chatter surrounds the answer, in another spelling": (answer) => (call) =>
    withContent(
      answer(call),
      (content) =>
        `Sure, {here} you are:\n\`\`\`json\n${content.replace(/"(yes|no)"/g, (_, word: string) => `"${word.toUpperCase()}."`)}\n\`\`\`\nAnything else?`,
    ),
};

function system(call: LlmCall): string {
  return call.body.messages[0].content;
}

function withContent(reply: LlmReply, change: (content: string) => string): LlmReply {
  const full = typeof reply === "string" ? { content: reply } : reply;
  // The tokens of what is added have no log-probabilities.
  return { ...full, content: change(full.content ?? "") };
}

/** The call as a server gets it that knows everything: the system's message apart, the schema as a parameter. */
function asStrict(call: LlmCall): LlmCall {
  const { messages, response_format: format } = call.body;
  const [first, ...others] = messages;
  const [instructions, rest] = splitForm(first.content);
  const isMerged = first.role === "user";
  const strict =
    format?.json_schema ??
    (rest === undefined ? undefined : { name: nameOf(rest.schema), schema: rest.schema });
  return {
    ...call,
    body: {
      ...call.body,
      messages: isMerged
        ? [
            { role: "system", content: instructions },
            { role: "user", content: rest?.user ?? first.content },
            ...others,
          ]
        : messages,
      ...(strict && { response_format: { type: "json_schema", json_schema: strict } }),
    },
  };
}

function splitForm(content: string): [string, { schema: object; user: string }?] {
  const at = content.indexOf(FORM);
  if (at < 0) return [content];
  const after = content.slice(at + FORM.length);
  const [line] = after.split("\n", 1);
  const schema = JSON.parse(line) as object;
  return [content.slice(0, at), { schema, user: after.slice(line.length).trim() }];
}

function nameOf(schema: object): string {
  const properties = Object.keys((schema as { properties?: object }).properties ?? {});
  const known = NAMES.find(([, start]) => properties.some((name) => name.startsWith(start)));
  return known?.[0] ?? "detection";
}
