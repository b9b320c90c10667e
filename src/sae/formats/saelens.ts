import { FormatError } from "../../core/errors.js";
import { shown } from "../../core/shown.js";
import type { Activation } from "../../engine/activation.js";
import type { InputNormalisation } from "../normalisation.js";
import type { SaeParts } from "../sae.js";
import type { TensorBag } from "./bag.js";
import {
  type CheckpointFormat,
  configFlag,
  configSize,
  foldDecoderNorm,
  foldInputScale,
  type LoadOptions,
  type Reading,
  scaleRows,
  matrixDirections,
} from "./format.js";
import { asRecord, hasTensors, type RawCheckpoint } from "./raw.js";
import { ownValue } from "../../core/collections.js";

const ARCHITECTURES = ["standard", "topk", "jumprelu", "gated"] as const;
type Architecture = (typeof ARCHITECTURES)[number];

const NORMALISATIONS: Record<string, InputNormalisation["kind"] | "expected"> = {
  none: "none",
  layer_norm: "layer-norm",
  constant_norm_rescale: "constant-norm",
  expected_average_only_in: "expected",
};

/** SAELens (https://github.com/jbloomAus/SAELens), version 6 and the flat configurations before it. */
export const saelens: CheckpointFormat = {
  name: "saelens",
  about: "SAELens: cfg.json and sae_weights.safetensors",
  detect: ({ container, tensors, config }) =>
    container === "safetensors" &&
    tensors.has("W_enc") &&
    config !== undefined &&
    ("d_sae" in config || "architecture" in config || "activation_fn_str" in config),
  read(raw, bag, options) {
    const file = raw.configPath ?? raw.path;
    const config = raw.config ?? {};
    const notes: string[] = [];
    const architecture = chooseArchitecture(file, raw, bag, options);
    const W_enc = bag.transposed("W_enc");
    const { rows: n, cols: d } = W_enc;
    checkSizes(file, config, n, d);
    const decoderBias = bag.vector("b_dec", d);
    const subtract = configFlag(file, "apply_b_dec_to_input", config.apply_b_dec_to_input, true);
    let parts: Omit<SaeParts, "k"> = {
      encoder: W_enc,
      decoder: bag.matrix("W_dec", n, d),
      preBias: subtract ? decoderBias : new Float32Array(d),
      decoderBias,
      ...activationParts(architecture, bag, n),
    };
    parts = applyScaling(bag, parts, notes);
    const isTopK = architecture === "topk";
    const rescales = config.rescale_acts_by_decoder_norm;
    if (isTopK && configFlag(file, "rescale_acts_by_decoder_norm", rescales, false)) {
      parts = foldDecoderNorm(raw.path, parts);
      notes.push("decoder norms are folded into the weights (rescale_acts_by_decoder_norm)");
    }
    const k = isTopK ? configSize(file, "k", options.k ?? kOf(config)) : undefined;
    return { ...applyNormalisation(file, config, parts, options, notes), k };
  },
};

function chooseArchitecture(
  file: string,
  { config = {} }: RawCheckpoint,
  bag: TensorBag,
  options: LoadOptions,
): Architecture {
  const activation = config.activation_fn ?? config.activation_fn_str;
  let named = config.architecture;
  // Before version 6 top-k was an activation function of the standard architecture.
  if ((named === undefined || named === "standard") && activation === "topk") named = "topk";
  // Without either word, k is what a top-k SAE alone has.
  const isBare = named === undefined && activation === undefined;
  if (isBare && kOf(config) !== undefined && !bag.has("b_gate") && !bag.has("threshold")) {
    return "topk";
  }
  if (named === undefined && Object.keys(config).length === 0) {
    if (bag.has("b_gate")) return "gated";
    if (bag.has("threshold")) return "jumprelu";
    return options.k === undefined ? "standard" : "topk";
  }
  const found = ARCHITECTURES.find((known) => known === (named ?? "standard"));
  if (found === undefined) {
    throw new FormatError(
      file,
      `expected the architecture ${ARCHITECTURES.join(", ")}, got ${shown(named)}; batch-top-k and Matryoshka SAEs are saved as jumprelu`,
    );
  }
  if (found === "standard" && activation !== undefined && activation !== "relu") {
    throw new FormatError(file, `expected the activation relu or topk, got ${shown(activation)}`);
  }
  return found;
}

