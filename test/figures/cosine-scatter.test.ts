import test from "ava";
import { drawCosineScatter } from "../../src/figures/latents.js";

test("the line is the least-squares one, and what is not finite is left out", (t) => {
  const nearest = [0.1, 0.2, 0.3, NaN];
  const encoderDecoder = [0.5, 0.6, 0.7, 0.9];
  const [points, line] = drawCosineScatter({ nearest, encoderDecoder }).data;
  t.deepEqual(points.customdata, [0, 1, 2]);
  t.is(line.name, "slope 1, correlation 1");
  t.deepEqual(
    [line.x, line.y],
    [
      [0.1, 0.3],
      [0.5, 0.7],
    ],
  );
});

test("another's line goes through its own point", (t) => {
  const input = { nearest: [0.1, 0.3], encoderDecoder: [0.5, 0.5] };
  const reference = { name: "paper", slope: -0.5, through: [0.2, 0.6] } as const;
  const [, , line] = drawCosineScatter(input, { reference }).data;
  t.is(line.name, "paper: slope −0.5");
  t.deepEqual(line.y, [0.65, 0.55]);
  t.throws(() => drawCosineScatter({ nearest: [1], encoderDecoder: [1] }), {
    message: /two latents or more, got 1/,
  });
});
