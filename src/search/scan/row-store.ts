import { readNpyHeader } from "../../files/numpy/npy-header.js";
import { streamNpyRows } from "../../files/numpy/npy.js";
import { openSource } from "../../files/bytes/source.js";
import { type Matrix, createMatrix, matrixRows } from "../../core/matrix.js";

/** Rows in memory or in a file that are read where they are needed. */
export interface RowStore {
  readonly rows: number;
  readonly cols: number;
  /** Rows `start` to `end` (exclusive), at least one. */
  read(start: number, end: number): Promise<Matrix>;
  close(): Promise<void>;
}

/** Opens a Matrix or a .npy file. Throws FormatError for a file that holds no matrix. */
export async function openRows(base: Matrix | string): Promise<RowStore> {
  if (typeof base !== "string") {
    const { rows, cols } = base;
    const read = (start: number, end: number): Promise<Matrix> =>
      Promise.resolve(matrixRows(base, start, end));
    return { rows, cols, read, close: () => Promise.resolve() };
  }
  const source = await openSource(base);
  try {
    const { shape, dtype, bigEndian, fortran, dataOffset } = await readNpyHeader(source);
    // Reads nothing, but refuses what is no matrix.
    await streamNpyRows(source, { start: 0, end: 0 }).next();
    const [rows, cols] = shape;
    const asStored = dtype === "f4" && !bigEndian && !fortran;
    return {
      rows,
      cols,
      async read(start, end) {
        if (asStored) {
          const block = createMatrix(end - start, cols);
          await source.readInto(new Uint8Array(block.data.buffer), dataOffset + 4 * start * cols);
          return block;
        }
        const rowsPerBlock = end - start;
        for await (const { block } of streamNpyRows(source, { start, end, rowsPerBlock })) {
          return block;
        }
        throw new RangeError(`${base}: no rows ${start} to ${end}`);
      },
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}
