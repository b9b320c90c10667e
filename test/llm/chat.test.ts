import test from "ava";
import { ApiError } from "../../src/core/index.js";
import {
  type ChatModelOptions,
  BudgetError,
  createBudget,
  createChatModel,
} from "../../src/llm/index.js";
import {
  type LlmCall,
  type LlmServerOptions,
  startLlmServer,
} from "../support/servers/llm-server.js";
import { answerDouble, doubleOf, withDoublingModel } from "../support/doubles.js";

const KEY = "abcDEF123secret456";
function withModel(
  server: LlmServerOptions,
  options: Partial<ChatModelOptions>,
  use: Parameters<typeof withDoublingModel>[2],
): Promise<void> {
  return withDoublingModel(
    server,
    { model: "gpt-4o-mini", env: { OPENAI_API_KEY: KEY }, waitMs: 5, ...options },
    use,
  );
}

test("an answer is checked, counted and priced", async (t) => {
  await withModel({}, {}, async (model, server) => {
    const [answer, same] = await Promise.all([model.ask(doubleOf(4)), model.ask(doubleOf(4))]);
    if (answer.status !== "ok" || same.status !== "ok") return t.fail();
    t.deepEqual(answer.value, { id: "d4", twice: 8 });
    t.deepEqual([answer.cached, same.cached, server.calls.length], [false, true, 1]);
    const [{ body, promptTokens, authorization }] = server.calls;
    t.is(authorization, `Bearer ${KEY}`);
    t.is(body.response_format?.type, "json_schema");
    t.is(answer.usage.inputTokens, promptTokens);
    t.is(answer.cost, (promptTokens * 0.15 + answer.usage.outputTokens * 0.6) / 1e6);
  });
});

test("with a seeded misbehaving server every answer is either right or failed", async (t) => {
  const trouble = { "429": 0.05, "429-retry-after": 0.05, "500": 0.05, stall: 0.02, cut: 0.05 };
  const answers = { truncated: 0.05, "wrong-ids": 0.05, refusal: 0.05, empty: 0.05, fences: 0.1 };
  await withModel(
    { trouble: { ...trouble, ...answers }, stallMs: 20_000, latencyMs: 2 },
    { timeoutMs: 5_000, attempts: 12 },
    async (model, server) => {
      const all = await Promise.all(Array.from({ length: 200 }, (_, i) => model.ask(doubleOf(i))));
      const ok = all.flatMap((answer, i) =>
        answer.status === "ok" ? [[answer.value.twice, 2 * i]] : [],
      );
      t.true(ok.every(([got, expected]) => got === expected));
      t.true(ok.length >= 180 && ok.length < 200, `${ok.length} right`);
      t.is(new Set(server.calls.map(({ trouble: kind }) => kind)).size, 11);
    },
  );
});

test("a malformed answer gets one repair question, then fails", async (t) => {
  await withModel({ answer: () => '{"id":"d1"}' }, {}, async (model, server) => {
    const answer = await model.ask(doubleOf(1));
    t.is(answer.status, "failed");
    t.is(server.calls.length, 2);
    t.regex(server.calls[1].body.messages[3].content, /cannot be used: .*twice/s);
    // At temperature 0 a model repeats what it said.
    t.deepEqual(
      server.calls.map(({ body }) => (body.temperature as number) > 0),
      [false, true],
    );
  });
  const finish = { content: '{"id":"d1","twice":2}', finish: "length" };
  await withModel({ answer: () => finish }, {}, async (model) => {
    t.is((await model.ask(doubleOf(1))).status, "failed");
  });
});

