import { ownValue } from "../../core/collections.js";
import { plainLine, shown } from "../../core/shown.js";
import { createHash } from "node:crypto";
import { access } from "node:fs/promises";
import { readSafetensors } from "../../files/safetensors.js";
import { writeSafetensors } from "../../files/safetensors-write.js";
import { type Tensor, tensorToFloat32 } from "../../files/bytes/tensor.js";
import type { SaeParameters, TrainerState } from "../../engine/trainer.js";
import { FormatError } from "../../core/errors.js";
import { type Matrix, matrixRow, transpose } from "../../core/matrix.js";
import type { InputNormalisation } from "../normalisation.js";
import type { Sae } from "../sae.js";
import type { TrainLogRow, TrainPlan } from "./train-options.js";

/** What the metadata of a training checkpoint call its format. */
export const TRAINING_FORMAT = "feature-families training 1";

const FINGERPRINT_ROWS = 1024;
const LOG_COLUMNS = [
  "step",
  "loss",
  "reconstruction",
  "aux",
  "grad_norm",
  "dead",
  "multik",
  "validation",
] as const;

type Saved = { shape: number[]; data: Float32Array | Float64Array };

/** A run between two steps: all that a checkpoint keeps. */
export interface TrainRun {
  state: TrainerState;
  log: TrainLogRow[];
  /** The lowest validation loss so far and its weights (with `patience` alone); step 0 before the first. */
  best: { step: number; validation: number; parameters?: SaeParameters };
  /** Validations since then. */
  stale: number;
}

/**
 * Writes a run's state to `path`, at once or not at all. The latest weights carry PyTorch's names, so that loadSae opens
 * the file too: `pre_bias` [d], `latent_bias` [n], `encoder.weight` [n, d], `decoder.weight` [d, n]. Beside them, under the
 * same names, `adam.first.…`, `adam.second.…` and, where a best epoch is kept, `best.…`; `since_fired` [n] and
 * `log` [steps, 8]. The metadata hold the step and what must not change on resuming.
 */
export async function writeTrainCheckpoint(
  path: string,
  run: TrainRun,
  plan: TrainPlan,
  embeddings: Matrix,
  init?: Sae,
): Promise<void> {
  const { state, log, best, stale } = run;
  const tensors = new Map<string, Saved>();
  addParameters(tensors, "", state.parameters);
  addParameters(tensors, "adam.first.", state.firstMoment);
  addParameters(tensors, "adam.second.", state.secondMoment);
  if (best.parameters) addParameters(tensors, "best.", best.parameters);
  if (plan.normalisation.kind === "z-score") {
    const { mean, std } = plan.normalisation;
    tensors.set("input_mean", { shape: [plan.d], data: mean });
    tensors.set("input_std", { shape: [plan.d], data: std });
  }
  tensors.set("since_fired", { shape: [plan.n], data: state.sinceFired });
  tensors.set("log", { shape: [log.length, LOG_COLUMNS.length], data: encodeLog(log) });
  await writeSafetensors(path, tensors, {
    format: TRAINING_FORMAT,
    k: String(plan.settings.k),
    normalisation: plan.normalisation.kind,
    ...(plan.settings.prefixes && { prefixes: plan.settings.prefixes.join() }),
    step: String(state.step),
    best_step: String(best.step),
    best_validation: String(best.validation),
    stale: String(stale),
    options: JSON.stringify(identity(plan, embeddings, init)),
  });
}

/**
 * Reads back what `writeTrainCheckpoint` wrote; undefined where there is no such file.
 * Throws FormatError for a file that is no checkpoint, RangeError naming the first option that differs from that run.
 */
export async function readTrainCheckpoint(
  path: string,
  plan: TrainPlan,
  embeddings: Matrix,
  init?: Sae,
): Promise<TrainRun | undefined> {
  if (!(await exists(path))) return undefined;
  const { tensors, metadata } = await readSafetensors(path);
  if (metadata.format !== TRAINING_FORMAT) {
    throw new FormatError(
      path,
      `expected "${TRAINING_FORMAT}", got ${metadata.format ?? "no format"}`,
    );
  }
  checkIdentity(path, metadata.options, identity(plan, embeddings, init));
  const reader = { path, tensors, n: plan.n, d: plan.d };
  const state: TrainerState = {
    step: count(path, metadata, "step"),
    parameters: readParameters(reader, ""),
    firstMoment: readParameters(reader, "adam.first."),
    secondMoment: readParameters(reader, "adam.second."),
    sinceFired: readTensor(reader, "since_fired", [plan.n]),
  };
  const bestStep = count(path, metadata, "best_step");
  const parameters = bestStep > 0 ? readParameters(reader, "best.") : undefined;
  const validation = Number(metadata.best_validation);
  return {
    state,
    log: decodeLog(path, tensors.get("log")),
    best: { step: bestStep, validation, ...(parameters ? { parameters } : {}) },
    stale: count(path, metadata, "stale"),
  };
}

/** What decides the numbers of a run, its length among it only where the learning rate goes by it. */
function identity(
  plan: TrainPlan,
  embeddings: Matrix,
  init: Sae | undefined,
): Record<string, string | number> {
  const {
    settings,
    d,
    n,
    batch,
    lr,
    warmup,
    decay,
    normalisation,
    order,
    seed,
    holdout,
    patience,
    plateau,
    start,
    steps,
  } = plan;
  const { prefixes, batchTopK = false, ...numbers } = settings;
  return {
    d,
    n,
    ...numbers,
    ...(prefixes && { prefixes: prefixes.join() }),
    ...(batchTopK && { activation: "batch-topk" }),
    batch,
    lr,
    order,
    seed,
    holdout,
    patience: String(patience),
    rows: embeddings.rows,
    embeddings: fingerprint(embeddings),
    ...(normalisation.kind === "none" ? {} : { normalise: normaliseName(normalisation) }),
    ...(plateau === 0 ? {} : { plateau }),
    ...(start === "random" ? {} : { start }),
    ...(warmup > 0 ? { warmup } : {}),
    ...(decay === "constant" ? {} : { decay, steps }),
    ...(init ? { init: fingerprintSae(init) } : {}),
  };
}

