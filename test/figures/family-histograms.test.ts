import test from "ava";
import { drawFiringRatio } from "../../src/figures/families.js";
import { drawKeptLatents } from "../../src/figures/latents.js";
import { countByPass, drawSubtreesPerPass } from "../../src/figures/families.js";

test("drawFiringRatio leaves infinite ratios out and marks the mean", (t) => {
  const { data, layout } = drawFiringRatio([{ name: "a", values: [1, 3, Infinity] }]);
  t.is(data[0].name, "a (mean 2)");
  t.is((layout.shapes as { x0: number }[])[0].x0, 2);
  t.is((data[0].y as number[]).reduce((sum, y) => sum + y, 0) / 2, 2);
  t.throws(() => drawFiringRatio([]), { message: "drawFiringRatio: expected a series, got none" });
});

test("drawKeptLatents counts all latents and those kept, by log10 or plainly", (t) => {
  const input = { values: [0.1, 0.1, 0.01, 0], kept: [true, false, true, true] };
  const logged = drawKeptLatents(input).data;
  t.deepEqual(
    logged.map(({ name }) => name),
    ["all (3)", "in families (2, 67 %)"],
  );
  t.is((logged[0].x as number[])[0], -2);
  const plain = drawKeptLatents(input, { log: false, keptName: "clean" }).data;
  t.is(plain[1].name, "clean (3, 75 %)");
  t.throws(() => drawKeptLatents({ values: [1], kept: [] }), { instanceOf: RangeError });
});

test("drawSubtreesPerPass shows a bar a pass, and countByPass counts from the first", (t) => {
  const counts = countByPass([{ pass: 0 }, { pass: 2 }, {}, { pass: 0 }]);
  t.deepEqual(counts, [3, 0, 1]);
  const { data } = drawSubtreesPerPass([{ name: "a", counts }]);
  t.deepEqual(
    [data[0].x, data[0].y],
    [
      ["1", "2", "3"],
      [3, 0, 1],
    ],
  );
  t.is(data[0].name, "a (4 families)");
  t.throws(() => drawSubtreesPerPass([]), { instanceOf: RangeError });
});
