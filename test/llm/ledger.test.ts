import test from "ava";
import { spawn } from "node:child_process";
import { appendFile, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../../src/core/index.js";
import { type Ledger, createChatModel, openLedger } from "../../src/llm/index.js";
import { campaign } from "../support/campaign.js";
import { answerDouble, doubleOf } from "../support/doubles.js";
import { inFolder } from "../support/folder.js";
import {
  type LlmServer,
  type LlmServerOptions,
  startLlmServer,
} from "../support/servers/llm-server.js";

const KEY = "abcDEF123secret456";
const KILLS = campaign(8, 1);

async function withLedger(
  options: LlmServerOptions,
  use: (server: LlmServer, file: string) => Promise<void>,
): Promise<void> {
  const server = await startLlmServer({ answer: answerDouble, ...options });
  try {
    await inFolder((folder) => use(server, path.join(folder, "answers.jsonl")));
  } finally {
    await server.close();
  }
}

/** Runs the child that asks for `count` doubles; kills it after `killAfter` calls, if given. */
async function runChild(
  { baseUrl, calls }: LlmServer,
  file: string,
  count: number,
  killAfter?: number,
): Promise<{ out: string; err: string }> {
  const child = spawn(
    process.execPath,
    ["build/test/support/children/ledger-child.js", baseUrl, file, String(count)],
    { env: { ...process.env, OPENAI_API_KEY: KEY } },
  );
  let out = "";
  let err = "";
  child.stdout.on("data", (data: Buffer) => (out += data.toString()));
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  const ended = new Promise((resolve) => child.on("close", resolve));
  if (killAfter !== undefined) {
    const seen = calls.length;
    while (calls.length < seen + killAfter && child.exitCode === null) await sleep(1);
    child.kill("SIGKILL");
  }
  await ended;
  return { out, err };
}

async function keysOf(ledger: Ledger): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key, status } of ledger.entries()) if (status === "ok") keys.push(key);
  return keys;
}

test("a run killed at random times loses no stored answer and repeats no question", async (t) => {
  await withLedger(
    { latencyMs: 15, trouble: { "500": 0.03, fences: 0.1 } },
    async (server, file) => {
      const random = createRandom(4);
      let before = new Set<string>();
      for (let kill = 0; kill < KILLS; kill++) {
        await runChild(server, file, 600, 1 + Math.floor(60 * random()));
        const ledger = await openLedger(file);
        const keys = await keysOf(ledger);
        await ledger.close();
        t.is(new Set(keys).size, keys.length);
        for (const key of before) t.true(keys.includes(key));
        before = new Set(keys);
      }
      t.true(before.size > 0 && before.size < 600, `${before.size} before the last run`);
      const asked = server.calls.length;
      const { out, err } = await runChild(server, file, 600);
      t.is(out, "600", err);
      const paid = server.calls.slice(asked).filter(({ status }) => status === 200);
      t.is(paid.length, 600 - before.size);
      const text = (await readFile(file, "utf8")) + out + err;
      t.false(text.includes(KEY));
    },
  );
});

test("two processes share a ledger", async (t) => {
  await withLedger({ latencyMs: 5 }, async (server, file) => {
    const [a, b] = await Promise.all([runChild(server, file, 150), runChild(server, file, 150)]);
    t.deepEqual([a.out, b.out], ["150", "150"], a.err + b.err);
    for (const line of (await readFile(file, "utf8")).split("\n").filter((one) => one !== "")) {
      t.notThrows(() => JSON.parse(line) as unknown);
    }
    const ledger = await openLedger(file);
    t.is(await ledger.size(), 150);
    await ledger.close();
  });
});

test("a ledger sees what another one writes, and a partial line damages no other", async (t) => {
  await withLedger({}, async (server, file) => {
    const [one, two] = [await openLedger(file), await openLedger(file)];
    const base = { model: "m", baseUrl: server.baseUrl, env: {} };
    const first = await createChatModel({ ...base, ledger: one });
    const second = await createChatModel({ ...base, ledger: two });
    await first.ask(doubleOf(1));
    await appendFile(file, '{"key":"torn","status":"ok","ra');
    const again = await second.ask(doubleOf(1));
    t.true(again.status === "ok" && again.cached);
    await second.ask(doubleOf(2));
    await first.ask(doubleOf(2));
    t.is(server.calls.length, 2);
    t.is(await one.size(), 2);
    t.deepEqual(await first.estimate([doubleOf(1), doubleOf(3)]).then(({ known }) => known), 1);
    await Promise.all([one.close(), two.close()]);
  });
});

test("a failed question is asked again, a malformed first answer continues with the repair question", async (t) => {
  let isWell = false;
  const answer: LlmServerOptions["answer"] = (call) => (isWell ? answerDouble(call) : "nonsense");
  await withLedger({ answer }, async (server, file) => {
    const ledger = await openLedger(file);
    const model = await createChatModel({ model: "m", baseUrl: server.baseUrl, env: {}, ledger });
    t.is((await model.ask(doubleOf(1))).status, "failed");
    isWell = true;
    const answered = await model.ask(doubleOf(1));
    t.deepEqual([answered.status, server.calls.length], ["ok", 3]);
    const entries = [];
    for await (const entry of ledger.entries()) entries.push(entry);
    t.deepEqual(
      entries.map(({ status }) => status),
      ["malformed", "failed", "ok"],
    );
    const { key } = await model.ask(doubleOf(2));
    await ledger.append({ ...entries[0], key: key.replace(/^./, "z") });
    t.is((await ledger.get(key.replace(/^./, "z")))?.status, "malformed");
    await ledger.close();
  });
});
