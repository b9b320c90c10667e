import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { requireCount } from "../core/arguments.js";
import { interruptible } from "../core/interrupt.js";
import { withEngine } from "../engine/open-engine.js";
import type { EngineName } from "../engine/engine-names.js";
import { sha256File } from "../files/atomic-file.js";
import {
  type CodesPlan,
  type PlannedShard,
  readCodesPlan,
  writeCodesPlan,
} from "../files/codes-plan.js";
import { codesShardName } from "../files/codes-shards.js";
import { withFileLock } from "../files/writers/lock.js";
import { removeLeftovers } from "../files/writers/temporaries.js";
import { type MatrixFile, matrixShards } from "../files/matrix.js";
import { parquetSummary } from "../files/parquet/parquet.js";
import { relativeName } from "../files/relative-name.js";
import { loadSae } from "./checkpoint.js";
import type { BadRowOptions } from "./embedding-source.js";
import type { EncodeOptions } from "./encode.js";
import { type ShardTask, encodeShard } from "./encode-shard.js";
import { encodeInWorkers } from "./encode-workers.js";
import type { LoadOptions } from "./formats/format.js";
import { checkpointFiles } from "./formats/raw.js";
import type { Sae } from "./sae.js";

/** How shards of embeddings are encoded. */
export interface EncodeShardsOptions
  extends Pick<EncodeOptions, "batch" | "onProgress" | "signal">, BadRowOptions {
  /** How the SAE's file is read. */
  load?: LoadOptions;
  /** Where to encode. Default "auto". */
  device?: EngineName;
  /** Processes that share the shards, where `workers` or `threads` is given. Default 1. */
  workers?: number;
  /** Threads of each process on the CPU. Default: what the machine has. */
  threads?: number;
}

/** What encodeToShards wrote. */
export interface EncodedShards {
  /** Rows of codes in all. */
  rows: number;
  /** Documents that were left out. */
  skipped: number;
  /** Shards, and those of them that were there already. */
  shards: number;
  kept: number;
}

const LOCK_FILE = "encode.lock";

/**
 * Encodes a folder of shards to shards of codes in `folder`, each in constant memory, with a plan beside them. A shard of codes appears
 * when it is whole, and one that is there is not made again while its shard of embeddings, the SAE and the options are the same: what
 * was stopped continues. The codes are the same for any `workers`, `threads` and `batch` on the CPU. Throws as streamCodes does,
 * naming the shard, and Error where a worker ends before its work does or another process encodes into `folder`.
 */
export async function encodeToShards(
  saeFile: string,
  source: MatrixFile,
  folder: string,
  options: EncodeShardsOptions = {},
): Promise<EncodedShards> {
  const { load = {}, workers, threads, batch, badRows = "error", onProgress } = options;
  requireCount("encode: workers", workers);
  requireCount("encode: threads", threads);
  requireCount("encode: batch", batch);
  const signal = interruptible(options.signal);
  const sae = await loadSae(saeFile, load);
  const busy = (holder: string): string =>
    `${folder}: ${holder} is encoding into it: wait for it, or delete ${LOCK_FILE} there if it no longer runs`;
  return withFileLock(path.join(folder, LOCK_FILE), busy, async () => {
    const plan = await planShards(sae, await hashOf(saeFile), source, folder, options);
    const done = await keepShards(folder, plan);
    const tasks = plan.shards
      .filter(({ codes }) => !done.has(codes))
      .map(({ file, start, codes }): ShardTask => ({
        source: { ...(typeof source === "string" ? {} : source), path: path.resolve(folder, file) },
        ...{ start, batch, badRows, output: path.join(folder, codes) },
      }));
    let rows =
      plan.rows -
      plan.shards.reduce((sum, shard) => sum + (done.has(shard.codes) ? 0 : shard.rows), 0);
    const advance = (documents: number): void => {
      rows += documents;
      onProgress?.({ step: "encode", done: rows, total: plan.rows });
    };
    if (done.size > 0) advance(0);
    if (tasks.length > 0 && (workers !== undefined || threads !== undefined)) {
      const shared = { saeFile, load, device: options.device, threads };
      await encodeInWorkers(tasks, shared, { workers, onDocuments: advance, signal });
    } else if (tasks.length > 0) {
      await withEngine(options.device, async (engine) => {
        for (const task of tasks)
          await encodeShard(sae, task, { engine, onDocuments: advance, signal });
      });
    }
    const written = await countRows(folder, plan);
    return {
      rows: written,
      skipped: plan.rows - written,
      shards: plan.shards.length,
      kept: done.size,
    };
  });
}

async function hashOf(saeFile: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of await checkpointFiles(saeFile)) hash.update(`${await sha256File(file)}\n`);
  return hash.digest("hex");
}

async function planShards(
  { k, n, d }: Sae,
  sha256: string,
  source: MatrixFile,
  folder: string,
  { load = {}, badRows = "error" }: EncodeShardsOptions,
): Promise<CodesPlan> {
  const found = await matrixShards(source);
  const shards: PlannedShard[] = [];
  for (const [i, { file, start, rows }] of found.entries()) {
    const { size, mtimeMs } = await stat(file);
    const name = relativeName(folder, file);
    shards.push({
      file: name,
      bytes: size,
      modified: mtimeMs,
      start,
      rows,
      codes: codesShardName(i),
    });
  }
  const column = typeof source === "string" ? undefined : source.column;
  const given = Object.entries({ badRows, column, format: load.format, scale: load.scale });
  const options = Object.fromEntries(
    given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const rows = shards.reduce((sum, shard) => sum + shard.rows, 0);
  return { format: 1, sae: { sha256, k, n, d }, options, rows, shards };
}

/** Writes the plan, removes codes of another one, and gives the names of those that are there and fit. */
async function keepShards(folder: string, plan: CodesPlan): Promise<Set<string>> {
  const before = await readCodesPlan(folder);
  const origin = ({ sae, options }: CodesPlan): string => JSON.stringify([sae, options]);
  const isSame = before !== undefined && origin(before) === origin(plan);
  const known = new Set(isSame ? before.shards.map((shard) => JSON.stringify(shard)) : []);
  const fitting = new Set(
    plan.shards.filter((shard) => known.has(JSON.stringify(shard))).map(({ codes }) => codes),
  );
  const kept = new Set<string>();
  for (const name of await readdir(folder)) {
    const isOld = before?.shards.some(({ codes }) => codes === name) ?? false;
    if (fitting.has(name)) kept.add(name);
    else if (isOld) await rm(path.join(folder, name), { force: true });
  }
  await removeLeftovers(folder, true);
  await writeCodesPlan(folder, plan);
  return kept;
}

async function countRows(folder: string, { shards }: CodesPlan): Promise<number> {
  let rows = 0;
  for (const { codes } of shards) rows += (await parquetSummary(path.join(folder, codes))).rows;
  return rows;
}
