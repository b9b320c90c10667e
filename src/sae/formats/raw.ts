import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { readJson } from "../../files/json.js";
import { readNpz } from "../../files/numpy/npz.js";
import { readSafetensors } from "../../files/safetensors.js";
import { openSource } from "../../files/bytes/source.js";
import { type Tensor, type TensorDtype, isTensor } from "../../files/bytes/tensor.js";
import { readTorch } from "../../files/torch/torch.js";
import { FormatError } from "../../core/errors.js";
import { listed, quote } from "../../core/shown.js";
import { ownValue } from "../../core/collections.js";

/** A checkpoint as it lies on disk, before anything is made of it. */
export interface RawCheckpoint {
  /** The weights' file. */
  path: string;
  /** The container of the weights. */
  container: "safetensors" | "torch" | "npz";
  /** The tensors of the file, nested dicts by "outer.inner" only where `entries` says so. */
  tensors: Map<string, Tensor>;
  /** What a torch file contains besides tensors: numbers, strings, dicts. */
  entries: Map<string, unknown>;
  /** Metadata of a .safetensors file. */
  metadata: Record<string, string>;
  /** The configuration next to the weights, and its path. */
  config?: Record<string, unknown>;
  configPath?: string;
  /** What stood before the name of every tensor, as torch.compile and wrappers put it. */
  prefix?: string;
}

const FOLDER_FILES = [
  "sae_weights.safetensors",
  "sae.safetensors",
  "ae.pt",
  "params.npz",
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
] as const;
/** Some copies of these files write the names in small letters. */
const NPZ_NAMES: Record<string, string> = { w_enc: "W_enc", w_dec: "W_dec" };
const CONFIG_NAMES = ["cfg.json", "config.json"] as const;

/**
 * Reads a checkpoint's weights and the configuration next to them. A folder means the one weights file in it that
 * a tool of the field writes. Throws FormatError where there is none or more than one, or where a file is malformed.
 */
export async function readRaw(input: string): Promise<RawCheckpoint> {
  const weights = await chooseFile(input);
  const raw = withoutPrefix(
    isIndex(weights) ? await readShards(weights) : await readWeights(weights),
  );
  const configPath = await findConfig(weights);
  if (configPath === undefined) return raw;
  const config = asRecord(await readJson(configPath));
  if (config === undefined) throw new FormatError(configPath, "expected a JSON object");
  return { ...raw, config, configPath };
}

/** The files that an SAE is read from; its weights, or their index, come first. */
export async function checkpointFiles(input: string): Promise<string[]> {
  const weights = await chooseFile(input);
  const config = await findConfig(weights);
  const shards = isIndex(weights) ? await listShards(weights) : [];
  return [weights, ...(config === undefined ? [] : [config]), ...shards];
}

/** Whether the checkpoint has all of these tensors. */
export function hasTensors({ tensors }: RawCheckpoint, names: readonly string[]): boolean {
  return names.every((name) => tensors.has(name));
}

