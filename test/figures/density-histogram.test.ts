import test from "ava";
import { drawDensityHistogram } from "../../src/figures/latents.js";

test("drawDensityHistogram bins log10 density, counts dead latents apart and marks the median", (t) => {
  const figure = drawDensityHistogram([
    { name: "a", densities: [0.1, 0.1, 0.01, 0, 1] },
    { name: "b", densities: Float32Array.of(0, 0), colour: "#112233" },
  ]);
  t.is(figure.name, "density-histogram");
  t.is(figure.data.length, 2);
  t.is(figure.data[0].name, "a (median −1, 1 dead)");
  t.is(figure.data[1].name, "b (no live latent, 2 dead)");
  const { x, y } = figure.data[0] as { x: number[]; y: number[] };
  t.is(x[0], -2);
  t.is(x[x.length - 1], 0.1);
  t.is(y.reduce((sum, v) => sum + v, 0) / 2, 4);
  const shapes = figure.layout.shapes as { x0: number }[];
  t.deepEqual(
    shapes.map((shape) => shape.x0),
    [-1],
  );
});

test("drawDensityHistogram refuses no series and densities that are no shares", (t) => {
  t.throws(() => drawDensityHistogram([]), { instanceOf: RangeError });
  t.throws(() => drawDensityHistogram([{ name: "a", densities: [0.5, 1.5] }]), {
    message: "drawDensityHistogram: a density must be from 0 to 1, got 1.5 at 1",
  });
});
