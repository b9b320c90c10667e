import { basename } from "node:path";
import { writeSafetensors } from "../files/safetensors-write.js";
import { FormatError } from "../core/errors.js";
import { quote } from "../core/shown.js";
import { createBag } from "./formats/bag.js";
import type { LoadOptions, Reading } from "./formats/format.js";
import { ownTensors } from "./formats/own.js";
import { type RawCheckpoint, type TensorSummary, readRaw } from "./formats/raw.js";
import { chooseFormat, unwrap } from "./formats/registry.js";
import { type Sae, createSae } from "./sae.js";

/** Active latents per document that an SAE without a fixed k has room for. */
const DEFAULT_SLOTS = 256;

/** What the name of a released checkpoint states. Sizes in a name are claims: the shapes decide. */
export interface CheckpointName {
  /** Corpus, such as "astroPH" or "csLG". */
  domain?: string;
  k?: number;
  n?: number;
  /** Latents of the auxiliary loss. */
  auxk?: number;
  epochs?: number;
}

/** An SAE with what its file says of it. */
export interface Checkpoint {
  sae: Sae;
  name: CheckpointName;
  /** Metadata of a .safetensors file; empty for others. */
  metadata: Record<string, string>;
  /** A name of CHECKPOINT_FORMATS. */
  format: string;
  /** What was folded into the weights, left out, or is not certain. */
  notes: string[];
  /** Every tensor of the file, and whether it was used. */
  tensors: (TensorSummary & { used: boolean })[];
}

/**
 * What a checkpoint's file name states, folder and extension aside; {} for a name of no known pattern. Known are
 * `{domain}_{k}_{n}_{auxk}` (the released models; their card calls the last number a batch size, but it is auxk),
 * `{domain}_{k}_{n}` (the app's copies), both also with `_epoch_{epochs}`, and the training script's `{k}_{n}_{auxk}_auxk_epoch_{epochs}` and
 * `{k}_{n}_{auxk}_auxk_{domain}_epoch_{epochs}`, also with the domain after `epoch`.
 */
export function parseCheckpointName(path: string): CheckpointName {
  const stem = basename(path).replace(/\.(pth|pt|bin|safetensors)$/i, "");
  // A domain may end in a number itself, as in cs_2020_64_9216: k is never above n.
  const released = [
    /^([A-Za-z][\w.-]*)_(\d+)_(\d+)_(\d+)(?:_auxk)?(?:_epoch_(\d+))?$/,
    /^([A-Za-z][\w.-]*)_(\d+)_(\d+)()(?:_epoch_(\d+))?$/,
  ]
    .map((pattern) => pattern.exec(stem))
    .find((match) => match !== null && Number(match[2]) <= Number(match[3]));
  if (released) {
    const [, domain, k, n, auxk, epochs] = released;
    return {
      ...{ domain, k: Number(k), n: Number(n) },
      ...(auxk ? { auxk: Number(auxk) } : {}),
      ...(epochs ? { epochs: Number(epochs) } : {}),
    };
  }
  const trained =
    /^(\d+)_(\d+)_(\d+)_auxk(?:_([A-Za-z][\w.-]*?))?_epoch(?:_([A-Za-z]+)(?:_[A-Za-z]+)?)?_(\d+)$/.exec(
      stem,
    );
  if (!trained) return {};
  const [, k, n, auxk, before, after, epochs] = trained;
  const domain = before ?? after;
  return {
    ...(domain ? { domain } : {}),
    k: Number(k),
    n: Number(n),
    auxk: Number(auxk),
    epochs: Number(epochs),
  };
}

/**
 * Reads an SAE of any format of CHECKPOINT_FORMATS, distinguished by files and tensor names, never by a guess: a released
 * .pth, our .safetensors, a folder of SAELens, dictionary_learning, sparsify… n and d come from the shapes. Throws
 * FormatError for another format, shapes that do not fit, values that are not finite, an unknown k, and a name whose n
 * is not the file's; RangeError for a k outside 1 to n.
 */
export async function readCheckpoint(path: string, options: LoadOptions = {}): Promise<Checkpoint> {
  const raw = unwrap(await readRaw(path));
  const format = chooseFormat(raw, options.format);
  const bag = createBag(raw);
  const reading = format.read(raw, bag, options);
  const name = parseCheckpointName(raw.path);
  const k = chooseK(raw, reading, name, options);
  const unused = new Set([...bag.unused(), ...(reading.unused ?? [])].map((tensor) => tensor.name));
  const tensors = [...raw.tensors].map(([key, { shape, dtype }]) => ({
    name: key,
    shape,
    dtype,
    used: !unused.has(key),
  }));
  const inner = (reading.unused ?? []).map((tensor) => ({ ...tensor, used: false }));
  return {
    sae: createSae({ ...reading.parts, k }),
    name,
    metadata: raw.metadata,
    format: format.name,
    notes: [
      ...reading.notes,
      ...(raw.prefix ? [`tensor names are read without ${quote(raw.prefix)}`] : []),
    ],
    tensors: [...tensors, ...inner],
  };
}

/** The SAE of a checkpoint alone; see readCheckpoint. */
export async function loadSae(path: string, options: LoadOptions = {}): Promise<Sae> {
  return (await readCheckpoint(path, options)).sae;
}

/**
 * Writes an SAE as .safetensors with the released checkpoints' tensor names: `pre_bias` [d], `latent_bias` [n],
 * `encoder.weight` [n, d], `decoder.weight` [d, n], and what another activation, normalisation or decoder bias needs.
 * k and the kinds go into the metadata, besides what is given, such as auxk.
 */
export async function saveSae(
  path: string,
  sae: Sae,
  metadata: Record<string, string | number> = {},
): Promise<void> {
  const given = Object.entries(metadata).map(([key, value]) => [key, String(value)]);
  const own = ownTensors(sae);
  await writeSafetensors(path, own.tensors, {
    ...(Object.fromEntries(given) as Record<string, string>),
    ...own.metadata,
  });
}

function chooseK(
  { path, metadata, entries, config }: RawCheckpoint,
  { parts, k: declared }: Reading,
  name: CheckpointName,
  { k: requested, defaultK }: LoadOptions,
): number {
  const n = parts.encoder.rows;
  const fits = (k: number): boolean => Number.isInteger(k) && k >= 1 && k <= n;
  if (requested !== undefined) {
    if (!fits(requested)) {
      throw new RangeError(`${path}: k must be a whole number from 1 to n ${n}, got ${requested}`);
    }
    return requested;
  }
  if (name.n !== undefined && name.n !== n) {
    throw new FormatError(
      path,
      `its name declares n ${name.n}, but its weights have ${n} latents: pass k (--k) to load it anyway`,
    );
  }
  const own = metadata.k === undefined ? undefined : Number(metadata.k);
  const beside = [entries.get("k"), config?.k].find((value) => typeof value === "number");
  const others = (parts.activation?.kind ?? "topk") !== "topk";
  // A batch's k is a mean: single documents have more.
  const room = Math.min(n, Math.max(DEFAULT_SLOTS, 4 * (declared ?? 0)));
  // A ReLU SAE whose configuration names k keeps so many; the k of thresholds is such a mean.
  const kept = parts.activation?.kind === "relu" ? beside : undefined;
  const k = others ? (own ?? kept ?? room) : (declared ?? own ?? beside ?? name.k ?? defaultK);
  if (k === undefined) {
    throw new FormatError(path, "k is in neither the file name nor the metadata: pass k (--k)");
  }
  if (!fits(k)) {
    throw new FormatError(path, `k must be a whole number from 1 to n ${n}, got ${k}`);
  }
  return k;
}
