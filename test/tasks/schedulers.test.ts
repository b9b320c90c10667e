import test, { type ExecutionContext } from "ava";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createRandom } from "../../src/core/index.js";
import { readCodes, writeJsonl } from "../../src/files/index.js";
import { saveSae } from "../../src/sae/index.js";
import {
  SCHEDULER_PROGRAMS,
  type ScheduleOptions,
  type SchedulerName,
  type StoreOptions,
  findProgram,
  makePlan,
  runOnStore,
  runPlan,
} from "../../src/tasks/index.js";
import { topicTexts } from "../support/topics.js";
import { randomEmbeddings, randomSae, unevenCodes, writeCodesPair } from "../support/embeddings.js";
import { runProcess } from "../support/cli/run-cli.js";
import { hashesOf, inFolder } from "../support/folder.js";

/** How each is started with two workers on the loopback address, and what a worker's command line contains. */
const RUNS: readonly [Exclude<SchedulerName, "local">, ScheduleOptions, RegExp][] = [
  ["spark", { master: "local-cluster[2,1,1200]" }, /CoarseGrainedExecutorBackend/],
  ["ray", { address: "local" }, /ray::run/],
];

/** A column of lists as Arrow writes it. */
const VECTORS: SchemaElement[] = [
  { name: "root", num_children: 1 },
  { name: "embedding", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "OPTIONAL" },
];

/** Where .ci/run installs them. */
const VENV = path.resolve("build/scheduler-venv/bin");
process.env.PATH = `${VENV}${path.delimiter}${process.env.PATH ?? ""}`;

/** What starts feature-families on workers. */
const COMMAND = {
  command: [process.execPath, path.resolve("build/src/cli/main.js")],
  drivers: path.resolve("schedulers"),
};

/** A test that runs where the scheduler is installed. */
function schedulerTest(
  scheduler: Exclude<SchedulerName, "local">,
  name: string,
  run: (t: ExecutionContext) => Promise<void>,
): void {
  const { program } = SCHEDULER_PROGRAMS[scheduler];
  const reason =
    findProgram(program) === undefined
      ? `no ${program} here`
      : !existsSync("/proc/self/stat")
        ? "no /proc by which to find a worker"
        : undefined;
  if (reason === undefined) test.serial(name, run);
  else test.skip(`${name}: ${reason}`, run);
}

for (const [scheduler, where, worker] of RUNS) {
  schedulerTest(
    scheduler,
    `${scheduler} gives the bytes of one process, with a worker killed on the way`,
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
          ...COMMAND,
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

schedulerTest(
  "spark",
  "spark reads embeddings itself and gives the codes and the bytes of one process, once",
  async (t) =>
    inFolder(async (folder) => {
      const [rows, d, n, k] = [3000, 16, 700, 6];
      const file = (name: string): string => path.join(folder, name);
      const url = (name: string): string => pathToFileURL(file(name)).href;
      // With prefixes, whose pairs are counted in two ways.
      await saveSae(file("sae.safetensors"), { ...randomSae(n, d, k, 1), prefixes: [100, n] });
      const { data } = randomEmbeddings(rows, d, 3);
      // Files in another order than by size, with names that a URL writes otherwise.
      const ends = [700, 1000, 2999, rows];
      mkdirSync(file("in/more"), { recursive: true });
      for (const [at, name] of ["B", "a b", "more/c", "\u00e9%20"].entries()) {
        const lists: number[][] = [];
        for (let r = ends[at - 1] ?? 0; r < ends[at]; r++) {
          lists.push(Array.from(data.subarray(r * d, (r + 1) * d)));
        }
        const columnData = [{ name: "embedding", data: lists }];
        const bytes = parquetWriteBuffer({ schema: VECTORS, columnData, rowGroupSize: 200 });
        writeFileSync(file(`in/${name}.parquet`), new Uint8Array(bytes));
      }
      const inputs = { sae: file("sae.safetensors"), engine: "cpu", groupDocuments: 1000 } as const;
      await makePlan(file("alone"), { ...inputs, embeddings: file("in"), shardDocuments: 1000 });
      await runPlan(file("alone/plan.json"));
      const options: StoreOptions = {
        ...{ ...inputs, ...COMMAND },
        ...{ embeddings: url("in"), store: url("store"), master: "local-cluster[2,1,1200]" },
      };
      const done = await runOnStore(file("run"), options);
      t.is(done.plan.documents, rows);
      t.true(done.plan.leading);
      t.is(Object.keys(hashesOf(file("run/totals"))).length, 2);
      t.deepEqual(hashesOf(file("run/totals")), hashesOf(file("alone/totals")));
      t.deepEqual(await readCodes(fileURLToPath(done.codes)), await readCodes(file("alone/codes")));
      // What the store has is not made again, and is as whole in another folder.
      const before = hashesOf(fileURLToPath(done.codes));
      t.deepEqual(await runOnStore(file("again"), options), done);
      t.deepEqual(hashesOf(file("again/totals")), hashesOf(file("run/totals")));
      t.deepEqual(hashesOf(fileURLToPath(done.codes)), before);
      await t.throwsAsync(runOnStore(file("none"), { ...options, column: "vector" }), {
        message: /expected one column of number lists, found embedding/,
      });
    }),
);

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
