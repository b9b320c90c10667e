import test from "ava";
import { layOutGraph } from "../../src/figures/drawing/index.js";

test("layOutGraph gives a path its lengths, the same each time", (t) => {
  const path = [
    [0, 1],
    [1, 2],
  ] as const;
  const [a, b, c] = layOutGraph(3, path);
  const far = (p: { x: number; y: number }, q: { x: number; y: number }) =>
    Math.hypot(p.x - q.x, p.y - q.y);
  for (const [got, wanted] of [
    [far(a, b), 1],
    [far(b, c), 1],
    [far(a, c), 2],
  ]) {
    t.true(Math.abs(got - wanted) < 0.01, `${got} against ${wanted}`);
  }
  t.deepEqual(layOutGraph(3, path), [a, b, c]);
});

test("layOutGraph sets parts apart that no edge joins, and takes one node or none", (t) => {
  const [a, b, c] = layOutGraph(3, [[0, 1]]);
  t.true(Math.hypot(a.x - c.x, a.y - c.y) > 2 * Math.hypot(a.x - b.x, a.y - b.y));
  t.is(layOutGraph(1, []).length, 1);
  t.deepEqual(layOutGraph(0, []), []);
});
