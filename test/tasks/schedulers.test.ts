import test from "ava";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createRandom } from "../../src/core/index.js";
import { writeJsonl } from "../../src/files/index.js";
import {
  SCHEDULER_PROGRAMS,
  type ScheduleOptions,
  type SchedulerName,
  findProgram,
  makePlan,
  runPlan,
} from "../../src/tasks/index.js";
import { atLength } from "../support/campaign.js";
import { topicTexts } from "../support/topics.js";
import { unevenCodes, writeCodesPair } from "../support/embeddings.js";
import { runProcess } from "../support/cli/run-cli.js";
import { hashesOf, inFolder } from "../support/folder.js";

/** How each is started with two workers on the loopback address, and what a worker's command line contains. */
const RUNS: readonly [Exclude<SchedulerName, "local">, ScheduleOptions, RegExp][] = [
  ["spark", { master: "local-cluster[2,1,1200]" }, /CoarseGrainedExecutorBackend/],
  ["ray", { address: "local" }, /ray::run/],
];

/** Where .ci/run installs them. */
const VENV = path.resolve("build/scheduler-venv/bin");
process.env.PATH = `${VENV}${path.delimiter}${process.env.PATH ?? ""}`;

for (const [scheduler, where, worker] of RUNS) {
  const { program } = SCHEDULER_PROGRAMS[scheduler];
  const reason = !atLength
    ? "test:all runs it"
    : findProgram(program) === undefined
      ? `no ${program} here`
      : !existsSync("/proc/self/stat")
        ? "no /proc by which to find a worker"
        : undefined;
  const name = `${scheduler} gives the bytes of one process, with a worker killed on the way`;
  (reason === undefined ? test.serial : test.skip)(
    reason === undefined ? name : `${name}: ${reason}`,
    async (t) =>
      inFolder(async (folder) => {
        const codes = unevenCodes(120_000, 12, 1024, 1);
        await writeCodesPair(folder, codes);
        const corpus = path.join(folder, "corpus.jsonl");
        await writeJsonl(
          corpus,
          topicTexts(codes, createRandom(1)).map((text) => ({ text })),
        );
        const [alone, out] = ["alone", "run"].map((name) => path.join(folder, name));
        const options = { codes: folder, corpus, labelDocuments: 20_000, groupDocuments: 12_000 };
        await makePlan(alone, options);
        await runPlan(path.join(alone, "plan.json"));
        await makePlan(out, options);
        const running = runPlan(path.join(out, "plan.json"), {
          ...{ scheduler, ...where },
          command: [process.execPath, path.resolve("build/src/cli/main.js")],
          drivers: path.resolve("schedulers"),
        });
        const end = new AbortController();
        const killing = killWorker(worker, path.join(out, "partials"), end.signal);
        await running.finally(() => end.abort());
        t.true(await killing, "no worker was there to be killed");
        for (const name of ["totals", "partials", "labels"]) {
          t.deepEqual(hashesOf(path.join(out, name)), hashesOf(path.join(alone, name)), name);
        }
      }),
  );
}

test("a scheduler that is not installed is named with what installs it", async (t) =>
  inFolder(async (folder) => {
    await writeCodesPair(folder, unevenCodes(20, 2, 30, 1));
    await makePlan(folder, { codes: folder });
    const plan = path.join(folder, "plan.json");
    const { code, stderr } = await runProcess(
      ["task", "run", "--plan", plan, "--scheduler", "spark"],
      { env: { PATH: folder } },
    );
    t.is(code, 2);
    t.regex(stderr, /spark: expected spark-submit on the PATH, got none: pip install pyspark/);
  }));

/** Kills a worker below this process once the first result is there; false where none was found before the end. */
async function killWorker(worker: RegExp, results: string, end: AbortSignal): Promise<boolean> {
  while (!end.aborted) {
    const begun = existsSync(results) && readdirSync(results).length > 0;
    const found = begun
      ? descendants(process.pid).find((pid) => worker.test(commandLine(pid)))
      : undefined;
    if (found !== undefined) {
      process.kill(found, "SIGKILL");
      return true;
    }
    await wait(50);
  }
  return false;
}

function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const parent = /\) \S (\d+)/.exec(readProc(name, "stat"))?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && (parents.get(pid) === root || isBelow(parents.get(pid)));
  return [...parents.keys()].filter(isBelow);
}

function commandLine(pid: number): string {
  return readProc(String(pid), "cmdline").replaceAll("\0", " ");
}

/** Empty for a process that has ended. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
