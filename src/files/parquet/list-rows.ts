import type { ColumnMetaData, DecodedArray } from "hyparquet";
import type { ByteSource } from "../bytes/source.js";
import { type Leaf, decodeDictionary, decodePage, openChunk, readHeader } from "./page-stream.js";

/** Rows of a chunk of number lists of equal length. */
export interface WantedRows {
  /** Numbers of the rows in the row group, ascending. */
  rows: readonly number[];
  /** Numbers in each list. */
  width: number;
}

/**
 * Some rows of a chunk of number lists, written to `out` [rows, width]. Of the other pages only the headers are read. Throws Error
 * where the chunk has not `width` numbers in each row.
 */
export async function readListRows(
  source: ByteSource,
  chunk: ColumnMetaData,
  leaf: Leaf,
  { rows, width }: WantedRows,
  out: Float32Array,
): Promise<void> {
  let at = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
  const end = at + Number(chunk.total_compressed_size);
  const decoder = await openChunk(chunk, leaf);
  let dictionary: DecodedArray | undefined;
  let from = 0;
  for (let next = 0; next < rows.length;) {
    const first = at;
    const { header, length } = await readHeader(
      (size) => source.read(first, first + size),
      end - at,
    );
    const content = at + length;
    at = content + header.compressed_page_size;
    if (!(header.compressed_page_size >= 0 && at <= end)) {
      throw new Error("a page is longer than its column");
    }
    const bytes = async (): Promise<Uint8Array> => {
      const own = new Uint8Array(header.compressed_page_size);
      await source.readInto(own, content);
      return own;
    };
    if (header.type === "DICTIONARY_PAGE") {
      dictionary = decodeDictionary(header, await bytes(), decoder);
      continue;
    }
    const count = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
    const left = Number(chunk.num_values) - from;
    if (!(count >= 0 && count <= left)) throw new Error(`a page claims ${count} values`);
    const to = from + count;
    if (to > rows[next] * width) {
      const page = decodePage(header, await bytes(), decoder, { dictionary, left });
      const { repetitions, definitions, values } = page;
      while (next < rows.length && rows[next] * width < to) {
        const start = rows[next] * width;
        const last = Math.min(to, start + width);
        for (let place = Math.max(from, start); place < last; place++) {
          const isWhole = (repetitions?.[place - from] === 0) === (place === start);
          if (definitions !== undefined || !isWhole) {
            throw new Error(`a list that does not have ${width} numbers`);
          }
          out[next * width + place - start] = Number(values[place - from]);
        }
        if (last < start + width) break;
        next++;
      }
    }
    from = to;
  }
}
