import test from "ava";
import { drawFamilyDocuments } from "../../src/figures/family-matrices.js";
import { createMatrix } from "../../src/core/index.js";

const labels = ["a", "b"];
const values = createMatrix(2, 3, Float32Array.of(1, 10, 0, 0, 100, 2));

test("drawFamilyDocuments shows ranks by their logarithm, the first darkest, and gaps as gaps", (t) => {
  const figure = drawFamilyDocuments({ name: "f", kind: "ranks", values, labels });
  const [trace] = figure.data;
  t.is(figure.name, "family-ranks");
  t.deepEqual(trace.z, [
    [0, 1, null],
    [null, 2, 0.301],
  ]);
  t.true(trace.reversescale);
  t.is(trace.zmax, 2);
});

test("drawFamilyDocuments takes the scale of an overlap from what is off the diagonal", (t) => {
  const overlap = createMatrix(2, 2, Float32Array.of(1, 0.3, 0.3, 1));
  const [trace] = drawFamilyDocuments({ name: "f", kind: "overlap", values: overlap, labels }).data;
  t.is(trace.zmax, 0.5);
});

test("drawFamilyDocuments refuses labels and titles that do not fit", (t) => {
  const input = { name: "f", kind: "activations" as const, values, labels };
  t.throws(() => drawFamilyDocuments({ ...input, labels: ["a"] }), { message: /got 1 and 3/ });
  t.throws(() => drawFamilyDocuments({ ...input, titles: ["x"] }), { message: /got 2 and 1/ });
  t.throws(() => drawFamilyDocuments({ ...input, kind: "overlap" }), { instanceOf: RangeError });
});
