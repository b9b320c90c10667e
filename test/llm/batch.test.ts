import test from "ava";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { ApiError } from "../../src/core/index.js";
import { type PricedChatModel, createBudget, createChatModel } from "../../src/llm/index.js";
import { answerDouble, doubleOf } from "../support/doubles.js";
import { inFolder } from "../support/folder.js";
import { type BatchServer, type Line, startBatchServer } from "../support/servers/batch-server.js";
import type { LlmCall } from "../support/servers/llm-server.js";

function completionOf({ body }: Line): { status: number; body: object } {
  const content = answerDouble({ body } as LlmCall);
  const usage = { prompt_tokens: 100, completion_tokens: 10 };
  return { status: 200, body: { choices: [{ message: { content } }], usage } };
}

function open(server: BatchServer, journal: string, model: string): Promise<PricedChatModel> {
  const batch = { journal, quietMs: 20, pollMs: 5 };
  const { baseUrl } = server;
  return createChatModel({ model, baseUrl, env: {}, batch, budget: createBudget(), waitMs: 1 });
}

const asked = [1, 2, 3, 4, 5].map(doubleOf);
const right = [2, 4, 6, 8, 10];

async function twices(model: PricedChatModel): Promise<(number | undefined)[]> {
  const answers = await Promise.all(asked.map((question) => model.ask(question)));
  return answers.map((answer) => (answer.status === "ok" ? answer.value.twice : undefined));
}

test("questions go in one batch at half the price", async (t) => {
  await inFolder(async (folder) => {
    const server = await startBatchServer(completionOf);
    const model = await open(server, path.join(folder, "batches.jsonl"), "gpt-4o-mini");
    t.deepEqual(model.price, { input: 0.075, cachedInput: 0.0375, output: 0.3 });
    const [answer] = await Promise.all(asked.map((question) => model.ask(question)));
    t.deepEqual(answer.status === "ok" && answer.value, { id: "d1", twice: 2 });
    t.true(Math.abs(answer.cost - (100 * 0.075 + 10 * 0.3) / 1e6) < 1e-12);
    t.deepEqual(
      server.batches.map((lines) => lines.length),
      [5],
    );
    server.close();
  });
});

for (const ending of ["failed", "cancelled"]) {
  test(`a batch that ${ending} is sent again by the next run alone`, async (t) => {
    await inFolder(async (folder) => {
      const server = await startBatchServer(completionOf);
      const journal = path.join(folder, "batches.jsonl");
      server.ending = ending;
      const message = /batch: it (failed|was cancelled on the server); rerun/;
      await t.throwsAsync(twices(await open(server, journal, "ended")), { message });
      t.is(server.batches.length, 1);
      server.ending = "completed";
      t.deepEqual(await twices(await open(server, journal, "ended")), right);
      t.is(server.batches.length, 2);
      server.close();
    });
  });
}

test("a run that was stopped waits for its batch and sends none again", async (t) => {
  await inFolder(async (folder) => {
    const server = await startBatchServer(completionOf);
    const journal = path.join(folder, "batches.jsonl");
    server.isOpen = false;
    const stop = new AbortController();
    const first = await open(server, journal, "stopped");
    const waiting = asked.map((question) => first.ask(question, { signal: stop.signal }));
    while (server.batches.length === 0) await new Promise(setImmediate);
    setTimeout(() => stop.abort(new Error("enough")), 20);
    for (const result of await Promise.allSettled(waiting)) t.is(result.status, "rejected");
    server.isOpen = true;
    t.deepEqual(await twices(await open(server, journal, "stopped")), right);
    t.is(server.batches.length, 1);
    server.close();
  });
});

test("what a batch refuses or leaves out is sent by the next", async (t) => {
  await inFolder(async (folder) => {
    const message = "Unsupported parameter: use 'max_completion_tokens' instead";
    const server = await startBatchServer((line, batch) => {
      if (line.body.max_tokens !== undefined) return { status: 400, body: { error: { message } } };
      return batch === 1 && line.body.messages[1].content.includes("d3")
        ? undefined
        : completionOf(line);
    });
    const model = await open(server, path.join(folder, "batches.jsonl"), "refusing");
    // A server that is busy when asked about a batch is asked again; the batch is not sent again.
    server.busy = 1;
    t.deepEqual(await twices(model), right);
    t.deepEqual(
      server.batches.map((lines) => lines.length),
      [5, 5, 1],
    );
    server.close();
  });
});

test("a server without a batch API is an error", async (t) => {
  await inFolder(async (folder) => {
    const server = createServer((_, response) => response.writeHead(404).end("404 page not found"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const batch = { journal: path.join(folder, "b.jsonl"), quietMs: 1 };
    const model = await createChatModel({ model: "m", baseUrl, env: {}, batch, attempts: 1 });
    await t.throwsAsync(model.ask(doubleOf(1)), { instanceOf: ApiError, message: /HTTP 404/ });
    server.close();
  });
});
