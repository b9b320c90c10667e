import { FormatError } from "../../core/errors.js";
import { shown } from "../../core/shown.js";
import type { TensorBag } from "./bag.js";
import { createBag } from "./bag.js";
import {
  type CheckpointFormat,
  configFlag,
  configSize,
  foldDecoderNorm,
  type Reading,
  scaleAll,
  layerDirections,
  layerParts,
  matrixDirections,
} from "./format.js";
import { asRecord, hasTensors, insideRaw, type RawCheckpoint } from "./raw.js";
import { ownValue } from "../../core/collections.js";

type Reader = (bag: TensorBag, file: string, trainer: Record<string, unknown>) => Reading;

/** One reader per dict_class of https://github.com/saprmarks/dictionary_learning. */
const READERS: Record<string, Reader> = {
  AutoEncoder(bag) {
    const parts = layerParts(bag, "bias", "encoder.bias");
    return {
      parts: foldDecoderNorm(bag.path, { ...parts, activation: { kind: "relu" } }),
      notes: [
        "activations are scaled to decoder directions of length 1, as by that library's own loader",
      ],
    };
  },
  AutoEncoderNew(bag) {
    const { encoder, decoder, n, d } = layerDirections(bag);
    const parts = {
      encoder,
      decoder,
      preBias: new Float32Array(d),
      decoderBias: bag.vector("decoder.bias", d),
      latentBias: bag.vector("encoder.bias", n),
      activation: { kind: "relu" } as const,
    };
    return { parts, notes: [] };
  },
  GatedAutoEncoder(bag) {
    const { encoder, decoder, n, d } = layerDirections(bag);
    const parts = {
      encoder,
      decoder,
      preBias: bag.vector("decoder_bias", d),
      latentBias: new Float32Array(n),
      activation: {
        kind: "gated",
        gateBias: bag.vector("gate_bias", n),
        scale: bag.vector("r_mag", n).map((value) => Math.exp(value)),
        bias: bag.vector("mag_bias", n),
      } as const,
    };
    return { parts, notes: [] };
  },
  JumpReluAutoEncoder(bag, file, trainer) {
    const { encoder, decoder, n, d } = matrixDirections(bag);
    const decoderBias = bag.vector("b_dec", d);
    const subtract = configFlag(file, "apply_b_dec_to_input", trainer.apply_b_dec_to_input, false);
    const parts = {
      encoder,
      decoder,
      preBias: subtract ? decoderBias : new Float32Array(d),
      decoderBias,
      latentBias: bag.vector("b_enc", n),
      activation: { kind: "jumprelu", threshold: bag.vector("threshold", n) } as const,
    };
    return { parts, notes: [] };
  },
  AutoEncoderTopK(bag, file) {
    const parts = layerParts(bag, "b_dec", "encoder.bias");
    bag.ignore("threshold");
    return { parts, k: configSize(file, "k", bag.scalar("k")), notes: [] };
  },
  BatchTopKSAE(bag, file) {
    return batchTopK(bag, file, layerParts(bag, "b_dec", "encoder.bias"));
  },
  MatryoshkaBatchTopKSAE(bag, file) {
    const { encoder, decoder, n, d } = matrixDirections(bag);
    const parts = {
      encoder,
      decoder,
      preBias: bag.vector("b_dec", d),
      latentBias: bag.vector("b_enc", n),
    };
    const groups = bag.vector("group_sizes");
    const sum = groups.reduce((total, size) => total + size, 0);
    if (sum !== n) throw new FormatError(bag.path, `group_sizes add up to ${sum}, expected ${n}`);
    const reading = batchTopK(bag, file, parts);
    return { ...reading, notes: [...reading.notes, `all ${groups.length} groups are active`] };
  },
};

