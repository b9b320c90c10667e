import { createAtomicFile, writeFileAtomic } from "../atomic-file.js";
import {
  type NpyContent,
  type NpyWriteDtype,
  encodeHeader,
  encodeNpy,
  encodeValues,
} from "./npy-encode.js";

/** Writes a matrix of unknown height row by row. Exactly one of `finish` and `abort` ends it. */
export interface NpyWriter {
  /** Adds whole rows [m, cols]. Throws RangeError for a part of a row or an i4 value that does not fit. */
  append(rows: Float32Array | Int32Array | Uint32Array): Promise<void>;
  /** Completes the file under its name and gives the number of rows. */
  finish(): Promise<number>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

/** Writes an array to an .npy file; the file appears only when it is complete. Throws as `encodeNpy` does. */
export async function writeNpy(path: string, content: NpyContent): Promise<void> {
  await writeFileAtomic(path, encodeNpy(content));
}

/** Opens an .npy file of `cols` columns to which rows are appended; it appears under `path` at `finish`. */
export async function createNpyWriter(
  path: string,
  { dtype, cols }: { dtype: NpyWriteDtype; cols: number },
): Promise<NpyWriter> {
  if (!Number.isInteger(cols) || cols < 1) {
    throw new RangeError(`npy: cols must be an integer above 0, got ${cols}`);
  }
  const file = await createAtomicFile(path);
  await file.write(encodeHeader(dtype, [0, cols]));
  let rows = 0;
  return {
    async append(values) {
      if (values.length % cols !== 0) {
        throw new RangeError(`npy: rows of ${cols} values expected, got ${values.length} values`);
      }
      const bytes = encodeValues(values, dtype);
      rows += values.length / cols;
      await file.write(bytes);
    },
    async finish() {
      try {
        const header = encodeHeader(dtype, [rows, cols]);
        await file.writeAt(header, 0);
      } catch (error) {
        await file.abort();
        throw error;
      }
      await file.commit();
      return rows;
    },
    abort: () => file.abort(),
  };
}
