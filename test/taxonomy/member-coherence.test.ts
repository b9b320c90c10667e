import test from "ava";
import { createCodes, invertCodes } from "../../src/core/index.js";
import { buildClassIndex, memberCoherence } from "../../src/taxonomy/index.js";

test("memberCoherence takes the class of the documents that two latents share", (t) => {
  // Documents 0 to 3 are dogs, 4 to 7 cats; latents 0 and 1 go together on dogs, latent 2 is on everywhere else.
  const active = [
    [0, 1],
    [0, 1],
    [0, 1],
    [0, 2],
    [0, 2],
    [2, 3],
    [2, 3],
    [2, 3],
  ];
  const indices = Uint32Array.from(active.flat());
  const codes = createCodes(8, 2, 5, indices, new Float32Array(16).fill(1));
  const classes = active.map((_, i) => [i < 4 ? "dog" : "cat"]);
  const index = buildClassIndex(classes, { minSize: 2 });
  const found = memberCoherence([0, 1, 4], invertCodes(codes), index);
  t.is(found.classId, "dog");
  // Three of the four dogs, nothing else: F1 = 2·3 / (3 + 4).
  t.true(Math.abs(found.f1 - 6 / 7) < 1e-12);
  t.deepEqual(found.shares, [0.8, 1, NaN]);
});
