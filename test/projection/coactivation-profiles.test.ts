import test from "ava";
import { createCodes } from "../../src/core/index.js";
import { computeCoactivation } from "../../src/families/index.js";
import { coactivationProfiles, cosineNeighbours } from "../../src/projection/index.js";
import { plainEngine } from "../support/projection.js";

test("coactivationProfiles are D without its diagonal, symmetric", async (t) => {
  // latents 0 and 1 are never active together, but both with 2; 3 and 4 only with each other
  const codes = createCodes(
    5,
    2,
    6,
    Uint32Array.of(0, 2, 1, 2, 0, 2, 3, 4, 3, 4),
    Float32Array.of(1, 2, 1, 2, 1, 1, 1, 1, 1, 2),
  );
  const profiles = coactivationProfiles(computeCoactivation(codes));
  const at = (i: number, j: number): number => profiles.data[i * 6 + j];
  t.true(Math.abs(at(0, 2) - 3 / (Math.SQRT2 * 3)) < 1e-6);
  t.true(Math.abs(at(1, 2) - 2 / 3) < 1e-6);
  for (let i = 0; i < 6; i++) {
    t.is(at(i, i), 0);
    for (let j = 0; j < 6; j++) t.is(at(i, j), at(j, i));
  }
  const { indices, scores } = await cosineNeighbours(profiles, 1, plainEngine);
  t.deepEqual([indices[0], indices[1]], [1, 0], "the same partners make them neighbours");
  t.true(Math.abs(scores[0] - 1) < 1e-6);
});
