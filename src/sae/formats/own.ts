import type { TensorContent } from "../../files/safetensors.js";
import { checkPrefixes } from "../../core/arguments.js";
import { FormatError } from "../../core/errors.js";
import { shown } from "../../core/shown.js";
import type { Activation } from "../../engine/activation.js";
import { transpose } from "../../core/matrix.js";
import type { InputNormalisation } from "../normalisation.js";
import { type Sae, isPlainTopK } from "../sae.js";
import { TRAINING_FORMAT } from "../train/train-checkpoint.js";
import type { TensorBag } from "./bag.js";
import { type CheckpointFormat, layerDirections } from "./format.js";

const FORMAT = "feature-families sae 1";
const NORMALISATIONS = ["none", "unit", "constant-norm", "layer-norm", "z-score"] as const;

/**
 * Our own .safetensors: the released checkpoints' tensors; `decoder_bias` where it is another than `pre_bias`; what the
 * activation and the normalisation need; and the kinds of both, with k, in the metadata. Training's checkpoints too.
 */
export const own: CheckpointFormat = {
  name: "feature-families",
  about: "this library's .safetensors, and the checkpoints of its training",
  detect: ({ container, metadata }) =>
    container === "safetensors" &&
    (metadata.format === FORMAT || metadata.format === TRAINING_FORMAT),
  read(raw, bag) {
    const { metadata } = raw;
    const { encoder, decoder, n, d } = layerDirections(bag);
    const preBias = bag.vector("pre_bias", d);
    const parts = {
      encoder,
      decoder,
      preBias,
      decoderBias: bag.has("decoder_bias") ? bag.vector("decoder_bias", d) : preBias,
      latentBias: bag.vector("latent_bias", n),
      activation: readActivation(raw.path, bag, metadata.activation ?? "topk", n),
      normalisation: readNormalisation(raw.path, bag, metadata.normalisation ?? "none", d),
      ...(metadata.prefixes !== undefined && {
        prefixes: readPrefixes(raw.path, metadata.prefixes, n),
      }),
    };
    // What else training keeps is for training alone.
    if (metadata.format === TRAINING_FORMAT) bag.ignore(...raw.tensors.keys());
    return { parts, notes: [] };
  },
};

/** The tensors and metadata of an SAE's own .safetensors. */
export function ownTensors(sae: Sae): {
  tensors: Map<string, TensorContent>;
  metadata: Record<string, string>;
} {
  const { n, d, k, activation, normalisation, encoder, decoder, decoderBias } = sae;
  const tensors = new Map<string, TensorContent>([
    ["pre_bias", { shape: [d], data: sae.preBias }],
    ["latent_bias", { shape: [n], data: sae.latentBias }],
    ["encoder.weight", { shape: [n, d], data: encoder.data }],
    ["decoder.weight", { shape: [d, n], data: transpose(decoder).data }],
  ]);
  const bare = { ...sae, activation: { kind: "topk" }, normalisation: { kind: "none" } } as const;
  if (!isPlainTopK(bare)) tensors.set("decoder_bias", { shape: [d], data: decoderBias });
  if (activation.kind === "jumprelu") {
    tensors.set("threshold", { shape: [n], data: activation.threshold });
  }
  if (activation.kind === "gated") {
    tensors.set("gate_bias", { shape: [n], data: activation.gateBias });
    tensors.set("magnitude_scale", { shape: [n], data: activation.scale });
    tensors.set("magnitude_bias", { shape: [n], data: activation.bias });
  }
  if (normalisation.kind === "z-score") {
    tensors.set("input_mean", { shape: [d], data: normalisation.mean });
    tensors.set("input_std", { shape: [d], data: normalisation.std });
  }
  const metadata = {
    format: FORMAT,
    activation: activation.kind,
    k: String(k),
    ...(sae.prefixes !== undefined && { prefixes: sae.prefixes.join() }),
    ...(normalisation.kind !== "none" && { normalisation: normalisation.kind }),
  };
  return { tensors, metadata };
}

function readActivation(path: string, bag: TensorBag, kind: string, n: number): Activation {
  if (kind === "topk" || kind === "relu") return { kind };
  if (kind === "jumprelu") return { kind, threshold: bag.vector("threshold", n) };
  if (kind === "gated") {
    const scale = bag.vector("magnitude_scale", n);
    const bias = bag.vector("magnitude_bias", n);
    return { kind, gateBias: bag.vector("gate_bias", n), scale, bias };
  }
  throw new FormatError(path, `unknown activation ${shown(kind)} in its metadata`);
}

function readPrefixes(path: string, text: string, n: number): number[] {
  const prefixes = text.split(",").map(Number);
  try {
    checkPrefixes("its metadata", prefixes, n);
  } catch (cause) {
    throw new FormatError(path, `unusable prefixes ${shown(text)} in its metadata`, { cause });
  }
  return prefixes;
}

function readNormalisation(
  path: string,
  bag: TensorBag,
  named: string,
  d: number,
): InputNormalisation {
  const kind = NORMALISATIONS.find((known) => known === named);
  if (kind === undefined) {
    throw new FormatError(path, `unknown normalisation ${shown(named)} in its metadata`);
  }
  if (kind !== "z-score") return { kind };
  return { kind, mean: bag.vector("input_mean", d), std: bag.vector("input_std", d) };
}