test("what a question can use of a torn answer counts, and of one that is no JSON", async (t) => {
  const torn = { content: '{"id":"d1","twice":2,"more":"and', finish: "length" };
  const read = (text: string): { id: string; twice: number } | undefined => {
    const [, id, twice] = /^\{"id":"(\w+)","twice":(\d+),/.exec(text) ?? [];
    return id === undefined ? undefined : { id, twice: Number(twice) };
  };
  await withModel({ answer: () => torn }, {}, async (model, server) => {
    const answer = await model.ask({ ...doubleOf(1), read });
    t.deepEqual(answer.status === "ok" && answer.value, { id: "d1", twice: 2 });
    t.is(server.calls.length, 1);
  });
  await withModel({ answer: () => ({ ...torn, content: "two" }) }, {}, async (model, server) => {
    const answer = await model.ask({
      ...{ ...doubleOf(1), form: "text" as const },
      read: (text) => (text === "two" ? { id: "d1", twice: 2 } : undefined),
    });
    t.is(answer.status, "ok");
    t.is(server.calls[0].body.response_format, undefined);
  });
});

test("a parameter that a server rejects is left out from then on", async (t) => {
  const answer = (call: LlmCall): string | { status: number; message: string } => {
    const refuse = (message: string): { status: number; message: string } => ({
      status: 400,
      message,
    });
    const { body } = call;
    if (body.max_tokens !== undefined) return refuse("use 'max_completion_tokens' instead");
    if (body.temperature !== undefined) return refuse("temperature is not supported");
    if (body.response_format) return refuse("response_format is not supported");
    return answerDouble(call);
  };
  await withModel({ answer }, { model: "plain" }, async (model, server) => {
    t.is((await model.ask(doubleOf(1))).status, "ok");
    t.is(server.calls.length, 6);
    t.regex(server.calls[5].body.messages[0].content, /JSON schema:\n\{"type":"object"/);
    await model.ask(doubleOf(2));
    t.is(server.calls.length, 7);
  });
});

test("any other refusal is reported at once and without the key", async (t) => {
  const answer = () => ({ status: 403, message: `${KEY} may not do this` });
  await withModel({ answer }, {}, async (model, server) => {
    const error = await t.throwsAsync(model.ask(doubleOf(1)), { instanceOf: ApiError });
    t.is(error.status, 403);
    t.false(JSON.stringify([error.message, error.stack, error]).includes(KEY));
    t.is(server.calls.length, 1);
  });
});

test("a server's cap on parallel calls is found and used", async (t) => {
  await withModel({ cap: 8, latencyMs: 150 }, { attempts: 50 }, async (model, server) => {
    await Promise.all(Array.from({ length: 200 }, (_, i) => model.ask(doubleOf(i))));
    // A busy machine leaves the server idle: the share is asserted in counted time, in limiter.test.ts.
    t.log(`${(100 * server.utilisation()).toFixed(1)} % of the cap in use`);
    t.is(
      Math.max(...server.calls.filter(({ status }) => status === 200).map((c) => c.parallel)),
      8,
    );
    const refused = server.calls.filter(({ status }) => status === 429).length;
    t.true(refused < 100, `${refused} refused`);
  });
});

test("the cost cap holds with calls in flight", async (t) => {
  const budget = createBudget({ maxCost: 0.0005 });
  await withModel({ latencyMs: 5 }, { budget }, async (model) => {
    const asked = Array.from({ length: 60 }, (_, i) => model.ask(doubleOf(i)));
    const results = await Promise.allSettled(asked);
    const refused = results.filter(
      ({ status }) => status === "rejected",
    ) as PromiseRejectedResult[];
    t.true(refused.length > 0 && refused.length < 60);
    t.true(refused.every(({ reason }) => reason instanceof BudgetError));
    t.true(budget.spent <= 0.0005 && budget.spent > 0.0004, `${budget.spent}`);
  });
  await t.throwsAsync(
    createChatModel({ model: "mine", baseUrl: "http://localhost/v1", budget, env: {} }),
    { instanceOf: RangeError, message: /price of mine/ },
  );
});

test("an estimate matches the tokens that the server then counts", async (t) => {
  await withModel({}, {}, async (model, server) => {
    const questions = Array.from({ length: 20 }, (_, i) => doubleOf(i));
    const { prompts, inputTokens, cost } = await model.estimate(questions);
    for (const question of questions) await model.ask(question);
    const counted = server.calls.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
    t.is(prompts, 20);
    t.true(Math.abs(inputTokens - counted) <= 0.02 * counted, `${inputTokens} for ${counted}`);
    t.true(cost !== undefined && cost > 0);
  });
});

test("an abort ends the running call and the waiting ones", async (t) => {
  await withModel({ latencyMs: 5000 }, { parallel: 1 }, async (model) => {
    const controller = new AbortController();
    const { signal } = controller;
    const asked = [1, 2].map((i) => model.ask(doubleOf(i), { signal }));
    setTimeout(() => controller.abort(new Error("enough")), 30);
    for (const result of await Promise.allSettled(asked)) {
      t.is(result.status === "rejected" && (result.reason as Error).message, "enough");
    }
  });
});

test("an unreachable server ends the run at once, one that has answered before is retried", async (t) => {
  const closed = await startLlmServer({});
  await closed.close();
  for (const [baseUrl, reason] of [
    [closed.baseUrl, "connect ECONNREFUSED"],
    ["http://127.0.0.1:9/v1", "connect ECONNREFUSED"],
  ]) {
    const wrong = await createChatModel({ model: "m", baseUrl, env: {} });
    const missing = await t.throwsAsync(wrong.ask(doubleOf(1)), { instanceOf: ApiError });
    t.true(missing.message.startsWith(`${baseUrl}: ${reason}`), missing.message);
    t.false(missing.retryable);
  }
  await withModel({}, { attempts: 2 }, async (model, server) => {
    t.is((await model.ask(doubleOf(1))).status, "ok");
    await server.close();
    const gone = await t.throwsAsync(model.ask(doubleOf(2)), { instanceOf: ApiError });
    t.regex(gone.message, /ECONNREFUSED/);
    t.true(gone.retryable);
  });
});
