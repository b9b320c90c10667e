/** A dense matrix in row-major order: entry (i, j) is `data[i * cols + j]`. */
export interface Matrix {
  rows: number;
  cols: number;
  data: Float32Array;
}

/** A [rows, cols] matrix over `data` (not copied; zeros by default). Throws RangeError if the length differs. */
export function createMatrix(
  rows: number,
  cols: number,
  data: Float32Array = new Float32Array(rows * cols),
): Matrix {
  if (data.length !== rows * cols) {
    throw new RangeError(
      `matrix: ${rows} x ${cols} needs ${rows * cols} values, got ${data.length}`,
    );
  }
  return { rows, cols, data };
}

/** Row `i` as a view into the matrix [cols]. */
export function matrixRow(matrix: Matrix, i: number): Float32Array {
  return matrix.data.subarray(i * matrix.cols, (i + 1) * matrix.cols);
}

/** Rows `start` to `end` (exclusive) as a view that shares memory with `matrix` [end - start, cols]. */
export function matrixRows(matrix: Matrix, start: number, end: number): Matrix {
  const { cols, data } = matrix;
  return { rows: end - start, cols, data: data.subarray(start * cols, end * cols) };
}

/**
 * The listed rows, copied [indices.length, cols], into `out` where that is given. Throws RangeError for an `out` of
 * another shape.
 */
export function takeRows(
  matrix: Matrix,
  indices: ArrayLike<number>,
  out: Matrix = createMatrix(indices.length, matrix.cols),
): Matrix {
  if (out.rows !== indices.length || out.cols !== matrix.cols) {
    throw new RangeError(
      `takeRows: out must be ${indices.length} x ${matrix.cols}, got ${out.rows} x ${out.cols}`,
    );
  }
  for (let i = 0; i < indices.length; i++) {
    out.data.set(matrixRow(matrix, indices[i]), i * matrix.cols);
  }
  return out;
}

/** The transpose, copied [cols, rows]. */
export function transpose(matrix: Matrix): Matrix {
  const { rows, cols, data } = matrix;
  const out = createMatrix(cols, rows);
  const block = 32;
  for (let i0 = 0; i0 < rows; i0 += block) {
    const i1 = Math.min(rows, i0 + block);
    for (let j0 = 0; j0 < cols; j0 += block) {
      const j1 = Math.min(cols, j0 + block);
      for (let i = i0; i < i1; i++) {
        for (let j = j0; j < j1; j++) out.data[j * rows + i] = data[i * cols + j];
      }
    }
  }
  return out;
}

/** Dot product of two vectors of equal length, summed in float64. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Euclidean length of every row [rows]. */
export function rowNorms(matrix: Matrix): Float64Array {
  const out = new Float64Array(matrix.rows);
  for (let i = 0; i < matrix.rows; i++) {
    const row = matrixRow(matrix, i);
    out[i] = Math.sqrt(dot(row, row));
  }
  return out;
}

/** A copy with every row at unit length; rows of length 0 stay 0 [rows, cols]. */
export function normalizeRows(matrix: Matrix): Matrix {
  const out = createMatrix(matrix.rows, matrix.cols, matrix.data.slice());
  const norms = rowNorms(matrix);
  for (let i = 0; i < out.rows; i++) {
    if (norms[i] === 0) continue;
    const row = matrixRow(out, i);
    for (let j = 0; j < row.length; j++) row[j] /= norms[i];
  }
  return out;
}

/**
 * Adds each row at unit length to `sums` [cols] and returns how many it added: rows of length 0, or without a finite one,
 * are left out. `visit` is called with the number and the length of each that counts.
 */
export function addUnitRows(
  sums: Float64Array,
  matrix: Matrix,
  visit?: (row: number, length: number) => void,
): number {
  let count = 0;
  for (let i = 0; i < matrix.rows; i++) {
    const row = matrixRow(matrix, i);
    const length = Math.sqrt(dot(row, row));
    if (!(length > 0 && length < Infinity)) continue;
    for (let j = 0; j < row.length; j++) sums[j] += row[j] / length;
    visit?.(i, length);
    count++;
  }
  return count;
}