/** A dict as a record; undefined for anything else. */
export function asRecord(value: unknown): Record<string, unknown> | undefined {
  if (value instanceof Map) {
    return Object.fromEntries(
      [...(value as Map<unknown, unknown>)].map(([key, entry]) => [String(key), entry]),
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || isTensor(value)) {
    return undefined;
  }
  return value as Record<string, unknown>;
}

/** The checkpoint whose tensors and entries are those of a dict inside this one. */
export function insideRaw(raw: RawCheckpoint, key: string): RawCheckpoint {
  const inner = raw.entries.get(key);
  if (!(inner instanceof Map)) {
    throw new FormatError(raw.path, `expected a dict of tensors under ${key}`);
  }
  return withoutPrefix({ ...raw, ...splitDict(raw.path, inner) });
}

/** Name, shape and type of a tensor. */
export interface TensorSummary {
  name: string;
  shape: number[];
  dtype: TensorDtype;
}

async function chooseFile(input: string): Promise<string> {
  const found = await stat(input).catch(() => undefined);
  if (!found?.isDirectory()) {
    return CONFIG_NAMES.some((name) => path.basename(input) === name)
      ? chooseFile(path.dirname(path.resolve(input)))
      : input;
  }
  const names = await readdir(input);
  const known = FOLDER_FILES.filter((name) => names.includes(name));
  if (known.length === 1) return path.join(input, known[0]);
  throw new FormatError(
    input,
    known.length === 0
      ? `expected one of ${FOLDER_FILES.join(", ")} in this folder, found ${listed(names)}`
      : `contains ${known.join(" and ")}: pass the path of the file to load`,
  );
}

function isIndex(weights: string): boolean {
  return weights.endsWith(".index.json");
}

/** The files that an index such as model.safetensors.index.json names. */
async function listShards(index: string): Promise<string[]> {
  const map = asRecord(asRecord(await readJson(index))?.weight_map);
  const names = [...new Set(Object.values(map ?? {}))];
  if (names.length === 0 || !names.every(isFileName)) {
    throw new FormatError(index, "expected a weight_map from tensors to files beside it");
  }
  return names.map((name) => path.join(path.dirname(index), name));
}

function isFileName(name: unknown): name is string {
  return typeof name === "string" && /^[^/\\]+$/.test(name) && name !== "." && name !== "..";
}

async function readShards(index: string): Promise<RawCheckpoint> {
  const [first, ...others] = await listShards(index);
  const raw = await readWeights(first);
  for (const shard of others) {
    for (const [name, tensor] of (await readWeights(shard)).tensors) {
      if (raw.tensors.has(name))
        throw new FormatError(shard, `contains ${quote(name)} a second time`);
      raw.tensors.set(name, tensor);
    }
  }
  return { ...raw, path: index };
}

/** Tensors and entries without the words that stand before the name of every tensor. */
function withoutPrefix(raw: RawCheckpoint): RawCheckpoint {
  const names = [...raw.tensors.keys()];
  let prefix = "";
  for (const [word] of names.length < 2 ? [] : names[0].matchAll(/[^.]+\./g)) {
    if (word === "encoder." || word === "decoder.") break;
    if (!names.every((name) => name.startsWith(prefix + word))) break;
    prefix += word;
  }
  if (prefix === "") return raw;
  const bare = <T>(items: Map<string, T>): Map<string, T> =>
    new Map([...items].map(([name, item]) => [bareName(name, prefix), item]));
  return { ...raw, prefix, tensors: bare(raw.tensors), entries: bare(raw.entries) };
}

function bareName(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

async function readWeights(weights: string): Promise<RawCheckpoint> {
  const source = await openSource(weights);
  try {
    const start = await source.read(0, Math.min(source.byteLength, 9));
    const empty = { path: weights, entries: new Map<string, unknown>(), metadata: {} };
    // safetensors starts with a length of 8 bytes and an opening brace; npz and torch are zips, distinguished by the name
    if (start[8] === 0x7b) {
      return { ...empty, container: "safetensors", ...(await readSafetensors(source)) };
    }
    if (/\.npz$/i.test(weights)) {
      const arrays = await readNpz(source);
      const tensors = new Map<string, Tensor>();
      for (const [name, { shape, data }] of arrays) {
        const dtype = data instanceof Float64Array ? "float64" : "float32";
        tensors.set(ownValue(NPZ_NAMES, name) ?? name, { shape, dtype, data: data });
      }
      return { ...empty, container: "npz", tensors };
    }
    const value = await readTorch(source);
    if (!(value instanceof Map)) {
      throw new FormatError(weights, "expected a dict of tensors, found something else");
    }
    return { ...empty, container: "torch", ...splitDict(weights, value) };
  } finally {
    await source.close();
  }
}

function splitDict(
  file: string,
  dict: Map<unknown, unknown>,
): Pick<RawCheckpoint, "tensors" | "entries"> {
  const tensors = new Map<string, Tensor>();
  const entries = new Map<string, unknown>();
  for (const [key, value] of dict) {
    if (typeof key !== "string") throw new FormatError(file, "expected names as keys of the dict");
    if (isTensor(value)) tensors.set(key, value);
    else entries.set(key, value);
  }
  return { tensors, entries };
}

// dictionary_learning keeps later states in checkpoints/, below the folder of their config.json.
async function findConfig(weights: string): Promise<string | undefined> {
  if (!isFieldName(path.basename(weights))) return undefined;
  const folder = path.dirname(weights);
  const folders =
    path.basename(folder) === "checkpoints" ? [folder, path.dirname(folder)] : [folder];
  for (const dir of folders) {
    for (const name of CONFIG_NAMES) {
      const file = path.join(dir, name);
      if ((await stat(file).catch(() => undefined))?.isFile()) return file;
    }
  }
  return undefined;
}

// A config.json next to a file of another name may belong to anything.
function isFieldName(name: string): boolean {
  return FOLDER_FILES.some((known) => known === name) || /^ae(_\w+)?\.pt$/.test(name);
}
