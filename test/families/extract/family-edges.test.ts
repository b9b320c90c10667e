import test from "ava";
import { createCodes } from "../../../src/core/index.js";
import { type LatentPair, computeCoactivation, familyEdges } from "../../../src/families/index.js";

function share({ together, countI, countJ }: LatentPair): number {
  return together / Math.min(countI, countJ);
}

test("familyEdges gives the tree's edges as they are, then the others from denser to rarer", (t) => {
  // Latent 0 is in all six documents, 1 in the first four, 2 in the last four, 3 nowhere.
  const indices = Uint32Array.from([0, 1, 4, 0, 1, 5, 0, 1, 2, 0, 1, 2, 0, 2, 4, 0, 2, 5]);
  const codes = createCodes(6, 3, 6, indices, new Float32Array(18).fill(1));
  const coactivation = computeCoactivation(codes);
  const family = {
    parent: 0,
    members: [
      { latent: 2, depth: 1, parent: 0, weight: 0.5 },
      { latent: 1, depth: 2, parent: 2, weight: 0.25 },
    ],
  };
  const options = { weight: share, threshold: 0.1 };
  const edges = familyEdges(coactivation, family, options);
  t.deepEqual(
    edges.map(({ from, to, tree }) => [from, to, tree]),
    [
      [0, 2, true],
      [2, 1, true],
      [0, 1, false],
    ],
  );
  t.is(edges[1].weight, 0.25);
  t.is(edges[2].weight, 1);
});
