import test from "ava";
import { type IncomingMessage, createServer } from "node:http";
import { type AddressInfo, type Socket, connect as connectTo } from "node:net";
import { ApiError } from "../../src/core/index.js";
import {
  type ChatModelOptions,
  BudgetError,
  connect,
  createBudget,
  createChatModel,
  readAnswer,
} from "../../src/llm/index.js";
import { type LlmServerOptions, startLlmServer } from "../support/servers/llm-server.js";
import { DIALECTS } from "../support/servers/dialects.js";
import { answerDouble, doubleOf, withDoublingModel } from "../support/doubles.js";

function withModel(
  server: LlmServerOptions,
  options: Partial<ChatModelOptions>,
  use: Parameters<typeof withDoublingModel>[2],
): Promise<void> {
  return withDoublingModel(server, { model: "m", env: {}, waitMs: 1, ...options }, use);
}

for (const [name, face] of Object.entries(DIALECTS)) {
  test(`answered as by any other server: ${name}`, async (t) => {
    await withModel({ answer: face(answerDouble) }, {}, async (model, server) => {
      for (let i = 0; i < 6; i++) {
        const answer = await model.ask({ ...doubleOf(i), logprobs: true });
        t.deepEqual(answer.status === "ok" && answer.value, { id: `d${i}`, twice: 2 * i });
      }
      // What the server taught is remembered.
      t.true(server.calls.length <= 6 + 5, `${server.calls.length} calls`);
      const asked = server.calls.length;
      await model.ask(doubleOf(7));
      t.is(server.calls.length, asked + 1);
    });
  });
}

