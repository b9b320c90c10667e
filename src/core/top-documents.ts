import { type Codes, type Postings } from "./codes.js";
import { createPostingsList, postingsOf } from "./postings.js";

/**
 * Keeps, for each latent, the documents in which it is strongest and above 0, ties by lower document. Which are kept does not depend
 * on the order in which codes come, nor on how they are split.
 */
export interface TopDocuments {
  /** Takes codes whose row 0 is document `start`. */
  addCodes(codes: Codes, start: number): void;
  /** Takes what was kept of other documents. */
  addPostings(postings: Postings): void;
  /** What is kept, documents ascending, as postings of `documents` documents. */
  finish(documents: number): Postings;
}

/** Room for `count` documents of each of `n` latents, in 8 bytes each. */
export function createTopDocuments(n: number, count: number): TopDocuments {
  const sizes = new Uint32Array(n);
  const rows = new Uint32Array(n * count);
  const values = new Float32Array(n * count);
  /** Each latent's places form a heap with the weakest at the top. */
  const isWeaker = (a: number, b: number): boolean =>
    values[a] < values[b] || (values[a] === values[b] && rows[a] > rows[b]);
  const swap = (a: number, b: number): void => {
    [rows[a], rows[b]] = [rows[b], rows[a]];
    [values[a], values[b]] = [values[b], values[a]];
  };

  function sink(first: number): void {
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      if (left >= count) return;
      const down = right < count && isWeaker(first + right, first + left) ? right : left;
      if (!isWeaker(first + down, first + at)) return;
      swap(first + down, first + at);
      at = down;
    }
  }

  function rise(first: number, from: number): void {
    for (let at = from, up; at > 0; at = up) {
      up = (at - 1) >> 1;
      if (!isWeaker(first + at, first + up)) return;
      swap(first + at, first + up);
    }
  }

  function put(latent: number, row: number, value: number): void {
    if (!(value > 0)) return;
    const first = latent * count;
    const size = sizes[latent];
    if (size < count) {
      rows[first + size] = row;
      values[first + size] = value;
      sizes[latent]++;
      rise(first, size);
    } else if (value > values[first] || (value === values[first] && row < rows[first])) {
      rows[first] = row;
      values[first] = value;
      sink(first);
    }
  }
  return {
    addCodes({ indices, values: strengths, k }, start) {
      for (let at = 0; at < indices.length; at++) {
        put(indices[at], start + Math.floor(at / k), strengths[at]);
      }
    },
    addPostings(postings) {
      for (let latent = 0; latent < n; latent++) {
        const found = postingsOf(postings, latent);
        found.rows.forEach((row, at) => put(latent, row, found.values[at]));
      }
    },
    finish(documents) {
      const list = createPostingsList(documents);
      for (let latent = 0; latent < n; latent++) {
        const first = latent * count;
        const order = Array.from({ length: sizes[latent] }, (_, at) => first + at);
        for (const at of order.sort((a, b) => rows[a] - rows[b])) list.put(rows[at], values[at]);
        list.endLatent();
      }
      return list.finish();
    },
  };
}
