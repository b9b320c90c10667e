import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { CorpusColumns } from "../corpus/corpus.js";
import { ENGINE_NAMES, type EngineName } from "../engine/engine-names.js";
import type { Fields } from "../core/schema.js";
import { LATENTS_PER_BATCH } from "../families/coactivation/pair-sums.js";
import { sha256File } from "../files/atomic-file.js";
import { readCheckedJson } from "../files/checked-json.js";
import { writeJson } from "../files/json.js";
import { matrixFiles } from "../files/matrix.js";
import { parquetFiles } from "../files/parquet/parquet.js";
import { relativeName } from "../files/relative-name.js";
import { loadSae } from "../sae/checkpoint.js";
import { embeddingShape } from "../sae/embedding-source.js";
import { checkpointFiles } from "../sae/formats/raw.js";
import type { Sae } from "../sae/sae.js";
import { GROUP_DOCUMENTS } from "./block-coactivation.js";
import { type Range, openCodes } from "./code-files.js";
import { LABEL_DOCUMENTS } from "./label-documents.js";
import { SHARD_DOCUMENTS, TASK_FOLDERS } from "./task-folders.js";

/** Pairs that one task adds up, where all latents meet. */
const PAIRS_PER_TOTAL = 2 ** 28;

/** A file that tasks read. */
export interface PlannedFile {
  /** Path relative to the plan, with forward slashes. */
  file: string;
  bytes: number;
  sha256: string;
}

/** Kinds of tasks, in the order in which they run: each needs all those of the one before. */
export const TASK_KINDS = ["encode", "pairs", "total", "labels"] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** `plan.json`: which tasks there are and what they read. Every task's result follows from it and the files named in it. */
export interface TaskPlan {
  format: 1;
  documents: number;
  k: number;
  n: number;
  /** Slots of value 0 do not count. */
  skipZeros: boolean;
  /** Whether pairs are counted once more by the latents that lead, for families across prefixes. Absent: false. */
  leading?: boolean;
  /** Where embeddings are encoded; engines round differently. Absent: the best that each task finds. */
  engine?: EngineName;
  /** Codes that are there, or what they are made from. */
  codes?: { folder: string; files: PlannedFile[] };
  embeddings?: { path: string; files: PlannedFile[] };
  sae?: { path: string; files: PlannedFile[] };
  /** Texts to make labels from, with the number of documents that are drawn for them; absent: no labels are made. */
  corpus?: PlannedCorpus;
  /** Documents of each shard of codes, which tasks encode unless it is there; none where the codes are no shards. */
  shards: Range[];
  /** Documents whose pairs each task counts, in whole shards. */
  groups: Range[];
  /** Latents whose pairs each task adds up over all groups. */
  latents: Range[];
  /** Number of the tasks of each kind, in the order in which they run. */
  tasks: Record<TaskKind, number>;
}

/** The corpus of a plan; see readLabelDocuments. */
export interface PlannedCorpus {
  path: string;
  columns?: CorpusColumns;
  draw: number;
  files: PlannedFile[];
}

/** What a plan is made for. */
export interface PlanOptions {
  /** Folder of codes; without it `embeddings` and `sae` are needed. */
  codes?: string;
  /** Latents of codes that do not note it. */
  n?: number;
  embeddings?: string;
  sae?: string;
  /** Latents kept per document, where the SAE's file does not have it. */
  k?: number;
  /** Do not count slots whose value is 0. Default: where the SAE is no top-k SAE. */
  skipZeros?: boolean;
  /**
   * Count pairs once more, only where their lower latent leads: families across prefixes need such counts, see PairOptions. Default:
   * where the SAE has prefixes.
   */
  leading?: boolean;
  /** Where embeddings are encoded. Default "auto". */
  engine?: EngineName;
  /** Documents that one task encodes. Default 100,000. */
  shardDocuments?: number;
  /** Documents whose pairs one task counts. Default 1,000,000. */
  groupDocuments?: number;
  /** Texts of the documents, row for row, to make keyword labels from. Default: no labels are made. */
  corpus?: string;
  columns?: CorpusColumns;
  /** Documents that are drawn for labels, where there are more. Default 500,000. */
  labelDocuments?: number;
}

const rangeSchema: z.ZodType<Range> = z.object({ from: z.int().min(0), to: z.int().min(1) });
const fileSchema: z.ZodType<PlannedFile> = z.object({
  file: z.string(),
  bytes: z.int().min(0),
  sha256: z.string(),
});
const count = z.int().min(0);
const filesOf = { files: z.array(fileSchema) };
const planFields: Fields<TaskPlan> = {
  format: z.literal(1),
  documents: z.int().min(1),
  k: z.int().min(1),
  n: z.int().min(1),
  skipZeros: z.boolean(),
  leading: z.boolean().optional(),
  engine: z.enum(ENGINE_NAMES).optional(),
  codes: z.object({ folder: z.string(), ...filesOf }).optional(),
  embeddings: z.object({ path: z.string(), ...filesOf }).optional(),
  sae: z.object({ path: z.string(), ...filesOf }).optional(),
  corpus: z
    .object({
      path: z.string(),
      columns: z.partialRecord(z.enum(["id", "title", "text", "classes"]), z.string()).optional(),
      draw: z.int().min(1),
      ...filesOf,
    })
    .optional(),
  shards: z.array(rangeSchema),
  groups: z.array(rangeSchema),
  latents: z.array(rangeSchema),
  // Earlier plans have no tasks for labels.
  tasks: z.object({ encode: count, pairs: count, total: count, labels: count.default(0) }),
};
const planSchema: z.ZodType<TaskPlan> = z.object(planFields);

