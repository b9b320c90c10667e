import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Codes } from "../core/codes.js";
import { ArgumentError, FormatError } from "../core/errors.js";
import type { OnProgress } from "../core/progress.js";
import { openEngine } from "../engine/open-engine.js";
import type { EngineName } from "../engine/engine-names.js";
import { type Coactivation } from "../families/coactivation/coactivation.js";
import {
  LATENTS_PER_BATCH,
  type PairBatch,
  coactivationFromPairs,
  sumPairs,
} from "../families/coactivation/pair-sums.js";
import { codesShardName, streamCodesShard } from "../files/codes-shards.js";
import { labelByKeywords } from "../labels/keywords.js";
import type { Label } from "../records/label.js";
import { readLabels, writeLabels } from "../records/label-lines.js";
import { loadSae } from "../sae/checkpoint.js";
import { readRows } from "../sae/embedding-source.js";
import { encodeShard } from "../sae/encode-shard.js";
import { joinCodes, mergeStreams } from "./block-coactivation.js";
import { type Range, openCodes } from "./code-files.js";
import { createTop, readLabelDocuments } from "./label-documents.js";
import { mostPairs, readPairs, writePairs } from "./pair-files.js";
import {
  type PlanOptions,
  type PlannedFile,
  type TaskKind,
  type TaskPlan,
  planCorpus,
  readPlan,
} from "./plan.js";
import { TASK_FOLDERS } from "./task-folders.js";
import { readTop, writeTop } from "./top-files.js";

/** What files of pairs that are counted by the latents that lead have in their names. */
const LEADING = "-leading";

