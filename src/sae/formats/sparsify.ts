import { FormatError } from "../../core/errors.js";
import { shown } from "../../core/shown.js";
import type { Activation } from "../../engine/activation.js";
import type { TensorBag } from "./bag.js";
import { type CheckpointFormat, configFlag, configSize, type Reading } from "./format.js";
import type { RawCheckpoint } from "./raw.js";

/** sparsify (https://github.com/EleutherAI/sparsify) and latent-sae: the decoder is [n, d] already. */
export const sparsify: CheckpointFormat = {
  name: "sparsify",
  about: "sparsify and latent-sae: cfg.json and sae.safetensors",
  detect: ({ container, tensors, config }) =>
    container === "safetensors" &&
    config !== undefined &&
    tensors.has("encoder.weight") &&
    tensors.has("W_dec"),
  read(raw, bag, options) {
    const file = raw.configPath ?? raw.path;
    const config = raw.config ?? {};
    refuseOthers(file, raw, config);
    const encoder = bag.matrix("encoder.weight");
    const { rows: n, cols: d } = encoder;
    checkCounts(file, config, n, d);
    const decoderBias = bag.vector("b_dec", d);
    const transcodes = configFlag(file, "transcode", config.transcode, false);
    const { activation, notes } = chooseActivation(bag, n);
    const parts = {
      encoder,
      decoder: bag.matrix("W_dec", n, d),
      preBias: transcodes ? new Float32Array(d) : decoderBias,
      decoderBias,
      latentBias: bag.vector("encoder.bias", n),
      activation,
    };
    if (transcodes)
      notes.push("a transcoder: it reconstructs a different layer from the one it reads");
    return { parts, k: configSize(file, "k", options.k ?? config.k), notes };
  },
};

function refuseOthers(file: string, raw: RawCheckpoint, config: Record<string, unknown>): void {
  const flag = (name: "skip_connection" | "signed"): boolean =>
    configFlag(file, name, config[name], false);
  if (flag("skip_connection") || raw.tensors.has("W_skip")) {
    throw new FormatError(file, "has a skip connection (W_skip), which is not supported");
  }
  if (flag("signed")) {
    throw new FormatError(
      file,
      "keeps the latents of largest magnitude with their sign (signed), which is not supported",
    );
  }
  const kind = config.activation ?? "topk";
  if (kind !== "topk") {
    throw new FormatError(file, `expected the activation topk, got ${shown(kind)}`);
  }
  if (raw.tensors.has("W_gate") || raw.tensors.has("W_mag")) {
    throw new FormatError(
      file,
      "is gated with two encoders (W_gate, W_mag), which is not supported",
    );
  }
}

// num_latents 0 means the expansion factor times the width.
function checkCounts(file: string, config: Record<string, unknown>, n: number, d: number): void {
  const { d_in: width, num_latents: latents, expansion_factor: factor } = config;
  if (width !== undefined && width !== d) {
    throw new FormatError(
      file,
      `declares d_in ${shown(width)}, but encoder.weight is [${n}, ${d}]`,
    );
  }
  const declared = latents === 0 || latents === undefined ? undefined : latents;
  const expected = declared ?? (typeof factor === "number" ? factor * d : n);
  if (expected !== n) {
    throw new FormatError(
      file,
      `declares ${shown(expected)} latents, but encoder.weight is [${n}, ${d}]`,
    );
  }
}

function chooseActivation(
  bag: TensorBag,
  n: number,
): { activation: Activation; notes: Reading["notes"] } {
  if (bag.has("log_threshold")) {
    const threshold = bag.vector("log_threshold", n).map((value) => Math.exp(value));
    return { activation: { kind: "jumprelu", threshold }, notes: [] };
  }
  if (!bag.has("batchtopk_threshold")) return { activation: { kind: "topk" }, notes: [] };
  const value = bag.scalar("batchtopk_threshold");
  if (!(value > 0)) {
    const notes = [`its batchtopk_threshold was never set (${value}): read as top-k`];
    return { activation: { kind: "topk" }, notes };
  }
  return {
    activation: { kind: "jumprelu", threshold: new Float32Array(n).fill(value) },
    notes: [`batch-top-k: every latent above ${value} is active`],
  };
}