function activationParts(
  architecture: Architecture,
  bag: TensorBag,
  n: number,
): { activation: Activation; latentBias: Float32Array } {
  if (architecture === "gated") {
    const activation: Activation = {
      kind: "gated",
      gateBias: bag.vector("b_gate", n),
      scale: bag.vector("r_mag", n).map((value) => Math.exp(value)),
      bias: bag.vector("b_mag", n),
    };
    return { activation, latentBias: new Float32Array(n) };
  }
  const latentBias = bag.vector("b_enc", n);
  if (architecture === "topk") return { activation: { kind: "topk" }, latentBias };
  if (architecture === "standard") return { activation: { kind: "relu" }, latentBias };
  return { activation: { kind: "jumprelu", threshold: bag.vector("threshold", n) }, latentBias };
}

function checkSizes(file: string, config: Record<string, unknown>, n: number, d: number): void {
  for (const [name, size] of [
    ["d_sae", n],
    ["d_in", d],
  ] as const) {
    if (config[name] !== undefined && config[name] !== size) {
      throw new FormatError(
        file,
        `declares ${name} ${shown(config[name])}, but W_enc in the weights is [${d}, ${n}] (d_in, d_sae)`,
      );
    }
  }
}

function kOf(config: Record<string, unknown>): unknown {
  return config.k ?? asRecord(config.activation_fn_kwargs)?.k;
}

function applyScaling(
  bag: TensorBag,
  parts: Omit<SaeParts, "k">,
  notes: string[],
): Omit<SaeParts, "k"> {
  if (!bag.has("scaling_factor")) return parts;
  const factors = bag.vector("scaling_factor", parts.encoder.rows);
  if (factors.every((value) => value === 1)) return parts;
  notes.push("the finetuning's scaling_factor is folded into the decoder");
  return { ...parts, decoder: scaleRows(parts.decoder, factors) };
}

function applyNormalisation(
  file: string,
  config: Record<string, unknown>,
  parts: Omit<SaeParts, "k">,
  { scale }: LoadOptions,
  notes: string[],
): Reading {
  let named = config.normalize_activations ?? "none";
  if (typeof named === "boolean") named = named ? "expected_average_only_in" : "none";
  const kind = typeof named === "string" ? ownValue(NORMALISATIONS, named) : undefined;
  if (kind === undefined) {
    throw new FormatError(file, `unknown normalize_activations ${shown(named)}`);
  }
  if (kind !== "expected") {
    return { parts: { ...parts, normalisation: { kind } as InputNormalisation }, notes };
  }
  if (scale === undefined) {
    throw new FormatError(
      file,
      "was trained on embeddings scaled to a mean length of √d (expected_average_only_in) and does not record the factor: " +
        "pass it as --scale (√d divided by the embeddings' mean length), or pass 1 if the weights include it already",
    );
  }
  notes.push(`the factor ${scale} of the embeddings is folded into the weights`);
  return { parts: foldInputScale(parts, scale), notes };
}

/** Gemma Scope's params.npz: a jumprelu SAE whose input bias is not subtracted. */
export const gemmaScope: CheckpointFormat = {
  name: "gemma-scope",
  about: "Gemma Scope: params.npz",
  detect: (raw) => raw.container === "npz" && hasTensors(raw, ["W_enc", "threshold"]),
  read(_raw, bag) {
    const { encoder, decoder, n, d } = matrixDirections(bag);
    const parts = {
      encoder,
      decoder,
      preBias: new Float32Array(d),
      decoderBias: bag.vector("b_dec", d),
      ...activationParts("jumprelu", bag, n),
    };
    return { parts, notes: [] };
  },
};