/** How a task runs. */
export interface TaskOptions {
  /** Where embeddings are encoded. Default as planned. */
  device?: EngineName;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * Does task `index` of a kind of the plan in `planFile`, and gives the files that it wrote; none where they were there. The
 * same task gives the same bytes wherever and how often it runs, also twice at a time. Throws ArgumentError where there is
 * no such task, FormatError where what it reads is missing or not as planned.
 */
export async function runTask(
  planFile: string,
  kind: TaskKind,
  index: number,
  options: TaskOptions = {},
): Promise<string[]> {
  const plan = await readPlan(planFile);
  const count = plan.tasks[kind];
  if (!(index >= 0 && index < count)) {
    throw new ArgumentError(
      `task: the plan has ${count} ${kind} tasks, numbered from 0, got ${index}`,
    );
  }
  const folder = path.dirname(planFile);
  const outputs = outputsOf(plan, folder, kind, index);
  if (outputs.every(({ file }) => existsSync(file))) return [];
  for (const { files } of inputsOf(plan, kind).flatMap((input) => input ?? [])) {
    for (const { file, bytes } of files) await checkFile(path.join(folder, file), bytes);
  }
  const work = { encode, pairs, total, labels };
  await work[kind]({ plan, folder, range: rangesOf(plan, kind)[index] }, outputs, options);
  return outputs.map(({ file }) => file);
}

/** What tasks of a kind read besides results: corpora for labels alone, which may be on another machine than the others. */
function inputsOf(plan: TaskPlan, kind: TaskKind): ({ files: PlannedFile[] } | undefined)[] {
  return [plan.codes, plan.embeddings, plan.sae, kind === "labels" ? plan.corpus : undefined];
}

/**
 * The keyword labels that a plan's task has made; undefined where it makes none, has not run, or `corpus` is no longer the one of the
 * plan.
 */
export async function readPlannedLabels(
  planFile: string,
  options: Pick<PlanOptions, "corpus" | "columns">,
): Promise<Label[] | undefined> {
  const [plan, folder] = [await readPlan(planFile), path.dirname(planFile)];
  const file = labelsFile(folder);
  if (plan.corpus === undefined || !existsSync(file)) return undefined;
  const now = await planCorpus(folder, { ...options, labelDocuments: plan.corpus.draw });
  if (!isDeepStrictEqual(now, plan.corpus)) return undefined;
  return readLabels(file, { n: plan.n });
}

/**
 * The co-activation that a plan's tasks have counted: in all documents, or with `leading` as PairOptions says. Throws FormatError
 * where one of them has not run, or the plan is not for such counts.
 */
export async function readTotals(
  planFile: string,
  { leading = false, ...options }: { minTogether?: number; leading?: boolean } = {},
): Promise<Coactivation> {
  const plan = await readPlan(planFile);
  if (leading && !plan.leading) {
    throw new FormatError(
      planFile,
      "its tasks do not count by the latents that lead, as families across prefixes need it: plan again with leading (task plan --leading)",
    );
  }
  const folder = path.dirname(planFile);
  async function* batches(): AsyncGenerator<PairBatch> {
    for (const range of plan.latents) yield* readPairs(totalFile(folder, range, leading), range);
  }
  const files = plan.latents.map((range) => totalFile(folder, range, leading));
  for (const file of files) requireFile(file, "total");
  const expected = await mostPairs(files);
  const counting = { ...options, expected };
  const counted = await coactivationFromPairs(plan.n, plan.documents, batches(), counting);
  return leading ? { ...counted, leading } : counted;
}

interface Task {
  plan: TaskPlan;
  folder: string;
  range: Range;
}

/** A file that a task writes, and the latents that it is about; of pairs, whether they are counted by those that lead. */
interface Output {
  file: string;
  latents: Range;
  leading?: boolean;
}

/** The ways in which a plan's pairs are counted, each with files of its own: whether by the latents that lead. */
export function countingsOf({ leading = false }: Pick<TaskPlan, "leading">): boolean[] {
  return leading ? [false, true] : [false];
}

function rangesOf(plan: TaskPlan, kind: TaskKind): Range[] {
  const all = [{ from: 0, to: plan.n }];
  return { encode: plan.shards, pairs: plan.groups, total: plan.latents, labels: all }[kind];
}

function outputsOf(plan: TaskPlan, folder: string, kind: TaskKind, index: number): Output[] {
  const all = { from: 0, to: plan.n };
  const range = rangesOf(plan, kind)[index];
  if (kind === "encode") return [{ file: codesFile(folder, index), latents: all }];
  const countings = countingsOf(plan);
  if (kind === "total") {
    return countings.map((leading) => ({
      ...{ file: totalFile(folder, range, leading), latents: range },
      leading,
    }));
  }
  if (kind === "labels") return [{ file: labelsFile(folder), latents: all }];
  const partials = countings.flatMap((leading) =>
    plan.latents.map((latents) => ({
      ...{ file: partialFile(folder, index, latents, leading), latents },
      leading,
    })),
  );
  const top = { file: topFile(folder, index), latents: all };
  return plan.corpus === undefined ? partials : [top, ...partials];
}

async function encode(
  { plan, folder, range }: Task,
  [{ file }]: Output[],
  { device, onProgress, signal }: TaskOptions,
): Promise<void> {
  const sae = await loadSae(path.join(folder, plan.sae?.path ?? ""), { k: plan.k });
  const { from, to } = range;
  const source = await readRows(path.join(folder, plan.embeddings?.path ?? ""), from, to);
  const engine = await openEngine(device ?? plan.engine);
  let done = 0;
  const onDocuments = (documents: number): void => {
    done += documents;
    onProgress?.({ step: "encode", done, total: to - from });
  };
  try {
    await encodeShard(sae, { source, start: from, output: file }, { engine, onDocuments, signal });
  } finally {
    await engine.dispose();
  }
}

async function pairs(
  { plan, folder, range }: Task,
  outputs: Output[],
  { onProgress, signal }: TaskOptions,
): Promise<void> {
  const blocks: Codes[] = [];
  for await (const block of codesOfGroup(plan, folder, range)) blocks.push(block);
  const codes = joinCodes(blocks);
  if (plan.corpus !== undefined) {
    const [{ file }] = outputs.splice(0, 1);
    const top = createTop(plan.n);
    top.addCodes(codes, range.from);
    await writeTop(file, top.finish(plan.documents));
  }
  for (const leading of countingsOf(plan)) {
    const sums = sumPairs(codes, { skipZeros: plan.skipZeros, leading, onProgress, signal });
    for (const { file, latents } of outputs.filter((output) => output.leading === leading)) {
      const batches = Math.ceil((latents.to - latents.from) / LATENTS_PER_BATCH);
      await writePairs(file, take(sums, batches));
    }
  }
}

async function* codesOfGroup(plan: TaskPlan, folder: string, range: Range): AsyncGenerator<Codes> {
  if (plan.codes !== undefined) {
    yield* (await openCodes(path.join(folder, plan.codes.folder), plan)).blocks(range);
    return;
  }
  for (const [index, shard] of plan.shards.entries()) {
    if (shard.from < range.from || shard.to > range.to) continue;
    const file = codesFile(folder, index);
    requireFile(file, "encode");
    yield* streamCodesShard(file, plan);
  }
}

async function total({ plan, folder, range }: Task, outputs: Output[]): Promise<void> {
  for (const { file, leading } of outputs) {
    const files = plan.groups.map((_, group) => partialFile(folder, group, range, leading));
    for (const partial of files) requireFile(partial, "pairs");
    await writePairs(file, mergeStreams(files.map((partial) => readPairs(partial, range))));
  }
}

async function labels(
  { plan, folder }: Task,
  [{ file }]: Output[],
  { onProgress, signal }: TaskOptions,
): Promise<void> {
  const { n, skipZeros, corpus, codes } = plan;
  if (corpus === undefined) return;
  const top = createTop(n);
  for (const group of plan.groups.keys()) {
    const part = topFile(folder, group);
    requireFile(part, "pairs");
    top.addPostings(await readTop(part, plan));
  }
  const store = await openCodes(path.join(folder, codes?.folder ?? TASK_FOLDERS.codes), plan);
  const { texts, postings } = await readLabelDocuments(store, path.join(folder, corpus.path), {
    ...{ columns: corpus.columns, most: corpus.draw, skipZeros, onProgress, signal },
    top: top.finish(plan.documents),
  });
  await writeLabels(file, labelByKeywords(texts, postings, { onProgress, signal }));
}

function* take<T>(items: Generator<T>, count: number): Generator<T> {
  for (let taken = 0; taken < count; taken++) {
    const next = items.next();
    if (next.done === true) return;
    yield next.value;
  }
}

function codesFile(folder: string, index: number): string {
  return path.join(folder, TASK_FOLDERS.codes, codesShardName(index));
}

/** The sums of a group for a range of latents, as the tasks `pairs` write them. */
export function partialFile(
  folder: string,
  group: number,
  { from }: Range,
  leading = false,
): string {
  const name = `g${padded(group, 4)}-l${padded(from, 6)}${leading ? LEADING : ""}.arrow`;
  return path.join(folder, TASK_FOLDERS.partials, name);
}

function topFile(folder: string, group: number): string {
  return path.join(folder, TASK_FOLDERS.partials, `g${padded(group, 4)}-top.arrow`);
}

function labelsFile(folder: string): string {
  return path.join(folder, TASK_FOLDERS.labels, "labels.jsonl");
}

function totalFile(folder: string, { from }: Range, leading = false): string {
  const name = `l${padded(from, 6)}${leading ? LEADING : ""}.arrow`;
  return path.join(folder, TASK_FOLDERS.totals, name);
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

function requireFile(file: string, kind: TaskKind): void {
  if (!existsSync(file)) throw new FormatError(file, `no such file: run the ${kind} tasks first`);
}

async function checkFile(file: string, bytes: number): Promise<void> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new FormatError(file, "no such file, although the plan lists it", { cause });
  });
  if (found.size !== bytes) {
    throw new FormatError(
      file,
      `expected ${bytes} bytes as planned, got ${found.size}: write the plan again`,
    );
  }
}