test("a form that a server obeys is kept after one bad answer", async (t) => {
  const answer: LlmServerOptions["answer"] = (call) =>
    call.number === 3 ? "I would rather not." : answerDouble(call);
  await withModel({ answer }, {}, async (model, server) => {
    for (let i = 0; i < 6; i++) t.is((await model.ask(doubleOf(i))).status, "ok");
    t.true(server.calls.every(({ body }) => body.response_format?.type === "json_schema"));
    // The repair question states the form.
    t.regex(server.calls[4].body.messages[3].content, /JSON schema:\n\{"type":"object"/);
  });
});

test("a server's reason is shown whatever its form, and what waiting cannot mend is not tried again", async (t) => {
  const cases: [body: unknown, status: number, reason: RegExp, calls: number][] = [
    [
      { detail: [{ loc: ["body", "model"], msg: "unknown model", input: {} }] },
      422,
      /body\.model, unknown model/,
      1,
    ],
    [{ object: "error", message: "no such model" }, 404, /HTTP 404, no such model$/, 1],
    [{ error: "model 'm' not found, try pulling it first" }, 404, /try pulling it first/, 1],
    [
      "<html><body><h1>413</h1> Request Entity Too Large</body></html>",
      413,
      /HTTP 413, 413 Request Entity Too Large/,
      1,
    ],
    [{ error: { message: "You have run out", type: "insufficient_quota" } }, 429, /run out/, 1],
    [{ error: { message: "Insufficient credits" } }, 402, /Insufficient credits/, 1],
    [{ error: { message: "slow down" } }, 429, /slow down/, 3],
    [{ error: { message: "overloaded" } }, 529, /overloaded/, 3],
    ["", 500, /HTTP 500, no reason given/, 3],
  ];
  for (const [body, status, reason, calls] of cases) {
    const answer = () => ({ status, body });
    await withModel({ answer }, { attempts: 3 }, async (model, server) => {
      const error = await t.throwsAsync(model.ask(doubleOf(1)), { instanceOf: ApiError });
      t.regex(error.message, reason);
      t.is(server.calls.length, calls, error.message);
    });
  }
  const answer = () => ({ body: { error: { code: 502, message: "upstream is down" } } });
  await withModel({ answer }, { attempts: 2 }, async (model, server) => {
    t.regex(String(await t.throwsAsync(model.ask(doubleOf(1)))), /HTTP 502, upstream is down/);
    t.is(server.calls.length, 2);
  });
});

test("an address may be that of the completions, and one without /v1 is noticed", async (t) => {
  const server = await startLlmServer({ answer: answerDouble });
  const full = await createChatModel({
    model: "m",
    baseUrl: `${server.baseUrl}/chat/completions`,
    env: {},
  });
  t.is((await full.ask(doubleOf(3))).status, "ok");
  await server.close();
  const other = createServer((_, response) => response.writeHead(404).end("404 page not found"));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const bare = await createChatModel({ model: "m", baseUrl: `${baseUrl}/`, env: {} });
  const error = await t.throwsAsync(bare.ask(doubleOf(1)));
  t.true(error.message.endsWith(`the address has no /v1: try ${baseUrl}/v1`), error.message);
  other.close();
});

test("an answer that comes drop by drop, or never ends, is given up", async (t) => {
  const drip = { answer: () => ({ content: "{}", dripMs: 5 }) };
  await withModel(drip, { timeoutMs: 300, attempts: 2 }, async (model) => {
    const error = await t.throwsAsync(model.ask(doubleOf(1)), { instanceOf: ApiError });
    t.regex(error.message, /no answer within 0.3 s/);
  });
  // It may be billed, so it counts against the cap.
  const budget = createBudget({ maxCost: 0.00006 });
  const priced = { model: "gpt-4o-mini", timeoutMs: 300, attempts: 2, budget };
  await withModel(drip, priced, async (model) => {
    await t.throwsAsync(model.ask(doubleOf(1)), { instanceOf: BudgetError });
    t.is(budget.spent, 0);
  });
  const long = { answer: () => "a".repeat(3_000_000) };
  await withModel(long, {}, async (model, server) => {
    t.regex(String(await t.throwsAsync(model.ask(doubleOf(1)))), /longer than 1000000 bytes/);
    t.is(server.calls.length, 1);
  });
});

test("a redirect to another origin is refused, one of the same is followed", async (t) => {
  const target = await startLlmServer({ answer: answerDouble });
  let location = "";
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/v2")) {
      request.pipe(response.writeHead(200, { "content-type": "application/json" }));
    } else response.writeHead(307, { location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const model = await createChatModel({ model: "m", baseUrl, env: {}, attempts: 1 });
  location = `${target.baseUrl}/chat/completions`;
  const error = await t.throwsAsync(model.ask(doubleOf(1)), { instanceOf: ApiError });
  t.true(error.message.endsWith(`redirects to ${location}: use that address`), error.message);
  t.is(target.calls.length, 0);
  // What the same server answers there is the request, which contains no message.
  location = "/v2/chat/completions";
  t.regex(String(await t.throwsAsync(model.ask(doubleOf(1)))), /contains no message/);
  server.close();
  server.closeAllConnections();
  await target.close();
});

test("a model that ran out of tokens while it thought is known by it", async (t) => {
  for (const reply of [
    { content: "", reasoning: "Let me see", finish: "length" },
    { content: "<think>Let me see", finish: "length" },
  ]) {
    await withModel({ answer: () => reply }, {}, async (model) => {
      const answer = await model.ask(doubleOf(1));
      t.regex(answer.status === "failed" ? answer.reason : "", /--think-tokens/);
    });
  }
});

test("no answer, however long or odd, takes time out of proportion to its length", (t) => {
  const question = { ...doubleOf(4), maxTokens: undefined };
  const right = '{"id":"d4","twice":8}';
  const odd = [
    "```json" + " ".repeat(1_000_000),
    "{".repeat(1_000_000),
    "[".repeat(1_000_000),
    '"'.repeat(1_000_000),
    "<think>".repeat(140_000),
    "</think>".repeat(120_000),
    '{"a":'.repeat(200_000),
    `{"id":[${"1,".repeat(400_000)}1],"twice":[${"{},".repeat(100_000)}{}]}`,
    "{}".repeat(500_000),
    "\\".repeat(1_000_000),
  ];
  for (const text of odd) {
    const own = process.cpuUsage();
    t.true("complaint" in readAnswer(text, question), text.slice(0, 20));
    const { user, system } = process.cpuUsage(own);
    t.log(`${text.slice(0, 10)} … ${Math.round((user + system) / 1000)} ms of processor time`);
  }
  t.true("value" in readAnswer(`{ and then\n${right}`, question));
  t.true("value" in readAnswer(`{"id":"d4"}\n${right}\nDone.`, question));
  // A question bounds its answers.
  const long = `${right}${" ".repeat(10)}${"x".repeat(3000)}`;
  t.true("complaint" in readAnswer(long, doubleOf(4)));
});

test("a prompt that the server cut is noticed once", async (t) => {
  const notes: string[] = [];
  const usage = { prompt_tokens: 60, completion_tokens: 9 };
  const answer: LlmServerOptions["answer"] = (call) => ({
    body: { choices: [{ message: { content: answerDouble(call) } }], usage },
  });
  const onNote = (text: string): void => void notes.push(text);
  await withModel({ answer }, { onNote }, async (model) => {
    const long = `${"word ".repeat(200)}`;
    for (const i of [1, 2]) {
      const question = doubleOf(i);
      await model.ask({ ...question, user: `${question.user} ${long}` });
    }
  });
  t.is(notes.length, 1);
  t.regex(
    notes[0],
    /^m: the server read only 60 of about \d{3} tokens of a prompt; raise its context length$/,
  );
});

test("addresses of private networks need no key, and Azure's domains get theirs in a header of its own", (t) => {
  const open = (baseUrl: string): boolean => {
    try {
      return connect({ baseUrl, keyVariables: ["KEY"], env: {} }).isPrivate;
    } catch (error) {
      t.regex(String(error), /no key for .*: set KEY/);
      return false;
    }
  };
  const hosts =
    "localhost 127.0.0.1 [::1] 0.0.0.0 10.1.2.3 172.16.0.1 172.31.9.9 192.168.0.7 169.254.1.1 100.64.0.1";
  const names = "host.docker.internal ollama box.local nas.lan gpu.home.arpa [fd00::1] [fe80::1]";
  for (const host of `${hosts} ${names}`.split(" ")) t.true(open(`http://${host}:8080/v1`), host);
  const others =
    "api.openai.com 172.32.0.1 100.128.0.1 11.0.0.1 192.169.0.1 10.example.com [2001:db8::1]";
  for (const host of others.split(" ")) t.false(open(`http://${host}/v1`), host);
});

/** A proxy whose tunnels all end at a port of this machine; `seen` lists where they were to lead. */
async function startTunnel(
  port: number,
): Promise<{ address: string; seen: string[]; close: () => void }> {
  const seen: string[] = [];
  const proxy = createServer();
  proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
    seen.push(request.url ?? "");
    const other = connectTo(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      other.pipe(socket).pipe(other);
    });
    for (const end of [socket, other]) end.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    proxy.closeAllConnections();
    proxy.close();
  };
  return { address: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, seen, close };
}

