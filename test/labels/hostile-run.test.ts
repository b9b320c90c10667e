import test from "ava";
import { spawn } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom, measureAuc } from "../../src/core/index.js";
import { openLedger } from "../../src/llm/index.js";
import { campaign } from "../support/campaign.js";
import { inFolder } from "../support/folder.js";
import { NONSENSE, THEMES } from "../support/hostile.js";
import { type LlmCall, type LlmServer, startLlmServer } from "../support/servers/llm-server.js";
import { answerPlanted, themeWord } from "../support/atlases/planted.js";

const KEY = "abcDEF123secret456";
const KILLS = campaign(20, 1);
const LATENTS = campaign(THEMES + NONSENSE, 600);
/** Latents that the killed runs are after; the last run is after all. */
const FIRST = 300;
const PARALLEL = 16;

interface Run {
  /** Calls that the server had seen before it. */
  from: number;
  /** Prompt hashes and ledger keys of the answers that came. */
  answers: { hash: string; key: string }[];
  records: { latent: number; label: string; score?: number; failed: number }[];
  heaps: number[];
  isDone: boolean;
  text: string;
}

/** Runs the child; kills it after so many calls, if given, and some milliseconds more. */
async function runChild(
  { baseUrl, calls }: LlmServer,
  ledger: string,
  count: number,
  kill?: { calls: number; ms: number },
): Promise<Run> {
  const from = calls.length;
  const args = [
    "--expose-gc",
    "build/test/support/children/hostile-child.js",
    baseUrl,
    ledger,
    String(count),
  ];
  const child = spawn(process.execPath, args, { env: { ...process.env, OPENAI_API_KEY: KEY } });
  const parts: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (data: Buffer) => parts.push(data));
  child.stderr.on("data", (data: Buffer) => errors.push(data));
  const ended = new Promise((resolve) => child.on("close", resolve));
  if (kill !== undefined) {
    while (calls.length < from + kill.calls && child.exitCode === null) await sleep(2);
    await Promise.race([ended, sleep(kill.ms)]);
    child.kill("SIGKILL");
  }
  await ended;
  const text = Buffer.concat([...parts, ...errors]).toString();
  const lines = Buffer.concat(parts).toString().split("\n");
  const of = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  return {
    from,
    answers: of("answer").map((line) => {
      const [hash, key] = line.split(" ");
      return { hash, key };
    }),
    records: of("record").map((line) => JSON.parse(line) as Run["records"][number]),
    heaps: of("heap").map(Number),
    isDone: lines.includes("done"),
    text,
  };
}

/** A server that answers from planted truth and misbehaves in every way. */
function startHostileServer(): Promise<LlmServer> {
  return startLlmServer({
    answer: (call) => {
      const reply = answerPlanted(call);
      return typeof reply === "string" ? reply : { content: reply.content };
    },
    cap: PARALLEL - 4,
    latencyMs: 5,
    seed: 3,
    trouble: {
      "429": 0.02,
      "429-retry-after": 0.02,
      "500": 0.02,
      stall: 0.002,
      cut: 0.01,
      truncated: 0.01,
      "wrong-ids": 0.01,
      refusal: 0.005,
      empty: 0.01,
      fences: 0.03,
    },
  });
}

const isPaid = ({ status, trouble }: LlmCall): boolean =>
  status === 200 && (trouble === undefined || trouble === "fences");

test(`${LATENTS} latents on a hostile server, killed ${KILLS} times: nothing lost, nothing paid twice, nonsense recognised`, async (t) => {
  await inFolder(async (folder) => {
    const server = await startHostileServer();
    try {
      const file = path.join(folder, "answers.jsonl");
      const random = createRandom(5);
      const runs: Run[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const moment = { calls: 5 + Math.floor(35 * random()), ms: Math.floor(30 * random()) };
        runs.push(await runChild(server, file, FIRST, moment));
      }
      const killed = runs.filter(({ isDone }) => !isDone).length;
      t.true(killed >= KILLS - 2, `${killed} killed before their end`);
      const last = await runChild(server, file, LATENTS);
      t.true(last.isDone, last.text.slice(-2000));
      runs.push(last);

      const had = new Set<string>();
      for (const [place, { from, answers }] of runs.entries()) {
        const to = runs[place + 1]?.from ?? server.calls.length;
        const again = server.calls.slice(from, to).filter(({ hash }) => had.has(hash));
        t.deepEqual(again, [], `run ${place} asks nothing that an earlier one had`);
        for (const { hash } of answers) had.add(hash);
      }
      const answers = runs.flatMap((run) => run.answers);
      t.is(new Set(answers.map(({ hash }) => hash)).size, answers.length);
      t.is(
        await missingOrDouble(
          file,
          answers.map(({ key }) => key),
        ),
        0,
      );
      const paid = server.calls.filter(isPaid);
      const lost = paid.length - new Set(paid.map(({ hash }) => hash)).size;
      t.true(lost <= KILLS * PARALLEL, `${lost} answers were on their way at a kill`);
      t.log(`${server.calls.length} calls, ${answers.length} answers, ${lost} lost on their way`);

      checkScores(t, last);
      const [early, late] = [last.heaps[1], last.heaps[last.heaps.length - 1]];
      t.log(`heap ${last.heaps.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(", ")} MiB`);
      t.true(late - early < 8 * 2 ** 20, `heap grew by ${(late - early) / 2 ** 20} MiB`);

      t.true(server.calls.every(({ authorization }) => authorization === `Bearer ${KEY}`));
      const files = await readdir(folder);
      const texts = await Promise.all(
        files.map((name) => readFile(path.join(folder, name), "utf8")),
      );
      for (const text of [...texts, ...runs.map((run) => run.text)]) t.false(text.includes(KEY));
    } finally {
      await server.close();
    }
  });
});

/** Keys that are not on the ledger exactly once as an answer. */
async function missingOrDouble(file: string, keys: readonly string[]): Promise<number> {
  const ledger = await openLedger(file);
  const counts = new Map<string, number>();
  for await (const { key, status } of ledger.entries()) {
    if (status === "ok") counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  await ledger.close();
  return keys.filter((key) => counts.get(key) !== 1).length;
}

function checkScores(t: import("ava").ExecutionContext, { records }: Run): void {
  t.is(records.length, LATENTS);
  const named = records.filter(({ label }) => label !== "");
  t.true(named.length >= 0.995 * records.length, `${named.length} labelled`);
  const isTheme = ({ latent }: { latent: number }): boolean => latent < THEMES;
  for (const { latent, label } of named.filter(isTheme)) {
    if (label !== `matters of ${themeWord(latent)}`) t.fail(`${latent}: ${label}`);
  }
  const scoresOf = (list: typeof named): number[] =>
    list.flatMap(({ score }) => (score === undefined ? [] : [score]));
  const themes = scoresOf(named.filter(isTheme));
  const nonsense = scoresOf(named.filter((record) => !isTheme(record)));
  const mean = (list: number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;
  t.true(themes.every((score) => score === 1));
  t.true(Math.abs(mean(nonsense) - 0.5) < 0.03, `nonsense scores ${mean(nonsense)}`);
  t.true((measureAuc(themes, nonsense)?.value ?? 0) > 0.99);
}
