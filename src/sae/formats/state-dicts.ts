import { FormatError } from "../../core/errors.js";
import { shown } from "../../core/shown.js";
import { createBag } from "./bag.js";
import {
  type CheckpointFormat,
  configFlag,
  configSize,
  type Reading,
  layerDirections,
  layerParts,
} from "./format.js";
import { own } from "./own.js";
import { asRecord, hasTensors, insideRaw } from "./raw.js";

const SAERCH = ["pre_bias", "latent_bias", "encoder.weight", "decoder.weight"] as const;

/** The released models of https://arxiv.org/abs/2408.00657. k is in the file's name alone, but for copies. */
export const saerch: CheckpointFormat = {
  name: "saerch",
  about: "the paper's released .pth: pre_bias, latent_bias, encoder.weight, decoder.weight",
  detect: (raw) =>
    hasTensors(raw, SAERCH) &&
    raw.tensors.size === SAERCH.length &&
    !raw.entries.has("activation") &&
    !own.detect(raw),
  read: (_raw, bag) => ({ parts: layerParts(bag, "pre_bias", "latent_bias"), notes: [] }),
};

/** OpenAI's https://github.com/openai/sparse_autoencoder: top-k ones read inputs through a layer norm. */
export const openai: CheckpointFormat = {
  name: "openai",
  about:
    "OpenAI sparse_autoencoder: a .pt with pre_bias, latent_bias, encoder.weight and activation",
  detect: (raw) =>
    hasTensors(raw, ["pre_bias", "latent_bias", "encoder.weight"]) &&
    (raw.entries.has("activation") || raw.tensors.has("stats_last_nonzero")),
  read(raw, bag, options) {
    const encoder = bag.matrix("encoder.weight");
    const { rows: n, cols: d } = encoder;
    const tied = !bag.has("decoder.weight");
    const statistics = [
      "stats_last_nonzero",
      "latents_activation_frequency",
      "latents_mean_square",
    ];
    bag.ignore(...statistics);
    const kind = raw.entries.get("activation") ?? "ReLU";
    if (kind !== "ReLU" && kind !== "TopK") {
      throw new FormatError(raw.path, `expected the activation ReLU or TopK, got ${shown(kind)}`);
    }
    const parts: Reading["parts"] = {
      encoder,
      decoder: tied
        ? { ...encoder, data: encoder.data.slice() }
        : bag.transposed("decoder.weight", n, d),
      preBias: bag.vector("pre_bias", d),
      latentBias: bag.vector("latent_bias", n),
      activation: { kind: kind === "TopK" ? "topk" : "relu" },
      normalisation: { kind: kind === "TopK" ? "layer-norm" : "none" },
    };
    const notes = tied ? ["it has no decoder: its encoder is used as one (tied weights)"] : [];
    if (kind === "ReLU") return { parts, notes };
    const state = asRecord(raw.entries.get("activation_state_dict")) ?? {};
    return { parts, k: configSize(raw.path, "k", options.k ?? state.k), notes };
  },
};

/** HypotheSAEs (https://github.com/rmovva/HypotheSAEs): configuration and state dict in one file. */
export const hypothesaes: CheckpointFormat = {
  name: "hypothesaes",
  about: "HypotheSAEs: a .pt of config and state_dict",
  detect: (raw) => {
    const state = raw.entries.get("state_dict");
    return state instanceof Map && state.has("input_bias") && state.has("neuron_bias");
  },
  read(raw, _bag, options) {
    const bag = createBag(insideRaw(raw, "state_dict"));
    const config = asRecord(raw.entries.get("config")) ?? {};
    const parts = layerParts(bag, "input_bias", "neuron_bias");
    const k = configSize(raw.path, "k_active_neurons", options.k ?? config.k_active_neurons);
    if (!configFlag(raw.path, "use_batch_topk", config.use_batch_topk, false)) {
      bag.ignore("threshold");
      return { parts, k, notes: [], unused: bag.unused() };
    }
    const threshold = bag.has("threshold") ? bag.scalar("threshold") : 0;
    if (!(threshold > 0)) {
      return { parts, k, notes: [`its threshold was never set (${threshold}): read as top-k`] };
    }
    const activation = {
      kind: "jumprelu",
      threshold: new Float32Array(parts.encoder.rows).fill(threshold),
    } as const;
    return {
      parts: { ...parts, activation },
      k,
      notes: [`batch-top-k: every latent above ${threshold} is active`],
      unused: bag.unused(),
    };
  },
};

/** prismadb: embeddings are z-scored with the corpus's mean and deviation, which the file holds. */
export const prismadb: CheckpointFormat = {
  name: "prismadb",
  about: "prismadb: a .pt of config, model_state, zscore_mean and zscore_std",
  detect: (raw) => raw.entries.get("model_state") instanceof Map,
  read(raw, outer, options) {
    const bag = createBag(insideRaw(raw, "model_state"));
    const config = asRecord(raw.entries.get("config")) ?? {};
    const { encoder, decoder, n, d } = layerDirections(bag);
    const name = config.act_name ?? "topk";
    if (typeof name !== "string" || !["topk", "relu"].includes(name.toLowerCase())) {
      throw new FormatError(raw.path, `expected the act_name topk or relu, got ${shown(name)}`);
    }
    const kind = name.toLowerCase() as "topk" | "relu";
    const std = outer.vector("zscore_std", d).map((value) => Math.max(value, 1e-6));
    const parts: Reading["parts"] = {
      encoder,
      decoder,
      preBias: new Float32Array(d),
      decoderBias: bag.vector("decoder.bias", d),
      latentBias: bag.vector("encoder.bias", n),
      activation: { kind },
      normalisation: { kind: "z-score", mean: outer.vector("zscore_mean", d), std },
    };
    const k = kind === "topk" ? configSize(raw.path, "k", options.k ?? config.k) : undefined;
    return { parts, k, notes: [], unused: bag.unused() };
  },
};