test("a proxy of the environment is used for other machines, NO_PROXY and this machine excepted", async (t) => {
  const server = await startLlmServer({ answer: answerDouble });
  const { address, seen, close } = await startTunnel(Number(new URL(server.baseUrl).port));
  const env = { KEY: "k", HTTP_PROXY: address, NO_PROXY: "direct.invalid" };
  const ask = async (baseUrl: string): Promise<string> => {
    const options = { model: "m", baseUrl, env, keyVariables: ["KEY"], attempts: 1 };
    const answer = await (await createChatModel(options)).ask(doubleOf(1));
    return answer.status;
  };
  t.is(await ask("http://models.invalid/v1"), "ok");
  t.deepEqual(seen, ["models.invalid:80"]);
  t.is(server.calls[0].authorization, "Bearer k");
  t.is(await ask(server.baseUrl), "ok");
  await t.throwsAsync(ask("http://direct.invalid/v1"), { message: /ENOTFOUND|EAI_AGAIN/ });
  t.is(seen.length, 1);
  close();
  await server.close();
});

test("every domain of Azure gets the key in its own header, and no other server does", async (t) => {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers["api-key"] as string | undefined);
    response.setHeader("content-type", "application/json");
    const message = { role: "assistant", content: '{"id":"d1","twice":2}' };
    response.end(JSON.stringify({ choices: [{ message, finish_reason: "stop" }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { address, close } = await startTunnel((server.address() as AddressInfo).port);
  const env = { KEY: "k", HTTP_PROXY: address };
  for (const host of [
    ...["own.openai.azure.com", "own.openai.azure.us", "own.openai.azure.cn"],
    ...["own.azure-api.net", "api.example.com", "azure.com.example.org"],
  ]) {
    const options = { model: "m", baseUrl: `http://${host}/v1`, env, keyVariables: ["KEY"] };
    await (await createChatModel({ ...options, attempts: 1 })).ask(doubleOf(1));
  }
  t.deepEqual([...new Set(keys.slice(0, -2))], ["k"]);
  t.deepEqual([...new Set(keys.slice(-2))], [undefined]);
  close();
  server.closeAllConnections();
  server.close();
});

test("an error inside an answer of status 200 is one, and a limit per day is no load", async (t) => {
  const bodies: [object, number, RegExp][] = [
    [{ choices: [], error: { code: 402, message: "Insufficient credits" } }, 200, /Insufficient/],
    [
      { choices: [{ message: { content: "" }, error: { code: 502, message: "Provider down" } }] },
      200,
      /Provider down/,
    ],
    [{ error: { message: "Quota exceeded: GenerateRequestsPerDay" } }, 429, /PerDay/],
  ];
  for (const [body, status, message] of bodies) {
    let calls = 0;
    const server = createServer((_, response) => {
      calls++;
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const model = await createChatModel({ model: "m", baseUrl, env: {}, attempts: 2, waitMs: 1 });
    await t.throwsAsync(model.ask(doubleOf(1)), { message });
    t.is(calls, /Provider/.test(message.source) ? 2 : 1, "only what may pass is asked again");
    server.closeAllConnections();
    server.close();
  }
});
