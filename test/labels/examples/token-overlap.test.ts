import test from "ava";
import { createCodes, invertCodes } from "../../../src/core/index.js";
import { indexWords } from "../../../src/words/index.js";
import { tokenOverlap } from "../../../src/labels/index.js";

test("tokenOverlap counts a label's words in its strongest documents, ignoring case and number", (t) => {
  const texts = ["A dog barks", "Dogs and cats", "The cat sleeps", "a tree"];
  const index = indexWords(texts, { minDocuments: 1 });
  const indices = Uint32Array.of(0, 0, 0, 1);
  const values = Float32Array.of(3, 2, 1, 1);
  const postings = invertCodes(createCodes(4, 1, 2, indices, values));
  const overlapOf = (label: string, documents?: number): number | undefined =>
    tokenOverlap([{ id: 0, text: label }], postings, index, { documents })[0]?.overlap;
  t.is(overlapOf("Dogs"), 2 / 3);
  t.is(overlapOf("dog, cats"), 2 / 3);
  t.is(overlapOf("dog", 2), 1);
  t.is(overlapOf("tree"), 0);
  // Words that no document holds say nothing.
  t.is(overlapOf("the zebra"), undefined);
  t.deepEqual(tokenOverlap([{ id: 1, text: "tree" }], postings, index), [
    { latent: 1, overlap: 1 },
  ]);
});
