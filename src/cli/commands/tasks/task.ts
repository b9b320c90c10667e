import path from "node:path";
import type { PlanOptions, TaskKind } from "../../../tasks/plan.js";
import type { Command, CommandContext, CommandOutput, OptionValues } from "../../command.js";
import { UsageError, defineCommand } from "../../command.js";
import * as option from "../../option-kinds.js";
import { EMBEDDINGS, columnsOption, engineOption, parseColumns } from "../../options.js";
import { formatRows } from "../../results/rows.js";
import { scheduleOf, schedulerOptions } from "../../scheduler-options.js";

const KINDS = ["plan", "estimate", "run", "encode", "pairs", "total", "labels"] as const;

const options = {
  plan: option.input("plan.json that task plan wrote"),
  index: option.latents("tasks to run, such as 0,4-7 (default: all)"),
  codes: option.folder("folder of codes: topk_indices_ and topk_values_ files, or Parquet shards", {
    excludes: ["embeddings", "sae", "k"],
  }),
  embeddings: option.input(EMBEDDINGS, { needs: ["sae"] }),
  from: option.url(
    "Parquet dataset that Spark reads, such as s3a://bucket/embeddings, instead of a plan",
    { excludes: ["plan", "codes", "embeddings", "index", "print-tasks"], needs: ["store"] },
  ),
  "embedding-column": option.text(
    "its column of embeddings (default: the only list column, or the one named embedding)",
    { needs: ["from"] },
  ),
  store: option.url("where Spark stores codes and sums, such as s3a://bucket/run", {
    needs: ["from"],
  }),
  sae: option.input("SAE to encode with"),
  k: option.count("latents kept per document, if the file does not declare it"),
  corpus: option.path("documents with texts, to make keyword labels too", { input: true }),
  ...columnsOption,
  "label-documents": option.count(
    "documents sampled for labels, in addition to each latent's 20 strongest (default 500,000, or all if there are fewer)",
    { needs: ["corpus"] },
  ),
  n: option.count("number of latents, if the codes do not record it, as on standard input"),
  documents: option.count("number of documents, for the estimate"),
  characters: option.count("characters per document, for the estimate of labels (default 1,000)"),
  dimensions: option.count("width of the embeddings, for the estimate"),
  rates: option.input(
    "JSON file of rates measured on your machines, and prices (default: those in docs/scale.md)",
  ),
  "skip-zeros": option.flag("do not count slots whose value is 0"),
  leading: option.flag(
    "count pairs where their lower latent leads, as families --prefixes needs; a plan counts them besides all pairs (default: if the SAE has prefixes)",
  ),
  out: option.path("folder for the plan and its results"),
  "shard-documents": option.count("documents that one task encodes (default 100,000)"),
  "group-documents": option.count("documents whose pairs are counted at once (default 1,000,000)"),
  "print-tasks": option.text("print the commands that run the tasks of a plan, and run none", {
    choices: ["shell", "slurm", "kubernetes"],
  }),
  ...schedulerOptions,
  ...engineOption,
};

type Values = OptionValues<typeof options>;

export const taskCommand: Command = defineCommand({
  name: "task",
  group: "steps",
  summary:
    "Count co-activation and make labels in tasks that any scheduler may run, kill and repeat.",
  details:
    "`task estimate` estimates what a run takes. `task plan` writes plan.json, which assigns documents and latents to tasks. `task run` runs all of them with a scheduler; " +
    "`task encode`, `task pairs`, `task total` and `task labels`, in this order, run the tasks of one kind. With --from and --store, Spark itself " +
    "reads the embeddings where they are and hands them to the tasks. A task " +
    "whose results exist does nothing, and a task gives the same bytes wherever it runs. Without --plan, " +
    "`task encode --sae FILE`, `task pairs --n N` and `task total --n N` read an Arrow stream from standard input and " +
    "write one to standard output.",
  example: "feature-families task plan --codes codes --out run",
  positionals: "<KIND>",
  options,
  async run(values, [word], context) {
    const kind = KINDS.find((known) => known === word);
    if (kind === undefined) {
      throw new UsageError(`task: expected one of ${KINDS.join(", ")}, got "${word}"`);
    }
    if (kind === "plan") return planTasks(values, context);
    if (kind === "estimate") return estimateTasks(values);
    if (values.from !== undefined && kind !== "run") {
      throw new UsageError(`task: --from applies to run, not to ${kind}`);
    }
    if (values.plan === undefined) {
      if (kind === "run") return runStore(values, values.from, context);
      return streamTask(kind, values, context);
    }
    if (values.printTasks !== undefined) return printTasks(values, values.plan);
    return kind === "run"
      ? runAll(values, values.plan, context)
      : runTasks(kind, values, values.plan, context);
  },
});

async function planTasks(values: Values, context: CommandContext): Promise<CommandOutput> {
  const { codes, embeddings, sae, out } = values;
  if (out === undefined) throw new UsageError("task: plan needs --out");
  if (codes === undefined && (embeddings === undefined || sae === undefined)) {
    throw new UsageError("task: plan needs --codes, or --embeddings and --sae");
  }
  const { makePlan } = await import("../../../tasks/plan.js");
  const plan = await makePlan(out, {
    ...(values as Omit<PlanOptions, "columns">),
    columns: parseColumns("task", values.columns),
    skipZeros: values.skipZeros ? true : undefined,
    leading: values.leading ? true : undefined,
  });
  const file = path.join(out, "plan.json");
  if (values.printTasks !== undefined) return printTasks(values, file);
  context.signal.throwIfAborted();
  return {
    json: { plan: file, ...plan },
    lines: [
      ...formatRows([
        ["documents", String(plan.documents)],
        ["k, n", `${plan.k}, ${plan.n}`],
        [
          "tasks",
          Object.entries(plan.tasks)
            .map(([kind, count]) => `${count} ${kind}`)
            .join(", "),
        ],
      ]),
      `wrote ${file}`,
    ],
  };
}

