import { type Matrix, createMatrix, dot, matrixRow } from "../core/matrix.js";
import { createRandom } from "../core/random.js";

/** The leading principal components of rows. */
export interface PrincipalComponents {
  /** Unit directions, by falling variance [count, d]. */
  components: Matrix;
  /** Share of the rows' variance along each, falling [count]; 0 where the rows have no more. */
  explained: Float64Array;
  /** Each row along them, about the mean [rows, count]. */
  scores: Matrix;
}

/** How the components are found. */
export interface PrincipalOptions {
  /** Components. Default 10; at most the rows and the columns. */
  count?: number;
  /** Default 0. */
  seed?: number;
  /** Rounds of the orthogonal iteration. Default 25. */
  rounds?: number;
}

/** Extra directions beyond the requested ones, without which the last ones would not converge. */
const SPARE = 4;

/**
 * Principal component analysis of rows [N, d] by orthogonal iteration from a seeded start. Each component's sign is such
 * that its largest part is positive. Throws RangeError for less than two rows.
 */
export function principalComponents(
  rows: Matrix,
  { count = 10, seed = 0, rounds = 25 }: PrincipalOptions = {},
): PrincipalComponents {
  if (rows.rows < 2) {
    throw new RangeError(`principalComponents: expected two rows or more, got ${rows.rows}`);
  }
  const centred = centre(rows);
  const wanted = Math.min(count, rows.rows, rows.cols);
  const carried = Math.min(wanted + SPARE, rows.rows, rows.cols);
  const basis = createMatrix(carried, rows.cols);
  const random = createRandom(seed);
  for (let i = 0; i < basis.data.length; i++) basis.data[i] = random() - 0.5;
  orthonormalizeInPlace(basis);
  for (let round = 0; round < rounds; round++) {
    multiplyInPlace(basis, centred);
    orthonormalizeInPlace(basis);
  }
  const components = createMatrix(wanted, rows.cols, basis.data.slice(0, wanted * rows.cols));
  for (let c = 0; c < wanted; c++) turnUpInPlace(matrixRow(components, c));
  const scores = project(centred, components);
  const total = centred.data.reduce((sum, value) => sum + value * value, 0);
  const explained = new Float64Array(wanted);
  for (let i = 0; i < scores.data.length; i++) explained[i % wanted] += scores.data[i] ** 2;
  return { components, explained: explained.map((part) => (total > 0 ? part / total : 0)), scores };
}

function centre({ rows, cols, data }: Matrix): Matrix {
  const mean = new Float64Array(cols);
  for (let i = 0; i < data.length; i++) mean[i % cols] += data[i] / rows;
  const out = createMatrix(rows, cols);
  for (let i = 0; i < data.length; i++) out.data[i] = data[i] - mean[i % cols];
  return out;
}

/** Each row b of the basis becomes XᵀX b. */
function multiplyInPlace(basis: Matrix, x: Matrix): void {
  for (let b = 0; b < basis.rows; b++) {
    const row = matrixRow(basis, b);
    const sum = new Float64Array(x.cols);
    for (let i = 0; i < x.rows; i++) {
      const document = matrixRow(x, i);
      const along = dot(document, row);
      for (let c = 0; c < x.cols; c++) sum[c] += along * document[c];
    }
    row.set(sum);
  }
}

/** Gram and Schmidt, twice over for the rounding; a row that the ones before it span becomes 0. */
function orthonormalizeInPlace(basis: Matrix): void {
  for (let b = 0; b < basis.rows; b++) {
    const row = matrixRow(basis, b);
    const before = Math.sqrt(dot(row, row));
    for (let pass = 0; pass < 2; pass++) {
      for (let a = 0; a < b; a++) {
        const other = matrixRow(basis, a);
        const along = dot(row, other);
        for (let c = 0; c < row.length; c++) row[c] -= along * other[c];
      }
    }
    const length = Math.sqrt(dot(row, row));
    const scale = length > 1e-6 * before && length > 0 ? 1 / length : 0;
    for (let c = 0; c < row.length; c++) row[c] *= scale;
  }
}

function turnUpInPlace(row: Float32Array): void {
  let largest = 0;
  for (const part of row) if (Math.abs(part) > Math.abs(largest)) largest = part;
  if (largest < 0) for (let c = 0; c < row.length; c++) row[c] = -row[c];
}

function project(rows: Matrix, components: Matrix): Matrix {
  const out = createMatrix(rows.rows, components.rows);
  for (let i = 0; i < rows.rows; i++) {
    for (let c = 0; c < components.rows; c++) {
      out.data[i * components.rows + c] = dot(matrixRow(rows, i), matrixRow(components, c));
    }
  }
  return out;
}
