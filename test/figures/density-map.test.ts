import test from "ava";
import { drawDensityMap } from "../../src/figures/latent-map.js";

test("live latents are coloured by log10 of their density, dead ones left out", (t) => {
  const input = {
    x: [0, 1, 2],
    y: [0, 1, 2],
    labels: ["a", "b", "c"],
    densities: [0.1, 0, 0.001],
  };
  const [trace, ...more] = drawDensityMap(input, { size: "column" }).data;
  t.is(more.length, 0);
  t.deepEqual(trace.x, [0, 2]);
  t.like(trace, { marker: { color: [-1, -3], cmax: -1 } });
});
