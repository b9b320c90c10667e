import test from "ava";
import { drawDimensionMagnitudes, drawMagnitudeDecay } from "../../src/figures/latents.js";

test("drawMagnitudeDecay shows magnitudes by rank, the average dashed and k dotted", (t) => {
  const series = [{ name: "a", values: [3, 2, 1], smooth: [2.5, 2, 1.5], mark: 2 }];
  const { data, layout } = drawMagnitudeDecay(series);
  t.deepEqual(
    data.slice(0, 2).map(({ x, y }) => [x, y]),
    [
      [
        [1, 2, 3],
        [3, 2, 1],
      ],
      [
        [1, 2, 3],
        [2.5, 2, 1.5],
      ],
    ],
  );
  t.deepEqual(
    data.slice(2).map(({ name }) => name),
    ["moving average", "k"],
    "what the legend says of the other two lines",
  );
  t.is((data[1].line as { dash: string }).dash, "dash");
  t.is((layout.shapes as { x0: number }[])[0].x0, 2);
  t.throws(() => drawMagnitudeDecay([]), { message: /drawMagnitudeDecay: expected a series/ });
});

test("drawDimensionMagnitudes sorts the dimensions and leaves what was given alone", (t) => {
  const values = Float64Array.of(1, 3, 2);
  const { data } = drawDimensionMagnitudes([{ name: "a", values }]);
  t.deepEqual(data[0].y, [3, 2, 1]);
  t.deepEqual([...values], [1, 3, 2]);
});
