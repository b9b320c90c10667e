import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Codes } from "../core/codes.js";
import { FormatError } from "../core/errors.js";
import { checkIndices, checkValues } from "./check-codes.js";
import { findCodesShards, readCodesShards } from "./codes-shards.js";
import { readNpyIndices, readNpyMatrix } from "./numpy/npy.js";

/** Far above the widest SAE; the check for latents named twice keeps a number for each. */
const mostLatents = 1 << 24;

/** The two files of a corpus's codes. */
export interface CodesPaths {
  indices: string;
  values: string;
}

/** Which codes to read. */
export interface ReadCodesOptions {
  /** Number of latents of the SAE. Default the last number of the files' names. */
  n?: number;
  /** Active latents a document: chooses among several pairs in a folder. Default the only one there. */
  k?: number;
}

/** Indices or values, k and n of names such as "topk_indices_64_9216.npy" and "astroPH_topk_values_64_9216_float16.npy". */
const fileName = /^(?:(.+)_)?topk_(indices|values)_(\d+)_(\d+)((?:_[a-z]+\d*)*)\.npy$/;

/**
 * Reads codes from a folder that holds one pair `topk_indices_{k}_{n}.npy` (any integer type) and
 * `topk_values_{k}_{n}.npy` (any float type), or Parquet shards of codes, or from the two files. Throws FormatError if there is
 * no pair or there are several, their shapes differ, an index is n or more or comes twice in a row, or a value is not finite.
 */
export async function readCodes(
  input: string | CodesPaths,
  options: ReadCodesOptions = {},
): Promise<Codes> {
  if (typeof input === "string") {
    const shards = await findCodesShards(input);
    if (shards.length > 0) return readCodesShards(shards, options);
  }
  const paths = typeof input === "string" ? await findCodes(input, options) : input;
  const named = fileName.exec(basename(paths.indices));
  const n = options.n ?? (named ? Number(named[4]) : undefined);
  if (n === undefined) {
    throw new FormatError(
      paths.indices,
      "the number of latents is not in the name (topk_indices_{k}_{n}.npy): pass n",
    );
  }
  if (!Number.isInteger(n) || n < 1 || n > mostLatents) {
    throw new RangeError(`codes: n must be from 1 to ${mostLatents}, got ${n}`);
  }
  const indices = await readNpyIndices(paths.indices);
  const values = await readNpyMatrix(paths.values);
  const { rows, cols: k } = indices;
  if (values.rows !== rows || values.cols !== k) {
    throw new FormatError(
      paths.values,
      `values of shape (${values.rows}, ${values.cols}), but indices of (${rows}, ${k})`,
    );
  }
  if (named && Number(named[3]) !== k) {
    throw new FormatError(
      paths.indices,
      `k is ${named[3]} in the name, but rows have ${k} latents`,
    );
  }
  checkIndices(indices.data, k, n, paths.indices);
  checkValues(values.data, k, paths.values);
  return { rows, k, n, indices: indices.data, values: values.data };
}

/** The one pair of codes files in a folder. Throws FormatError as `readCodes` does. */
export async function findCodes(
  folder: string,
  { n, k }: ReadCodesOptions = {},
): Promise<CodesPaths> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new FormatError(folder, "no such folder", { cause });
  });
  const pairs = new Map<string, Partial<Record<keyof CodesPaths, string[]>>>();
  for (const name of names.sort()) {
    const match = fileName.exec(name);
    if (!match) continue;
    const [, prefix = "", , kText, nText] = match;
    const kind = match[2] === "indices" ? "indices" : "values";
    if ((k !== undefined && Number(kText) !== k) || (n !== undefined && Number(nText) !== n)) {
      continue;
    }
    const key = `${prefix} ${kText} ${nText}`;
    const pair = pairs.get(key) ?? {};
    (pair[kind] ??= []).push(name);
    pairs.set(key, pair);
  }
  const whole = [...pairs.values()].filter(({ indices, values }) => indices && values);
  const found = [...pairs.values()].flatMap(({ indices = [], values = [] }) => [
    ...indices,
    ...values,
  ]);
  if (whole.length !== 1) throw wrongNumber(folder, whole.length, found);
  const { indices = [], values = [] } = whole[0];
  if (indices.length > 1 || values.length > 1) throw wrongNumber(folder, 2, found);
  return { indices: join(folder, indices[0]), values: join(folder, values[0]) };
}

function wrongNumber(folder: string, count: number, found: string[]): FormatError {
  const shown = found.length > 0 ? `found ${found.slice(0, 8).join(", ")}` : "found none";
  const problem =
    count === 0
      ? `expected topk_indices_{k}_{n}.npy and topk_values_{k}_{n}.npy, ${shown}`
      : `contains codes of several SAEs, choose one by k and n: ${shown}`;
  return new FormatError(folder, problem);
}