function batchTopK(bag: TensorBag, file: string, parts: Reading["parts"]): Reading {
  const k = configSize(file, "k", bag.scalar("k"));
  const threshold = bag.has("threshold") ? bag.scalar("threshold") : -1;
  if (threshold < 0) {
    return {
      parts,
      k,
      notes: [
        `its threshold was never set (${threshold}): read as a top-k SAE of ${k} latents per document instead of a ReLU one`,
      ],
    };
  }
  const vector = new Float32Array(parts.encoder.rows).fill(threshold);
  return {
    parts: { ...parts, activation: { kind: "jumprelu", threshold: vector } },
    k,
    notes: [`every latent above ${threshold} is active, ${k} per document on average in training`],
  };
}

/** What a class's tensors are called, for files without a configuration; only where no two classes share them. */
const UNMISTAKABLE: Record<string, readonly string[]> = {
  AutoEncoder: ["bias", "encoder.weight", "encoder.bias", "decoder.weight"],
  GatedAutoEncoder: ["decoder_bias", "gate_bias", "mag_bias", "r_mag", "encoder.weight"],
  MatryoshkaBatchTopKSAE: ["W_enc", "W_dec", "b_enc", "b_dec", "k", "threshold", "group_sizes"],
};

export const dictionaryLearning: CheckpointFormat = {
  name: "dictionary-learning",
  about:
    "dictionary_learning: ae.pt and config.json, or dictionary-learning/CLASS for a single file",
  detect: (raw) =>
    raw.entries.has("ae") ||
    asRecord(raw.config?.trainer)?.dict_class !== undefined ||
    (raw.container === "torch" &&
      Object.values(UNMISTAKABLE).some((names) => hasTensors(raw, names))),
  read: (raw, bag, { format = "" }) => readDictionary(raw, bag, format.split("/")[1]),
};

function readDictionary(
  raw: RawCheckpoint,
  outerBag: TensorBag,
  asked: string | undefined,
): Reading {
  const file = raw.configPath ?? raw.path;
  const trainer = asRecord(raw.config?.trainer) ?? {};
  // A backup of a run: its weights are those of scaled embeddings, whose factor is next to them.
  const backup = raw.entries.has("ae");
  const inner = backup ? insideRaw(raw, "ae") : raw;
  const bag = backup ? createBag(inner) : outerBag;
  const name =
    asked ??
    (typeof trainer.dict_class === "string" ? trainer.dict_class : undefined) ??
    Object.entries(UNMISTAKABLE).find(([, tensors]) => hasTensors(inner, tensors))?.[0];
  const read = name === undefined ? undefined : ownValue(READERS, name);
  if (read === undefined) {
    const known = Object.keys(READERS).join(", ");
    throw new FormatError(
      file,
      name === undefined
        ? `no config.json declares the dict_class: pass --format dictionary-learning/CLASS with one of ${known}`
        : `unknown dict_class ${shown(name)}, expected one of ${known}`,
    );
  }
  const reading = read(bag, file, trainer);
  return backup ? { ...unscaleBackup(raw, reading), unused: bag.unused() } : reading;
}

function unscaleBackup(raw: RawCheckpoint, reading: Reading): Reading {
  const factor = raw.entries.get("norm_factor") ?? raw.config?.norm_factor;
  if (typeof factor !== "number" || !(factor > 0) || !Number.isFinite(factor)) {
    throw new FormatError(
      raw.path,
      `is a backup of a run, whose biases need the norm_factor, got ${shown(factor)}`,
    );
  }
  const { parts, notes } = reading;
  const { activation, preBias, decoderBias = preBias } = parts;
  const scaled = { ...parts, latentBias: scaleAll(parts.latentBias, factor) };
  scaled.preBias = scaleAll(preBias, factor);
  scaled.decoderBias = scaleAll(decoderBias, factor);
  if (activation?.kind === "jumprelu") {
    scaled.activation = { ...activation, threshold: scaleAll(activation.threshold, factor) };
  }
  if (activation?.kind === "gated") {
    scaled.activation = {
      ...activation,
      gateBias: scaleAll(activation.gateBias, factor),
      bias: scaleAll(activation.bias, factor),
    };
  }
  return {
    ...reading,
    parts: scaled,
    notes: [...notes, `a backup of a run: its biases are multiplied by the norm_factor ${factor}`],
  };
}
