import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";
import { bytesOf } from "../../core/bytes.js";
import { ownValue } from "../../core/collections.js";
import { FormatError } from "../../core/errors.js";
import { fileProblem } from "../../core/file-problem.js";
import { dot } from "../../core/matrix.js";
import { sha256Json } from "../../files/atomic-file.js";
import { withSource } from "../../files/bytes/source.js";
import { fileStamp } from "../../files/file-stamp.js";
import { type MatrixFile, matrixShards } from "../../files/matrix.js";
import { relativeName } from "../../files/relative-name.js";
import { readSafetensorsHeader } from "../../files/safetensors.js";
import { writeSafetensors } from "../../files/safetensors-write.js";
import { removeLeftovers } from "../../files/writers/temporaries.js";
import type { RowCodes } from "./quantised-rows.js";

/** Another one where rows are made to other codes than before, or kept otherwise. */
const VERSION = 2;
/** Numbers in a part: what a search holds that reads the codes from disk. */
const PART_VALUES = 2 ** 28;

/** Rows that are made ready and kept together: those of a shard, or a piece of a large one. */
export interface IndexPart {
  start: number;
  rows: number;
  /** Whether their codes less that mean are kept; reads them into `codes` where it is given, and is false where they are damaged. */
  load(mean: Float32Array, codes?: RowCodes): Promise<boolean>;
  /** Keeps their codes; false where the folder cannot be written. */
  save(mean: Float32Array, codes: RowCodes): Promise<boolean>;
}

/** What a folder keeps of a matrix's rows. */
export interface KeptIndex {
  parts: IndexPart[];
  /** What rows are kept less [d]; undefined where none are. */
  mean: Float32Array | undefined;
  /** Removes the codes of shards that are no longer there or have changed, and what killed searches left, as far as they can be removed. */
  clean(): Promise<void>;
}

/** The parts of `base` in order, each with a file in `folder` that is known by the shard's name, size and times. */
export async function openKeptIndex(
  folder: string,
  base: MatrixFile,
  partValues: number = PART_VALUES,
): Promise<KeptIndex> {
  const [from, column] = typeof base === "string" ? [base] : [base.path, base.column];
  const files: string[] = [];
  const parts: IndexPart[] = [];
  let mean: Float32Array | undefined;
  for (const { file, start, ...shape } of await matrixShards(base)) {
    // The time of its last change as well: copies and archives may set the other one to any value.
    const { size, mtimeMs, ctimeMs } = await stat(file);
    const most = Math.max(1, Math.floor(partValues / shape.cols));
    for (let at = 0; at < shape.rows; at += most) {
      const rows = Math.min(most, shape.rows - at);
      const shard = [relativeName(from, file), size, mtimeMs, ctimeMs, column];
      const key = sha256Json([VERSION, ...shard, at, rows, shape.cols]);
      const kept = path.join(folder, `${key.slice(0, 32)}.safetensors`);
      files.push(kept);
      mean ??= await readMean(kept, shape.cols);
      parts.push({
        ...{ start: start + at, rows },
        load: loader(kept),
        save: (mean, codes) => saveCodes(kept, mean, codes),
      });
    }
  }
  return { parts, mean, clean: () => keepOnly(folder, files) };
}

async function readMean(file: string, d: number): Promise<Float32Array | undefined> {
  const mean = new Float32Array(d);
  // Bounds hold for a mean of length 1 at most.
  return (await readArrays(file, { mean })) && dot(mean, mean) < 1 + 1e-4 ? mean : undefined;
}

/** Checks the codes of a file when they are first read and after each change of it: of a large index every search reads all. */
function loader(file: string): IndexPart["load"] {
  let checked: string | undefined;
  return async (mean, codes) => {
    const stamp = await fileStamp(file);
    const kept = await readMean(file, mean.length);
    if (kept === undefined || !kept.every((value, j) => value === mean[j])) return false;
    if (codes === undefined) return true;
    const isWhole = await readArrays(file, { ...codes }, stamp !== checked);
    checked = isWhole ? stamp : undefined;
    return isWhole;
  };
}

async function saveCodes(file: string, mean: Float32Array, codes: RowCodes): Promise<boolean> {
  const arrays = Object.entries({ mean, ...codes });
  const tensors = arrays.map(([name, data]) => [name, { shape: [data.length], data }] as const);
  const checksums = arrays.map(([name, data]) => [name, checksum(data)] as const);
  try {
    await writeSafetensors(file, new Map(tensors), Object.fromEntries(checksums));
    return true;
  } catch (error) {
    if (fileProblem(error) === undefined) throw error;
    return false;
  }
}

/** CRC-32 of an array's bytes. Deno's takes no other view than one of bytes. */
function checksum(array: Float32Array | Int8Array): string {
  return String(crc32(bytesOf(array)));
}

/** Fills arrays from the tensors of those names; false where a file has not all of them in their sizes and with their checksums. */
async function readArrays(
  file: string,
  arrays: Record<string, Float32Array | Int8Array>,
  check = true,
): Promise<boolean> {
  try {
    await withSource(file, async (source) => {
      const { entries, metadata } = await readSafetensorsHeader(source);
      for (const [name, array] of Object.entries(arrays)) {
        const { start, end } = entries.get(name) ?? { start: 0, end: 0 };
        if (end - start !== array.byteLength)
          throw new FormatError(file, `has no ${array.byteLength} bytes of ${name}`);
        await source.readInto(bytesOf(array), start);
        if (check && ownValue(metadata, name) !== checksum(array))
          throw new FormatError(file, `has other bytes of ${name} than were written`);
      }
    });
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

async function keepOnly(folder: string, files: readonly string[]): Promise<void> {
  const known = new Set(files.map((file) => path.basename(file)));
  for (const name of await readdir(folder).catch(() => [])) {
    const isOld = name.endsWith(".safetensors") && !known.has(name);
    if (isOld) await rm(path.join(folder, name), { force: true }).catch(() => undefined);
  }
  await removeLeftovers(folder);
}
