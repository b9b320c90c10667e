import test from "ava";
import { sampleOverDensities } from "../../src/labels/llm/index.js";

test("a sample takes the middle of equal segments of the densities, in the order given", (t) => {
  // Latents 0 to 5 are active in 6, 1, 5, 2, 4 and 3 documents.
  const offsets = Uint32Array.from([0, 6, 7, 12, 14, 18, 21]);
  const all = [0, 1, 2, 3, 4, 5];
  // By density 1 3 | 5 4 | 2 0, of which the second of each.
  t.deepEqual(sampleOverDensities({ offsets }, all, 3), [0, 3, 4]);
  t.deepEqual(sampleOverDensities({ offsets }, all, 1), [4]);
  t.deepEqual(sampleOverDensities({ offsets }, [4, 0, 1], 3), [4, 0, 1]);
  t.deepEqual(sampleOverDensities({ offsets }, [4, 0, 1], 9), [4, 0, 1]);
  t.deepEqual(sampleOverDensities({ offsets }, [4, 0, 1], 2), [0, 1]);
});
