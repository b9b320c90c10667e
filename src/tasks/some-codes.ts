import { type Codes, createCodes } from "../core/codes.js";
import { type Random, sampleIndices } from "../core/random.js";

/** Codes in blocks, such as a CodesStore, or those in memory as one block. */
export interface CodesSource extends Pick<Codes, "rows" | "k" | "n"> {
  blocks(): AsyncIterable<Codes> | Iterable<Codes>;
}

/** The codes of `count` random documents of a store, in their order; of all where it has no more. */
export function sampleCodes(store: CodesSource, count: number, random: Random): Promise<Codes> {
  const size = Math.min(count, store.rows);
  return takeCodes(store, sampleIndices(store.rows, size, random).sort());
}

/** The codes of the documents of those numbers, ascending. */
export async function takeCodes(store: CodesSource, chosen: Uint32Array): Promise<Codes> {
  const { k, n } = store;
  const size = chosen.length;
  const indices = new Uint32Array(size * k);
  const values = new Float32Array(size * k);
  let [taken, start] = [0, 0];
  for await (const block of store.blocks()) {
    const end = start + block.rows;
    for (; taken < size && chosen[taken] < end; taken++) {
      const from = (chosen[taken] - start) * k;
      indices.set(block.indices.subarray(from, from + k), taken * k);
      values.set(block.values.subarray(from, from + k), taken * k);
    }
    start = end;
  }
  return createCodes(size, k, n, indices, values);
}
