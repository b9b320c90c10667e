import { basename } from "node:path";
import { readSafetensors, writeSafetensors } from "../data/safetensors.js";
import { withSource } from "../data/source.js";
import { type Tensor, tensorToFloat32 } from "../data/tensor.js";
import { readTorchState } from "../data/torch.js";
import { FormatError } from "../errors.js";
import { createMatrix, transpose } from "../matrix.js";
import { type Sae, createSae } from "./sae.js";
import { TRAINING_FORMAT } from "./train-checkpoint.js";

const FORMAT = "feature-families sae 1";
const KEYS = ["pre_bias", "latent_bias", "encoder.weight", "decoder.weight"] as const;

/** What the name of a released checkpoint tells. Sizes in a name are claims: the shapes decide. */
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
  /** Metadata of a .safetensors file; empty for a .pth. */
  metadata: Record<string, string>;
}

/** How a checkpoint is read. */
export interface LoadOptions {
  /** Latents kept per document. Default what the file's metadata, else its name, says. */
  k?: number;
}

/**
 * What a checkpoint's file name tells, folder and extension aside; {} for a name of no known pattern. Known are
 * `{domain}_{k}_{n}_{auxk}` (the released models; their card calls the last number a batch size, but it is auxk),
 * `{domain}_{k}_{n}` (the app's copies), and the training script's `{k}_{n}_{auxk}_auxk_epoch_{epochs}` and
 * `{k}_{n}_{auxk}_auxk_{domain}_epoch_{epochs}`, also with the domain after `epoch`.
 */