async function estimateTasks(values: Values): Promise<CommandOutput> {
  const { documents, dimensions: d, k, n } = values;
  if (documents === undefined || d === undefined || k === undefined || n === undefined) {
    throw new UsageError("task: estimate needs --documents, --dimensions, --k and --n");
  }
  const { estimateRun, readRates } = await import("../../../tasks/estimate-run.js");
  const { characters, shardDocuments, groupDocuments, rates: file } = values;
  const rates = await readRates(file);
  const size = { documents, d, k, n, characters, shardDocuments, groupDocuments };
  const estimate = estimateRun(size, rates);
  const terabytes = (bytes: number): string => `${(bytes / 1e12).toPrecision(3)} TB`;
  return {
    json: { ...size, rates, ...estimate },
    lines: [
      ...formatRows(
        estimate.stages.map(({ kind, tasks, coreHours, read, written }) => [
          `${tasks} ${kind}`,
          `${coreHours.toPrecision(3)} core-hours, reads ${terabytes(read)}, writes ${terabytes(written)}`,
        ]),
      ),
      `${estimate.coreHours.toPrecision(3)} core-hours at $${rates.coreHour}: $${estimate.computeCost.toFixed(0)}; a month of what is written: $${estimate.storageCost.toFixed(0)}`,
    ],
  };
}

async function printTasks({ printTasks }: Values, file: string): Promise<CommandOutput> {
  const { kubernetesLines, shellLines, slurmLines } = await import("../../../tasks/run-plan.js");
  const { readPlan } = await import("../../../tasks/plan.js");
  const { tasks } = await readPlan(file);
  const print = { shell: shellLines, slurm: slurmLines, kubernetes: kubernetesLines };
  const lines = print[printTasks ?? "shell"](tasks, path.resolve(file), ["feature-families"]);
  return { json: { tasks, lines }, lines };
}

async function runTasks(
  kind: TaskKind,
  { index, engine }: Values,
  plan: string,
  { onProgress, signal }: CommandContext,
): Promise<CommandOutput> {
  const { runTask } = await import("../../../tasks/run-task.js");
  const { readPlan } = await import("../../../tasks/plan.js");
  const { tasks } = await readPlan(plan);
  const chosen = index ?? Array.from({ length: tasks[kind] }, (_, i) => i);
  const files: string[] = [];
  for (const task of chosen) {
    signal.throwIfAborted();
    files.push(...(await runTask(plan, kind, task, { device: engine, onProgress, signal })));
  }
  return {
    json: { kind, tasks: chosen, files },
    lines: files.length === 0 ? ["nothing to do"] : files.map((file) => `wrote ${file}`),
  };
}

async function runAll(
  values: Values,
  plan: string,
  { onProgress, signal, packageRoot }: CommandContext,
): Promise<CommandOutput> {
  const { runPlan } = await import("../../../tasks/run-plan.js");
  const start = performance.now();
  const schedule = scheduleOf(values, packageRoot);
  await runPlan(plan, { ...schedule, device: values.engine, onProgress, signal });
  const seconds = (performance.now() - start) / 1000;
  return {
    json: { plan, scheduler: schedule.scheduler, seconds },
    lines: [`all tasks of ${plan} are done, in ${seconds.toFixed(1)} s`],
  };
}

async function runStore(
  values: Values,
  embeddings: string | undefined,
  { onProgress, signal, packageRoot }: CommandContext,
): Promise<CommandOutput> {
  const { sae, out, store, embeddingColumn: column, k, groupDocuments, engine } = values;
  if (embeddings === undefined || store === undefined) {
    throw new UsageError("task: run needs --plan, or --from and --store");
  }
  if (sae === undefined || out === undefined) {
    throw new UsageError("task: run --from needs --sae and --out");
  }
  const { scheduler, ...schedule } = scheduleOf(values, packageRoot);
  if (scheduler !== "spark") throw new UsageError("task: run --from needs --scheduler spark");
  const { runOnStore } = await import("../../../tasks/run-store.js");
  const [skipZeros, leading] = [values.skipZeros, values.leading].map((on) => on || undefined);
  const run = await runOnStore(out, {
    ...{ embeddings, column, store, sae, k, skipZeros, leading, groupDocuments, engine },
    ...schedule,
    ...{ onProgress, signal },
  });
  const plan = path.join(out, "plan.json");
  return {
    json: { ...run, plan },
    lines: [
      ...formatRows([
        ["documents", String(run.plan.documents)],
        ["codes", run.codes],
        ["sums", run.totals],
      ]),
      `wrote ${plan} and its totals`,
    ],
  };
}

async function streamTask(
  kind: TaskKind,
  { sae, k, n, skipZeros, leading, engine }: Values,
  { signal }: CommandContext,
): Promise<CommandOutput> {
  const { streamEncode, streamPairs, streamTotal } = await import("../../../tasks/stream-tasks.js");
  const [input, output] = [{ fd: 0 }, { fd: 1 }];
  if (kind === "labels") throw new UsageError("task: labels needs --plan");
  if (kind === "encode") {
    if (sae === undefined) throw new UsageError("task: encode needs --plan or --sae");
    await streamEncode(input, output, { sae, k, device: engine, signal });
  } else {
    if (n === undefined) throw new UsageError(`task: ${kind} needs --plan or --n`);
    await (kind === "pairs"
      ? streamPairs(input, output, { n, skipZeros, leading, signal })
      : streamTotal(input, output, { n, signal }));
  }
  return { json: undefined, lines: [] };
}
