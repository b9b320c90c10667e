import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { FormatError } from "../../core/errors.js";
import type { ColumnValues } from "./column-slabs.js";
import type { ParquetBatch, ParquetSummary } from "./parquet-groups.js";
import type { FirstWish, ParquetAnswer, ParquetWish } from "./parquet-worker.js";
import type { ByteSource } from "../bytes/source.js";
import { interruptible } from "../../core/interrupt.js";

/** Processor time for a batch of rows: real pages take a second per 50 MB or so. */
const LEAST_SECONDS = 30;
const SECONDS_PER_MEGABYTE = 0.5;
/** Heap of the worker that decodes, in MB: pages of real tables are far smaller. */
const MOST_HEAP = 2048;
/** Milliseconds that a thread waits for another file before it ends: its start takes longer than reading a small file. */
const IDLE = 1000;

/** Threads that decode one file at the same time, and that wait for another one. */
export const MOST_THREADS = 4;

const spares = new Map<Worker, NodeJS.Timeout>();

/** What of a Parquet file is read. */
export interface ParquetOptions {
  /** Top-level columns, or a function that chooses them among all; no other is decoded. Default all. */
  columns?:
    | readonly string[]
    | ((all: readonly string[], numberLists: readonly string[]) => readonly string[]);
  signal?: AbortSignal;
}

/**
 * One row: nested columns come as lists and objects, lists of numbers as typed arrays, 64-bit integers as numbers where
 * that is exact and else as text, dates as ISO text, and null where there is no value.
 */
export type ParquetRow = Record<string, unknown>;

/**
 * Yields the rows of a Parquet file, or of all .parquet files of a folder in the order of their names, one page of each
 * column in memory at a time. Reads Snappy, gzip, zstd, brotli and LZ4. Throws FormatError, naming the file, where it is damaged,
 * has not the columns, or unpacks to far more than it holds.
 */
export async function* streamParquetRows(
  input: string | ByteSource,
  options: ParquetOptions = {},
): AsyncGenerator<ParquetRow> {
  const files = typeof input === "string" ? await parquetFiles(input) : [input];
  for (const file of files) yield* rowsOfFile(file, options);
}

/** The .parquet files of a folder and those in it in the order of their paths; of anything else its own path. */
export function parquetFiles(input: string): Promise<string[]> {
  return filesOf(input, ["parquet"]);
}

/** The files of a folder and those in it with those endings, all with the same one, in the order of their paths; of anything else its own path. */
export async function filesOf(input: string, endings: readonly string[]): Promise<string[]> {
  const isFolder = (await stat(input).catch(() => undefined))?.isDirectory() ?? false;
  if (!isFolder) return [input];
  // A name that begins with a dot or underscore is a writer's note, not a shard.
  const inside = await readdir(input, { recursive: true });
  const all = inside.filter((name) => !/(^|[\\/])[._]/.test(name)).sort();
  const found = endings.map((ending) => all.filter((name) => name.endsWith(`.${ending}`)));
  const [names = [], ...others] = found.filter(({ length }) => length > 0);
  const words = endings.map((ending) => `.${ending}`);
  if (names.length === 0) throw new FormatError(input, `contains no ${words.join(" or ")} file`);
  if (others.length > 0) {
    throw new FormatError(input, `contains both ${words.join(" and ")} files, expected one kind`);
  }
  return names.map((name) => path.join(input, name));
}

async function* rowsOfFile(
  input: string | ByteSource,
  { columns, signal }: ParquetOptions,
): AsyncGenerator<ParquetRow> {
  const choose = ({ columns: all, numberLists }: ParquetSummary): readonly string[] =>
    typeof columns === "function" ? columns(all, numberLists) : (columns ?? all);
  for await (const { names, batch } of streamBatches(input, choose, signal)) {
    yield* rowsOf(batch, names);
  }
}

/** What the footer of a file says. Throws FormatError where there is none. */
export async function parquetSummary(file: string): Promise<ParquetSummary> {
  let found: ParquetSummary | undefined;
  const choose = (summary: ParquetSummary): undefined => void (found = summary);
  for await (const answer of streamAnswers(file, choose)) void answer;
  return found as ParquetSummary;
}