export function parseCheckpointName(path: string): CheckpointName {
  const stem = basename(path).replace(/\.(pth|pt|bin|safetensors)$/i, "");
  const released = /^([A-Za-z][A-Za-z0-9.-]*)_(\d+)_(\d+)(?:_(\d+))?$/.exec(stem);
  if (released) {
    const [, domain, k, n, auxk] = released;
    return { domain, k: Number(k), n: Number(n), ...(auxk ? { auxk: Number(auxk) } : {}) };
  }
  const trained =
    /^(\d+)_(\d+)_(\d+)_auxk(?:_([A-Za-z]+))?_epoch(?:_([A-Za-z]+)(?:_[A-Za-z]+)?)?_(\d+)$/.exec(
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
 * Reads a top-k SAE: a released .pth state dict or a .safetensors file of saveSae or of training, told apart by their content.
 * n and d come from the shapes. Throws FormatError for another format, shapes that do not fit, values that are not
 * finite, an unknown k, and a name whose n is not the file's.
 */
export async function readCheckpoint(path: string, options: LoadOptions = {}): Promise<Checkpoint> {
  const { tensors, metadata } = await readTensors(path);
  const name = parseCheckpointName(path);
  const [preBias, latentBias, encoder, decoder] = takeWeights(path, tensors);
  const [n, d] = encoder.shape;
  const k = chooseK(path, n, name, metadata, options);
  const sae = createSae({
    k,
    encoder: createMatrix(n, d, tensorToFloat32(encoder)),
    decoder: transpose(createMatrix(d, n, tensorToFloat32(decoder))),
    preBias: tensorToFloat32(preBias),
    latentBias: tensorToFloat32(latentBias),
  });
  return { sae, name, metadata };
}

/** The SAE of a checkpoint alone; see readCheckpoint. */
export async function loadSae(path: string, options: LoadOptions = {}): Promise<Sae> {
  return (await readCheckpoint(path, options)).sae;
}

/**
 * Writes an SAE as .safetensors with the released checkpoints' tensor names: `pre_bias` [d], `latent_bias` [n],
 * `encoder.weight` [n, d], `decoder.weight` [d, n]. k goes into the metadata, beside what is given, such as auxk.
 */
export async function saveSae(
  path: string,
  sae: Sae,
  metadata: Record<string, string | number> = {},
): Promise<void> {
  const { n, d, k, activation, preBias, latentBias, encoder, decoder } = sae;
  const given = Object.entries(metadata).map(([key, value]) => [key, String(value)]);
  await writeSafetensors(
    path,
    new Map([
      ["pre_bias", { shape: [d], data: preBias }],
      ["latent_bias", { shape: [n], data: latentBias }],
      ["encoder.weight", { shape: [n, d], data: encoder.data }],
      ["decoder.weight", { shape: [d, n], data: transpose(decoder).data }],
    ]),
    {
      ...(Object.fromEntries(given) as Record<string, string>),
      format: FORMAT,
      activation,
      k: String(k),
    },
  );
}

async function readTensors(
  path: string,
): Promise<{ tensors: Map<string, Tensor>; metadata: Record<string, string> }> {
  return withSource(path, async (source) => {
    const start = await source.read(0, Math.min(source.byteLength, 9));
    // safetensors starts with a length of 8 bytes and an opening brace; torch with a zip or a pickle
    if (start[8] === 0x7b) {
      const { tensors, metadata } = await readSafetensors(source);
      return {
        tensors: metadata.format === TRAINING_FORMAT ? pickWeights(tensors) : tensors,
        metadata,
      };
    }
    return { tensors: await readTorchState(source), metadata: {} };
  });
}

/** Leaves out what a training checkpoint holds beside its weights. */
function pickWeights(tensors: Map<string, Tensor>): Map<string, Tensor> {
  return new Map([...tensors].filter(([name]) => (KEYS as readonly string[]).includes(name)));
}

/** The four tensors in the order of KEYS, their shapes and values checked. */
function takeWeights(path: string, tensors: Map<string, Tensor>): Tensor[] {
  const weights = KEYS.map((key) => tensors.get(key)).filter((tensor) => tensor !== undefined);
  if (weights.length < KEYS.length || tensors.size > KEYS.length) {
    const found = [...tensors.keys()].slice(0, 8).join(", ") || "none";
    throw new FormatError(
      path,
      `not a top-k SAE of this kind: expected the tensors ${KEYS.join(", ")}, found ${found}${describeFormat(tensors)}`,
    );
  }
  const [n, d] = weights[2].shape;
  const expected = [[d], [n], [n, d], [d, n]];
  for (const [i, key] of KEYS.entries()) {
    const shape = weights[i].shape.join(", ");
    if (shape !== expected[i].join(", ") || weights[i].shape.includes(0)) {
      const encoder = weights[2].shape.join(", ");
      throw new FormatError(
        path,
        `${key} has shape (${shape}), which does not fit encoder.weight (n, d) = (${encoder})`,
      );
    }
  }
  for (const [i, key] of KEYS.entries()) {
    if (!tensorToFloat32(weights[i]).every((value) => Number.isFinite(value))) {
      throw new FormatError(path, `${key} holds NaN or Infinity`);
    }
  }
  return weights;
}

function describeFormat(tensors: Map<string, Tensor>): string {
  if (tensors.has("encoder.bias")) return " (an SAE with a bias in its encoder, not a top-k one)";
  if (tensors.has("W_enc")) return " (another library's layout, which is not read yet)";
  return "";
}

function chooseK(
  path: string,
  n: number,
  name: CheckpointName,
  metadata: Record<string, string>,
  { k: asked }: LoadOptions,
): number {
  const fits = (k: number): boolean => Number.isInteger(k) && k >= 1 && k <= n;
  if (asked !== undefined) {
    if (!fits(asked)) {
      throw new RangeError(`${path}: k must be a whole number from 1 to n ${n}, got ${asked}`);
    }
    return asked;
  }
  if (name.n !== undefined && name.n !== n) {
    throw new FormatError(
      path,
      `its name says n ${name.n}, but its weights have ${n} latents: give k to load it all the same`,
    );
  }
  const k = metadata.k === undefined ? name.k : Number(metadata.k);
  if (k === undefined) {
    throw new FormatError(path, "neither its name nor its metadata tells k: give k (--k)");
  }
  if (!fits(k)) {
    throw new FormatError(path, `k must be a whole number from 1 to n ${n}, got ${k}`);
  }
  return k;
}
