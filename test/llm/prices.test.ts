import test from "ava";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { FormatError } from "../../src/core/index.js";
import {
  PRICES,
  connect,
  costOf,
  countTokens,
  findPrice,
  readPrices,
  readRoleSettings,
} from "../../src/llm/index.js";
import { inFolder } from "../support/folder.js";

test("a price is found by name, with or without a date, and a file adds more", async (t) => {
  t.is(findPrice("gpt-4o-2024-08-06"), PRICES["gpt-4o"]);
  t.is(findPrice("constructor"), undefined);
  const usage = { inputTokens: 1000, outputTokens: 100, cachedTokens: 400 };
  t.is(costOf(usage, { input: 10, cachedInput: 5, output: 20 }), 0.01);
  t.is(costOf(usage, { input: 10 }), 0.01);
  await inFolder(async (folder) => {
    const file = path.join(folder, "prices.json");
    await writeFile(file, '{"mine":{"input":1,"output":2},"gpt-4o":{"input":9}}');
    const prices = await readPrices(file);
    t.deepEqual(findPrice("mine", prices), { input: 1, output: 2 });
    t.is(findPrice("gpt-4o", prices)?.input, 9);
    t.truthy(findPrice("gpt-4o-mini", prices));
    for (const wrong of ['{"m":{"input":-1}}', '{"m":{"output":1}}', "[1]", "{"]) {
      await writeFile(file, wrong);
      await t.throwsAsync(readPrices(file), { instanceOf: FormatError }, wrong);
    }
  });
});

test("a role's settings are the arguments, then its variables, then for the judge the explainer's", (t) => {
  const env = {
    FEATURE_FAMILIES_EXPLAINER_MODEL: "one",
    FEATURE_FAMILIES_EXPLAINER_BASE_URL: "http://localhost:1/v1",
    OPENAI_BASE_URL: "http://localhost:2/v1",
  };
  const judge = readRoleSettings("judge", { env });
  t.deepEqual([judge.model, judge.baseUrl], ["one", "http://localhost:1/v1"]);
  t.deepEqual(judge.keyVariables, [
    "FEATURE_FAMILIES_JUDGE_API_KEY",
    "FEATURE_FAMILIES_EXPLAINER_API_KEY",
    "OPENAI_API_KEY",
  ]);
  t.is(readRoleSettings("judge", { env, model: "two" }).model, "two");
  t.is(readRoleSettings("embedder", { env }).baseUrl, "http://localhost:2/v1");
});

test("an API version stays in the query, and OPENAI_BASE_URL is checked too", async (t) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? "");
    response.writeHead(200, { "content-type": "application/json" }).end('{"data":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/openai/deployments/d?api-version=2024-10-21`;
  const api = connect({ baseUrl, keyVariables: [], env: {} });
  await api.call("/embeddings", { input: "x" }, { timeoutMs: 60_000, mostBytes: 1000 });
  t.deepEqual(seen, ["/openai/deployments/d/embeddings?api-version=2024-10-21"]);
  server.close();
  const env = { OPENAI_BASE_URL: "http://me:secret@localhost/v1" };
  const error = t.throws(() => connect({ keyVariables: [], env }), { instanceOf: RangeError });
  t.notRegex(error.message, /secret/);
});

test("tokens are counted by the model's own vocabulary, control tokens as text", async (t) => {
  t.is(await countTokens("hello world", "gpt-4o"), 2);
  t.true((await countTokens("<|endoftext|>", "gpt-4o")) > 1);
  // A word of a million letters takes seconds, not hours.
  t.true((await countTokens("a".repeat(1_000_000), "gpt-4o")) >= 125_000);
  const greek = "Οι οικογένειες χαρακτηριστικών";
  t.true((await countTokens(greek, "gpt-4")) > (await countTokens(greek, "gpt-4o")));
});
