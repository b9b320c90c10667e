import { spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { ArgumentError } from "../core/errors.js";
import type { OnProgress } from "../core/progress.js";
import { removeLeftovers } from "../files/writers/temporaries.js";
import { TASK_KINDS, type TaskKind, readPlan } from "./plan.js";
import { TASK_FOLDERS } from "./task-folders.js";
import { type TaskOptions, runTask } from "./run-task.js";
import type { SchedulerName } from "./scheduler-names.js";

/** How a plan's tasks are started. */
export interface ScheduleOptions extends TaskOptions {
  /** Default "local": here, one after the other. */
  scheduler?: SchedulerName;
  /** Spark's master. Default "local[*]". */
  master?: string;
  /** Ray's address; "local" starts it on this machine. Default "auto": the one that runs here. */
  address?: string;
  /** What starts feature-families where tasks run, as words. Needed for Spark and Ray. */
  command?: readonly string[];
  /** Folder of the drivers that the package brings. Needed for Spark and Ray. */
  drivers?: string;
}

/** What is looked for on the PATH for each scheduler, and how it is installed. */
export const SCHEDULER_PROGRAMS: Readonly<
  Record<Exclude<SchedulerName, "local">, { program: string; install: string }>
> = {
  spark: { program: "spark-submit", install: "pip install pyspark, and Java 17" },
  ray: { program: "ray", install: "pip install ray" },
};

/**
 * Runs the tasks of a plan that have not run yet. Throws ArgumentError where the scheduler is not installed, Error with
 * what it reported last where it fails; what its tasks have written stays, and another call continues from there.
 */
export async function runPlan(planFile: string, options: ScheduleOptions = {}): Promise<void> {
  const { scheduler = "local", onProgress, signal } = options;
  const plan = await readPlan(planFile);
  if (scheduler === "local") {
    for (const kind of TASK_KINDS) {
      const total = plan.tasks[kind];
      for (let index = 0; index < total; index++) {
        signal?.throwIfAborted();
        onProgress?.({ step: kind, done: index, total });
        await runTask(planFile, kind, index, { device: options.device, signal });
      }
      if (total > 0) onProgress?.({ step: kind, done: total, total });
    }
  } else {
    const words = [path.resolve(planFile), ...(options.command ?? [])];
    await runDriver(scheduler, `${scheduler}_driver.py`, words, options);
  }
  // What tasks that were killed have left, on other machines too.
  for (const name of Object.values(TASK_FOLDERS))
    await removeLeftovers(path.join(path.dirname(planFile), name), true);
}

/** One line for each kind of task, by which Slurm runs it as an array after the one before. */
export function slurmLines(
  counts: Readonly<Record<TaskKind, number>>,
  planFile: string,
  command: readonly string[],
): string[] {
  let before: string | undefined;
  return TASK_KINDS.flatMap((kind) => {
    if (counts[kind] === 0) return [];
    const after = before === undefined ? "" : ` --dependency=afterok:$${before}`;
    before = kind;
    const call = taskCall(command, kind, planFile, "$SLURM_ARRAY_TASK_ID");
    return `${kind}=$(sbatch --parsable${after} --array=0-${counts[kind] - 1} --cpus-per-task=1 --wrap='${call}')`;
  });
}

/** An indexed job of Kubernetes for each kind of task, as YAML; the jobs are to be applied one after the other. */
export function kubernetesLines(
  counts: Readonly<Record<TaskKind, number>>,
  planFile: string,
  command: readonly string[],
): string[] {
  return TASK_KINDS.filter((kind) => counts[kind] > 0).flatMap((kind) => [
    "---",
    "apiVersion: batch/v1",
    "kind: Job",
    `metadata: { name: feature-families-${kind} }`,
    "spec:",
    "  completionMode: Indexed",
    `  completions: ${counts[kind]}`,
    "  parallelism: 8",
    "  template:",
    "    spec:",
    "      restartPolicy: OnFailure",
    "      containers:",
    "        - name: task",
    "          image: IMAGE",
    `          command: ["sh", "-c", ${JSON.stringify(taskCall(command, kind, planFile, "$JOB_COMPLETION_INDEX"))}]`,
    "          volumeMounts: [{ name: data, mountPath: /data }]",
    "      volumes: [{ name: data, persistentVolumeClaim: { claimName: CLAIM } }]",
  ]);
}

/** Every task's call, in an order in which they can run. */
export function shellLines(
  counts: Readonly<Record<TaskKind, number>>,
  planFile: string,
  command: readonly string[],
): string[] {
  return TASK_KINDS.flatMap((kind) =>
    Array.from({ length: counts[kind] }, (_, index) =>
      taskCall(command, kind, planFile, String(index)),
    ),
  );
}

/** The program of that name on the PATH, undefined where there is none. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

function taskCall(
  command: readonly string[],
  kind: TaskKind,
  planFile: string,
  index: string,
): string {
  return [...command, "task", kind, "--plan", planFile, "--index", index].join(" ");
}

/**
 * Runs a driver of the package with `words` by the scheduler's program, and gives the last line that it printed. Throws as
 * runPlan does.
 */
export async function runDriver(
  scheduler: Exclude<SchedulerName, "local">,
  driverName: string,
  words: readonly string[],
  { master = "local[*]", address = "auto", drivers = "", ...options }: ScheduleOptions,
): Promise<string> {
  const { program, install } = SCHEDULER_PROGRAMS[scheduler];
  const found = findProgram(program);
  if (found === undefined) {
    throw new ArgumentError(`${scheduler}: expected ${program} on the PATH, got none: ${install}`);
  }
  const driver = path.join(drivers, driverName);
  // Ray's own Python lies beside it.
  const python = path.join(path.dirname(found), "python3");
  const isLoopback = scheduler === "spark" && master.startsWith("local");
  const loopback = ["--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.ui.enabled=false"];
  const call =
    scheduler === "spark"
      ? [found, "--master", master, ...(isLoopback ? loopback : []), driver]
      : [existsSync(python) ? python : "python3", driver, address];
  return runProgram([...call, ...words], isLoopback, options);
}

/** Runs a driver, whose lines of JSON are progress, up to its last one. Throws Error with what it reported last where it fails. */
async function runProgram(
  [program, ...words]: string[],
  isLoopback: boolean,
  { onProgress, signal }: Pick<ScheduleOptions, "onProgress" | "signal">,
): Promise<string> {
  const env = isLoopback ? { SPARK_LOCAL_IP: "127.0.0.1", ...process.env } : process.env;
  const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"], signal });
  let reported = "";
  let printed = "";
  const keep = (text: string): void => void (reported = (reported + text).slice(-65_536));
  child.stderr.on("data", (text: Buffer) => keep(text.toString()));
  createInterface({ input: child.stdout }).on("line", (line) => {
    printed = line;
    // spark-submit prints here what its driver writes to standard error.
    keep(`${line}\n`);
    if (line.startsWith('{"step"')) onProgress?.(JSON.parse(line) as Parameters<OnProgress>[0]);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code === 0) return printed;
  const refused = /^\{"problem": (".*")\}$/.exec(printed);
  if (refused !== null) throw new ArgumentError(String(JSON.parse(refused[1])));
  const lines = reported.trim().split("\n");
  const last = lines.filter((line) => /error|exception/i.test(line)).at(-1) ?? lines.at(-1);
  throw new Error(`${path.basename(program)} ended with code ${code}: ${last?.trim()}`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
