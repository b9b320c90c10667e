import { type Matrix, createMatrix, matrixRow } from "../core/matrix.js";

/**
 * What is done to an embedding before it is encoded, and undone after it is decoded. "unit": divided by its length.
 * "constant-norm": scaled to the length √d. "layer-norm": its mean subtracted and divided by its unbiased standard
 * deviation plus 1e-5. "z-score": per dimension, with the mean and standard deviation of a corpus [d].
 */
export type InputNormalisation =
  | { kind: "none" | "unit" | "constant-norm" | "layer-norm" }
  | { kind: "z-score"; mean: Float32Array; std: Float32Array };

const LAYER_NORM_EPSILON = 1e-5;
const LEAST_DEVIATION = 1e-6;

/** Throws RangeError where a z-score has other sizes than d or deviations that are not above 0. */
export function checkNormalisation(normalisation: InputNormalisation, d: number): void {
  if (normalisation.kind !== "z-score") return;
  const { mean, std } = normalisation;
  if (mean.length !== d || std.length !== d) {
    throw new RangeError(
      `normalisation: mean and std must have ${d} values, got ${mean.length} and ${std.length}`,
    );
  }
  if (!std.every((value) => value > 0 && Number.isFinite(value))) {
    throw new RangeError("normalisation: every std must be above 0 and finite");
  }
}

/**
 * The z-score of a matrix's columns: mean and biased standard deviation, at least a millionth of the largest one, so that
 * embeddings of any scale are normalised and a constant column is not.
 */
export function zScoreOf({
  rows,
  cols,
  data,
}: Matrix): Extract<InputNormalisation, { kind: "z-score" }> {
  const sums = new Float64Array(cols);
  const squares = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) sums[j] += data[i * cols + j];
  }
  const mean = Float32Array.from(sums, (sum) => sum / rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) squares[j] += (data[i * cols + j] - mean[j]) ** 2;
  }
  const largest = Math.sqrt(squares.reduce((most, sum) => Math.max(most, sum), 0) / rows);
  const least = largest > 0 ? LEAST_DEVIATION * Math.min(1, largest) : LEAST_DEVIATION;
  const std = Float32Array.from(squares, (sum) => Math.max(least, Math.sqrt(sum / rows)));
  return { kind: "z-score", mean, std };
}

/** The rows as the encoder takes them; the same matrix where nothing is done to it. */
export function normaliseInputs(normalisation: InputNormalisation, batch: Matrix): Matrix {
  if (normalisation.kind === "none") return batch;
  const { rows, cols, data } = batch;
  return normaliseInPlace(normalisation, createMatrix(rows, cols, data.slice()));
}

/** Normalises the rows and gives the matrix back. */
export function normaliseInPlace(normalisation: InputNormalisation, batch: Matrix): Matrix {
  if (normalisation.kind === "none") return batch;
  const { rows, cols: d } = batch;
  for (let i = 0; i < rows; i++) {
    const row = matrixRow(batch, i);
    if (normalisation.kind === "z-score") {
      const { mean, std } = normalisation;
      for (let j = 0; j < d; j++) row[j] = (row[j] - mean[j]) / std[j];
    } else {
      const { shift, divisor } = rowScale(normalisation.kind, row);
      for (let j = 0; j < d; j++) row[j] = (row[j] - shift) / divisor;
    }
  }
  return batch;
}

/**
 * Undoes the normalisation on a decoded row [d] in place, by the embedding that was encoded. Throws RangeError where
 * that is needed and missing.
 */
export function restoreRow(
  normalisation: InputNormalisation,
  out: Float64Array,
  input?: Float32Array,
): void {
  if (normalisation.kind === "none") return;
  if (normalisation.kind === "z-score") {
    const { mean, std } = normalisation;
    for (let j = 0; j < out.length; j++) out[j] = out[j] * std[j] + mean[j];
    return;
  }
  if (input === undefined) {
    throw new RangeError(
      `decode: this SAE normalises its inputs (${normalisation.kind}), so decoding needs the embeddings that were encoded`,
    );
  }
  const { shift, factor } = rowScale(normalisation.kind, input);
  for (let j = 0; j < out.length; j++) out[j] = out[j] * factor + shift;
}

/** A row's own shift and scale: normalised is (x - shift) / divisor, restored y · factor + shift. */
function rowScale(
  kind: "none" | "unit" | "constant-norm" | "layer-norm",
  row: Float32Array,
): { shift: number; divisor: number; factor: number } {
  const d = row.length;
  let shift = 0;
  if (kind === "layer-norm") {
    for (const value of row) shift += value;
    shift /= d;
  }
  let squares = 0;
  for (const value of row) squares += (value - shift) ** 2;
  if (kind === "layer-norm") {
    // SAELens and OpenAI divide by the deviation plus a little, and multiply by the deviation alone.
    const std = d > 1 ? Math.sqrt(squares / (d - 1)) : 0;
    return { shift, divisor: std + LAYER_NORM_EPSILON, factor: std };
  }
  const length = Math.sqrt(squares) / (kind === "constant-norm" ? Math.sqrt(d) : 1);
  return { shift: 0, divisor: length, factor: length };
}