/** Some columns of a file in batches of rows. Throws as streamParquetRows does. */
export async function* streamBatches(
  input: string | ByteSource,
  choose: (summary: ParquetSummary) => readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<{ names: readonly string[]; batch: ParquetBatch }> {
  let names: readonly string[] = [];
  const answers = streamAnswers(
    input,
    (summary) => ({ columns: (names = choose(summary)) }),
    signal,
  );
  for await (const answer of answers)
    if (answer.kind === "batch") yield { names, batch: answer.batch };
}

/**
 * What the thread that decodes a file answers to the wish that `choose` makes of its summary, which is none if it makes none. The
 * next answer is worked out while the caller works on one, into memory that the caller puts into `spent`.
 */
export async function* streamAnswers(
  input: string | ByteSource,
  choose: (summary: ParquetSummary) => FirstWish | undefined,
  given?: AbortSignal,
  spent: ArrayBuffer[] = [],
): AsyncGenerator<ParquetAnswer> {
  const signal = interruptible(given);
  const name = typeof input === "string" ? input : input.name;
  const size = typeof input === "string" ? await fileSize(input) : input.byteLength;
  const bytes = typeof input === "string" ? undefined : await input.read(0, size);
  const limit = LEAST_SECONDS + (SECONDS_PER_MEGABYTE * size) / 1e6;
  const done = new AbortController();
  const stop = AbortSignal.any([done.signal, ...(signal === undefined ? [] : [signal])]);
  const worker = takeWorker();
  let isIdle = true;
  const ask = (wish: ParquetWish): Promise<ParquetAnswer> => {
    isIdle = false;
    const answer = askWorker(worker, name, { seconds: limit, wish, stop }).then((found) => {
      isIdle = true;
      return found;
    });
    // Its failure belongs to the turn that awaits it.
    answer.catch(() => undefined);
    return answer;
  };
  try {
    const opened = await ask({ open: name, bytes: bytes?.slice() });
    if (opened.kind === "refused") throw new FormatError(name, opened.problem);
    const wish = opened.kind === "summary" ? choose(opened.summary) : undefined;
    if (wish === undefined) return;
    for (let next = ask(wish); ;) {
      const answer = await next;
      if (answer.kind === "refused") throw new FormatError(name, answer.problem);
      if (answer.kind === "end") return;
      next = ask({ spent: spent.splice(0) });
      yield answer;
    }
  } finally {
    done.abort();
    if (isIdle) keepWorker(worker);
    else await worker.terminate();
  }
}

/** A thread that waits for another file, or a new one. */
function takeWorker(): Worker {
  for (const [worker, timer] of spares) {
    clearTimeout(timer);
    spares.delete(worker);
    worker.ref();
    return worker;
  }
  const worker = new Worker(new URL("./parquet-worker.js", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP },
  });
  // A failure of the worker reaches the wait for its answer; without a listener it would end the process.
  worker.on("error", () => undefined);
  worker.on("exit", () => spares.delete(worker));
  return worker;
}

/** Lets a thread that has nothing to do wait for another file, without keeping the process from its end. */
function keepWorker(worker: Worker): void {
  worker.postMessage("close");
  if (spares.size === MOST_THREADS) return void worker.terminate();
  worker.unref();
  const end = (): void => {
    spares.delete(worker);
    void worker.terminate();
  };
  spares.set(worker, setTimeout(end, IDLE).unref());
}

function* rowsOf({ rows, columns }: ParquetBatch, names: readonly string[]): Generator<ParquetRow> {
  for (let i = 0; i < rows; i++) {
    yield Object.fromEntries(names.map((name, c) => [name, valueOf(columns[c], i)]));
  }
}

function valueOf(column: ColumnValues, row: number): unknown {
  if (Array.isArray(column)) return column[row];
  return column.data.subarray(column.offsets[row], column.offsets[row + 1]);
}

/**
 * Seconds of processor time that a worker has taken since the call, at most: the clock of its loop stands while it waits, and
 * that of the process while the machine does other work.
 */
function watchWork(worker: Worker): () => number {
  const start = process.cpuUsage();
  // Deno has no such clock.
  const clock: Partial<typeof worker.performance> = worker.performance;
  const loop = clock.eventLoopUtilization?.();
  return () => {
    const { user, system } = process.cpuUsage(start);
    const active = clock.eventLoopUtilization?.(loop).active ?? Infinity;
    return Math.min((user + system) / 1e6, active / 1e3);
  };
}

/** The worker's answer to a wish. Its work is limited by its processor time, never by the clock. */
async function askWorker(
  worker: Worker,
  name: string,
  { seconds, wish, stop }: { seconds: number; wish: ParquetWish; stop: AbortSignal },
): Promise<ParquetAnswer> {
  const worked = watchWork(worker);
  const limit = new AbortController();
  const timer = setInterval(() => {
    if (worked() > seconds) limit.abort();
  }, 250);
  worker.postMessage(wish, "spent" in wish ? wish.spent : []);
  try {
    const signal = AbortSignal.any([limit.signal, stop]);
    const [answer] = (await once(worker, "message", { signal })) as [ParquetAnswer];
    return answer;
  } catch (cause) {
    stop.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const problem = limit.signal.aborted
      ? `decoding a page took over ${Math.round(seconds)} s of processor time: it is probably damaged`
      : `not readable as Parquet: ${reason}`;
    throw new FormatError(name, problem, { cause });
  } finally {
    clearInterval(timer);
  }
}

async function fileSize(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new FormatError(file, "no such file");
  return found.size;
}
