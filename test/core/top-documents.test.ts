import test from "ava";
import { createTopDocuments, invertCodes, postingsOf, topDocuments } from "../../src/core/index.js";
import { unevenCodes } from "../support/embeddings.js";

test("the strongest documents are those of all codes, however these are split and in whatever order they come", (t) => {
  const codes = unevenCodes(900, 5, 60, 2);
  // Ties, and values that do not count.
  const values = codes.values.map((value) => Math.round(value * 8) / 8);
  const all = { ...codes, values };
  const postings = invertCodes(all);
  const part = (from: number, to: number): typeof all => ({
    ...all,
    rows: to - from,
    indices: all.indices.subarray(from * 5, to * 5),
    values: values.subarray(from * 5, to * 5),
  });
  const whole = createTopDocuments(60, 7);
  whole.addCodes(all, 0);
  const found = whole.finish(900);
  for (let latent = 0; latent < 60; latent++) {
    const expected = topDocuments(postings, latent, 7).filter(({ value }) => value > 0);
    const { rows, values: strengths } = postingsOf(found, latent);
    t.deepEqual(
      Array.from(rows, (document, at) => ({ document, value: strengths[at] })),
      expected.sort((a, b) => a.document - b.document),
    );
  }
  for (const cuts of [
    [0, 900],
    [0, 1, 450, 899, 900],
    [0, 300, 310, 900],
  ]) {
    const merged = createTopDocuments(60, 7);
    for (let i = cuts.length - 1; i > 0; i--) {
      const some = createTopDocuments(60, 7);
      some.addCodes(part(cuts[i - 1], cuts[i]), cuts[i - 1]);
      merged.addPostings(some.finish(900));
    }
    t.deepEqual(merged.finish(900), found);
  }
});
