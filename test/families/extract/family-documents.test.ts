import test from "ava";
import { createCodes, invertCodes } from "../../../src/core/index.js";
import { familyDocuments } from "../../../src/families/index.js";

test("familyDocuments ranks the family's documents and compares those of its latents", (t) => {
  const indices = Uint32Array.of(0, 1, 0, 1, 0, 2, 1, 2);
  const values = Float32Array.of(0.5, 0.25, 1, 0, 0.75, 0.5, 0.5, 0.125);
  const postings = invertCodes(createCodes(4, 2, 3, indices, values));
  const found = familyDocuments([0, 1], postings, { count: 3 });
  // Sums: 0.75, 1, 0.75 and 0.5; equal ones by document.
  t.deepEqual([...found.documents], [1, 0, 2]);
  t.deepEqual([...found.activations.data], [1, 0.5, 0.75, 0, 0.25, 0]);
  t.deepEqual([...found.ranks.data], [1, 3, 2, 0, 2, 0]);
  // Latent 0 has documents 0, 1 and 2, latent 1 has 3 and 0: one of four is shared.
  t.deepEqual([...found.overlap.data], [1, 0.25, 0.25, 1]);
  t.is(familyDocuments([0, 1], postings, { strongest: 1 }).overlap.data[1], 0);
});
