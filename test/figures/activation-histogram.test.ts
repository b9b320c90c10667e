import test from "ava";
import { drawActivationHistogram } from "../../src/figures/latents.js";

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
