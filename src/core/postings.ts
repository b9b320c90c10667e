import { grown } from "./collections.js";
import type { Postings } from "./codes.js";

/** Takes postings latent by latent, where how many there will be is not known beforehand. */
export interface PostingsList {
  /** Adds a document of the current latent; call in ascending order of documents. */
  put(row: number, value: number): void;
  /** Ends the current latent; later ones belong to the next. */
  endLatent(): void;
  finish(): Postings;
}

/** An empty list for latents of `documents` documents. It takes 8 bytes per posting: arrays of numbers would take 16 or more. */
export function createPostingsList(documents: number): PostingsList {
  const offsets = [0];
  let rows = new Uint32Array(1024);
  let values = new Float32Array(1024);
  let size = 0;
  return {
    put(row, value) {
      if (size === rows.length) {
        rows = grown(rows, 2 * size);
        values = grown(values, 2 * size);
      }
      rows[size] = row;
      values[size++] = value;
    },
    endLatent() {
      offsets.push(size);
    },
    finish: () => ({
      n: offsets.length - 1,
      documents,
      offsets: Uint32Array.from(offsets),
      rows: rows.slice(0, size),
      values: values.slice(0, size),
    }),
  };
}

/** The documents in which `latent` is active, ascending, and its activation in each: views, not copies. */
export function postingsOf(
  { offsets, rows, values }: Postings,
  latent: number,
): { rows: Uint32Array; values: Float32Array } {
  const [start, end] = [offsets[latent], offsets[latent + 1]];
  return { rows: rows.subarray(start, end), values: values.subarray(start, end) };
}

/** Number of documents in which any of these latents has an activation above 0. */
export function countDocuments(
  { documents, offsets, rows, values }: Postings,
  latents: readonly number[],
): number {
  // A bit per document stays in the processor's cache, where a list of documents would not.
  const words = new Int32Array(Math.ceil(documents / 32));
  for (const latent of latents) {
    for (let i = offsets[latent]; i < offsets[latent + 1]; i++) {
      if (values[i] > 0) words[rows[i] >>> 5] |= 1 << (rows[i] & 31);
    }
  }
  let count = 0;
  for (let i = 0; i < words.length; i++) {
    for (let word = words[i]; word !== 0; word &= word - 1) count++;
  }
  return count;
}

/** Number of documents in which `latent` is active. */
export function postingCount({ offsets }: Pick<Postings, "offsets">, latent: number): number {
  return offsets[latent + 1] - offsets[latent];
}

/** The members of list `at` where list i is `members[offsets[i]]` up to `members[offsets[i + 1] - 1]`: a view. */
export function membersOf(
  { offsets, members }: { offsets: ArrayLike<number>; members: Uint32Array },
  at: number,
): Uint32Array {
  return members.subarray(offsets[at], offsets[at + 1]);
}
