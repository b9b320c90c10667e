import { type Matrix, matrixRows, takeRows } from "../../core/matrix.js";
import { type MatrixFile, type RowStore, openMatrix } from "../../files/matrix.js";

export type { RowStore } from "../../files/matrix.js";

/** Whether rows are in memory. */
export function isMatrix(base: Matrix | MatrixFile): base is Matrix {
  return typeof base !== "string" && "data" in base;
}

/** Opens a Matrix or a file of one, as openMatrix does. Throws FormatError for a file that holds no matrix. */
export async function openRows(
  base: Matrix | MatrixFile,
  options: { mostDecoded?: number } = {},
): Promise<RowStore> {
  if (!isMatrix(base)) return openMatrix(base, options);
  const { rows, cols } = base;
  const read = (start: number, end: number): Promise<Matrix> =>
    Promise.resolve(matrixRows(base, start, end));
  const readRows: RowStore["readRows"] = (some) => Promise.resolve(takeRows(base, some));
  return { rows, cols, read, readRows, close: () => Promise.resolve() };
}
