import { FormatError } from "../../core/errors.js";
import { type Matrix, createMatrix } from "../../core/matrix.js";

/** Memory for rows that a file claims: the system gives it as they are written. Throws FormatError, naming the file, where it has not as much. */
export function allocateRows(name: string, rows: number, cols: number): Matrix {
  try {
    return createMatrix(rows, cols);
  } catch (cause) {
    const problem = `${rows} rows of ${cols} numbers do not fit into memory at once`;
    throw new FormatError(name, problem, { cause });
  }
}
