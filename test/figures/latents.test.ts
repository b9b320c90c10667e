import test from "ava";
import {
  drawActivationHistogram,
  drawDensityHistogram,
  drawCosineScatter,
  drawDimensionMagnitudes,
  drawMagnitudeDecay,
} from "../../src/figures/index.js";

test("drawActivationHistogram counts the documents in bins and leaves out what is not active", (t) => {
  const figure = drawActivationHistogram(
    [{ name: "dog", values: [0, 0.1, 0.15, 0.3, NaN, Infinity] }],
    { binWidth: 0.1 },
  );
  const [trace] = figure.data;
  t.deepEqual(trace.x, [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4]);
  t.deepEqual(trace.y, [0, 2, 2, 0, 0, 1, 1, 0]);
  t.is(trace.name, "dog (3 documents, median 0.15)");
});

test("the default bins are of a round width, 20 to 50 of them over the widest series", (t) => {
  for (const spread of [0.003, 0.06, 1, 7.7, 42, 9000]) {
    const values = Float64Array.from({ length: 101 }, (_, i) => 1 + (spread * i) / 100);
    const x = drawActivationHistogram([{ name: "a", values }]).data[0].x as number[];
    const bins = (x.length - 2) / 2;
    t.true(bins >= 20 && bins <= 52, `${spread}: ${bins} bins`);
  }
});

test("a latent that is never active has a legend and no bins", (t) => {
  const figure = drawActivationHistogram([{ name: "dead", values: [] }]);
  t.deepEqual(figure.data[0].x, []);
  t.is(figure.data[0].name, "dead (active in no document)");
});

test("a latent with one activation is drawn, and hostile names are escaped", (t) => {
  const figure = drawActivationHistogram([{ name: "<b>x", values: [0.5] }]);
  t.is(figure.data[0].name, "&lt;b&gt;x (1 document, median 0.5)");
  t.throws(() => drawActivationHistogram([]), { instanceOf: RangeError });
});

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