function normaliseName(normalisation: InputNormalisation): string {
  const isCentred =
    normalisation.kind === "z-score" && normalisation.std.every((value) => value === 1);
  return isCentred ? "centre" : normalisation.kind;
}

/** SHA-256 over all weights. */
function fingerprintSae({ encoder, decoder, preBias, latentBias }: Sae): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of [
    encoder.data,
    decoder.data,
    preBias,
    latentBias,
  ]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}

/** SHA-256 over evenly spread rows: enough to detect other embeddings without reading all of them. */
function fingerprint(embeddings: Matrix): string {
  const hash = createHash("sha256");
  const count = Math.min(FINGERPRINT_ROWS, embeddings.rows);
  for (let i = 0; i < count; i++) {
    const { buffer, byteOffset, byteLength } = matrixRow(
      embeddings,
      Math.floor((i * embeddings.rows) / count),
    );
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}

function checkIdentity(
  path: string,
  text: string | undefined,
  wanted: Record<string, string | number>,
): void {
  let kept: Record<string, unknown>;
  try {
    kept = JSON.parse(text ?? "") as Record<string, unknown>;
  } catch (cause) {
    throw new FormatError(path, "its options are not JSON", { cause });
  }
  // Older checkpoints lack the options that came later, which then had their defaults.
  for (const name of Object.keys({ ...wanted, ...kept })) {
    const values = [ownValue(kept, name), ownValue(wanted, name)];
    if (values[0] !== values[1]) {
      const [before, now] = values.map((value) =>
        typeof value === "string"
          ? plainLine(value)
          : value === undefined
            ? "not set"
            : shown(value),
      );
      throw new RangeError(
        `trainSae: cannot continue from ${path}: its ${name} is ${before}, got ${now}; pass the options of that run, ` +
          "or delete the file to start over",
      );
    }
  }
}

function addParameters(
  tensors: Map<string, Saved>,
  prefix: string,
  { encoder, decoder, preBias, latentBias }: SaeParameters,
): void {
  const { rows: n, cols: d } = encoder;
  tensors.set(`${prefix}pre_bias`, { shape: [d], data: preBias });
  tensors.set(`${prefix}latent_bias`, { shape: [n], data: latentBias });
  tensors.set(`${prefix}encoder.weight`, { shape: [n, d], data: encoder.data });
  tensors.set(`${prefix}decoder.weight`, { shape: [d, n], data: transpose(decoder).data });
}

interface TensorReader {
  path: string;
  tensors: Map<string, Tensor>;
  n: number;
  d: number;
}

function readParameters(reader: TensorReader, prefix: string): SaeParameters {
  const { n, d } = reader;
  const decoder = readTensor(reader, `${prefix}decoder.weight`, [d, n]);
  return {
    encoder: { rows: n, cols: d, data: readTensor(reader, `${prefix}encoder.weight`, [n, d]) },
    decoder: transpose({ rows: d, cols: n, data: decoder }),
    preBias: readTensor(reader, `${prefix}pre_bias`, [d]),
    latentBias: readTensor(reader, `${prefix}latent_bias`, [n]),
  };
}

function readTensor({ path, tensors }: TensorReader, name: string, shape: number[]): Float32Array {
  const tensor = tensors.get(name);
  if (!tensor || tensor.shape.join() !== shape.join()) {
    throw new FormatError(
      path,
      `${name} must be ${shape.join(" x ")}, got ${tensor ? tensor.shape.join(" x ") : "none"}`,
    );
  }
  return tensorToFloat32(tensor);
}

function encodeLog(log: TrainLogRow[]): Float64Array {
  const data = new Float64Array(log.length * LOG_COLUMNS.length);
  log.forEach((row, i) => {
    LOG_COLUMNS.forEach((column, j) => {
      data[i * LOG_COLUMNS.length + j] = row[column] ?? NaN;
    });
  });
  return data;
}

function decodeLog(path: string, tensor: Tensor | undefined): TrainLogRow[] {
  const width = LOG_COLUMNS.length;
  if (!(tensor?.data instanceof Float64Array) || tensor.shape[1] !== width) {
    throw new FormatError(path, `log must be a float64 table of ${width} columns`);
  }
  const { data } = tensor;
  return Array.from({ length: tensor.shape[0] }, (_, i) => {
    const at = (column: (typeof LOG_COLUMNS)[number]): number =>
      data[i * width + LOG_COLUMNS.indexOf(column)];
    const row: TrainLogRow = {
      step: at("step"),
      loss: at("loss"),
      reconstruction: at("reconstruction"),
      aux: at("aux"),
      grad_norm: at("grad_norm"),
      dead: at("dead"),
    };
    if (!Number.isNaN(at("multik"))) row.multik = at("multik");
    if (!Number.isNaN(at("validation"))) row.validation = at("validation");
    return row;
  });
}

function count(path: string, metadata: Record<string, string>, name: string): number {
  const text = ownValue(metadata, name);
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new FormatError(path, `${name} must be a whole number, got ${text ?? "none"}`);
  }
  return value;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
