import test from "ava";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiError } from "../../src/core/index.js";
import {
  type ChatModelOptions,
  type PricedChatModel,
  createChatModel,
  readAnswer,
} from "../../src/llm/index.js";
import {
  type LlmServer,
  type LlmServerOptions,
  startLlmServer,
} from "../support/servers/llm-server.js";
import { DIALECTS } from "../support/servers/dialects.js";
import { answerDouble, doubleOf } from "../support/doubles.js";

async function withModel(
  server: LlmServerOptions,
  options: Partial<ChatModelOptions>,
  use: (model: PricedChatModel, server: LlmServer) => Promise<void>,
): Promise<void> {
  const started = await startLlmServer({ answer: answerDouble, ...server });
  try {
    const { baseUrl } = started;
    await use(
      await createChatModel({ model: "m", baseUrl, env: {}, waitMs: 1, ...options }),
      started,
    );
  } finally {
    await started.close();
  }
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
    ["", 500, /HTTP 500, without a reason/, 3],
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