/** Reads `plan.json`. Throws FormatError where it is none. */
export function readPlan(file: string): Promise<TaskPlan> {
  return readCheckedJson(file, planSchema);
}

/**
 * Plans the tasks for `options` and writes `plan.json` into `folder`. The results of another plan that lies there are
 * removed, those of the same one stay. Throws FormatError for files that do not fit together.
 */
export async function makePlan(folder: string, options: PlanOptions): Promise<TaskPlan> {
  const { shardDocuments = SHARD_DOCUMENTS, groupDocuments = GROUP_DOCUMENTS } = options;
  const { shards, ...found } = await (options.codes === undefined
    ? planEncoding(folder, { ...options, shardDocuments })
    : planCodes(folder, options.codes, options));
  const groups =
    shards.length === 0
      ? split(found.documents, groupDocuments)
      : groupShards(shards, groupDocuments);
  const latents = splitLatents(found.n);
  const encode = found.codes === undefined ? shards.length : 0;
  const corpus = await planCorpus(folder, options);
  const labels = corpus === undefined ? 0 : 1;
  const tasks = { encode, pairs: groups.length, total: latents.length, labels };
  const plan: TaskPlan = { format: 1, ...found, corpus, shards, groups, latents, tasks };
  const file = path.join(folder, "plan.json");
  if (existsSync(file) && keyOf(await readPlan(file)) !== keyOf(plan)) {
    for (const name of Object.values(TASK_FOLDERS)) {
      await rm(path.join(folder, name), { recursive: true, force: true });
    }
  }
  await writeJson(file, plan);
  return plan;
}

type Planned = Omit<TaskPlan, "format" | "corpus" | "groups" | "latents" | "tasks">;

async function planCodes(
  folder: string,
  codes: string,
  { n: latents, skipZeros = false, leading }: PlanOptions,
): Promise<Planned> {
  const {
    rows: documents,
    k,
    n,
    files: found,
    shards = [],
  } = await openCodes(codes, {
    n: latents,
  });
  const files = await planFiles(folder, found);
  return {
    documents,
    k,
    n,
    skipZeros,
    ...(leading && { leading }),
    codes: { folder: relativeName(folder, codes), files },
    shards,
  };
}

async function planEncoding(
  folder: string,
  {
    embeddings = "",
    sae: file = "",
    k,
    skipZeros,
    engine,
    shardDocuments = 1,
    ...rest
  }: PlanOptions,
): Promise<Planned> {
  const sae = await loadSae(file, { k });
  const { leading = hasPrefixes(sae) } = rest;
  const { N } = await embeddingShape(embeddings);
  return {
    documents: N,
    shards: split(N, shardDocuments),
    ...{ k: sae.k, n: sae.n },
    skipZeros: skipZeros ?? sae.activation.kind !== "topk",
    ...(leading && { leading }),
    engine,
    embeddings: {
      path: relativeName(folder, embeddings),
      files: await planFiles(folder, await matrixFiles(embeddings)),
    },
    sae: {
      path: relativeName(folder, file),
      files: await planFiles(folder, await checkpointFiles(file)),
    },
  };
}

/** Whether families of an SAE's latents are found across prefixes. */
export function hasPrefixes({ prefixes }: Pick<Sae, "prefixes">): boolean {
  return (prefixes?.length ?? 0) > 1;
}

/** A corpus as plans name it. */
export async function planCorpus(
  folder: string,
  { corpus, columns, labelDocuments: draw = LABEL_DOCUMENTS }: PlanOptions,
): Promise<PlannedCorpus | undefined> {
  if (corpus === undefined) return undefined;
  const files = await planFiles(folder, await parquetFiles(corpus));
  return { path: relativeName(folder, corpus), ...(columns && { columns }), draw, files };
}

async function planFiles(folder: string, files: readonly string[]): Promise<PlannedFile[]> {
  const out: PlannedFile[] = [];
  for (const file of files) {
    const { size: bytes } = await stat(file);
    out.push({ file: relativeName(folder, file), bytes, sha256: await sha256File(file) });
  }
  return out;
}

function split(count: number, size: number): Range[] {
  const out: Range[] = [];
  for (let from = 0; from < count; from += size)
    out.push({ from, to: Math.min(count, from + size) });
  return out;
}

/** Whole shards, up to `size` documents in a group where its first shard has no more. */
function groupShards(shards: readonly Range[], size: number): Range[] {
  const out: Range[] = [];
  for (const { from, to } of shards) {
    const last = out.at(-1);
    if (last !== undefined && to - last.from <= size) last.to = to;
    else out.push({ from, to });
  }
  return out;
}

/** Whole batches of latents with about as many pairs in each range. */
export function splitLatents(n: number): Range[] {
  const out: Range[] = [];
  let [from, pairs] = [0, 0];
  for (let to = 0; to < n;) {
    const next = Math.min(n, to + LATENTS_PER_BATCH);
    pairs += ((next - to) * (next + to)) / 2;
    to = next;
    if (pairs < PAIRS_PER_TOTAL && to < n) continue;
    out.push({ from, to });
    [from, pairs] = [to, 0];
  }
  return out;
}

function keyOf(plan: TaskPlan): string {
  return createHash("sha256").update(JSON.stringify(plan)).digest("hex");
}
