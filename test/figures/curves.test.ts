import test from "ava";
import {
  drawEncoderDecoderCosine,
  drawLossCurve,
  drawTaxonomyAgreement,
} from "../../src/figures/index.js";

interface Line {
  name?: string;
  x: number[];
  y: (number | null)[];
  yaxis?: string;
}

test("drawEncoderDecoderCosine tells each mean and leaves out what is not finite", (t) => {
  const figure = drawEncoderDecoderCosine([{ name: "k 16", cosines: [0.5, 0.6, NaN] }]);
  t.is(figure.data[0].name, "k 16 (mean 0.55)");
  t.like(figure.layout, { shapes: [{ x0: 0.55 }] });
  t.throws(() => drawEncoderDecoderCosine([]), { instanceOf: RangeError });
});

test("drawTaxonomyAgreement draws the share of latents of at least each F1", (t) => {
  const figure = drawTaxonomyAgreement(
    { edges: [], f1: [0.1, 0.25, 0.25, 0.9], nullF1: [0.1, 0.1] },
    {
      binWidth: 0.1,
    },
  );
  const tail = (figure.data as unknown as Line[]).find(
    ({ name, yaxis }) => name === "this SAE" && yaxis === "y2",
  );
  t.deepEqual(tail?.x, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
  t.deepEqual(tail?.y, [1, 1, 0.75, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25]);
});

test("drawTaxonomyAgreement draws held-out matches and families where they are given", (t) => {
  const input = { edges: [], f1: [0.5], nullF1: [0.1] };
  const names = (more: object): unknown[] =>
    (drawTaxonomyAgreement({ ...input, ...more }).data as unknown as Line[])
      .filter(({ yaxis }) => yaxis === "y2")
      .map(({ name }) => name);
  t.deepEqual(names({}), ["shuffled", "this SAE"]);
  t.deepEqual(names({ heldOutF1: [0.4], familyF1: [0.3] }), [
    "shuffled",
    "held out",
    "families",
    "this SAE",
  ]);
});

test("drawTaxonomyAgreement leaves gaps where no edge can be judged", (t) => {
  const spread = { mean: 0.1, sd: 0.01 };
  const point = { threshold: 0.1, edges: 10, share: 0.5, shuffledNull: spread };
  const none = { threshold: 0.2, edges: 0, share: NaN, shuffledNull: { mean: NaN, sd: NaN } };
  const figure = drawTaxonomyAgreement({
    edges: [
      { ...point, interval: [0.3, 0.7] },
      { ...none, interval: [NaN, NaN] },
    ],
    f1: [],
    nullF1: [],
  });
  const line = (figure.data as unknown as Line[]).find(({ name }) => name === "this SAE");
  t.deepEqual(line?.y, [0.5, null]);
  t.notRegex(JSON.stringify(figure), /NaN/);
});

test("drawLossCurve takes steps together and keeps the ends of their range", (t) => {
  const rows = [4, 2, 1, 1].map((reconstruction, at) => ({
    step: at + 1,
    reconstruction,
    dead: at,
  }));
  const [band, line, dead] = drawLossCurve(rows, { maxPoints: 2 }).data as unknown as Line[];
  t.deepEqual(line.x, [1, 3]);
  t.deepEqual(line.y, [3, 1]);
  t.deepEqual(band.y, [2, 1, 1, 4]);
  t.deepEqual(dead.y, [0.5, 2.5]);
});

test("drawLossCurve uses a log axis for a wide range and does without dead latents", (t) => {
  const wide = drawLossCurve([
    { step: 1, reconstruction: 1 },
    { step: 2, reconstruction: 0.2 },
  ]);
  t.like(wide.layout, { yaxis: { type: "log", ticktext: ["0.2", "0.3", "0.5", "0.7", "1"] } });
  t.false("yaxis2" in wide.layout);
  const narrow = drawLossCurve([{ step: 1, reconstruction: 1, validation: 1.1 }]);
  t.false("type" in (narrow.layout.yaxis as object));
  t.throws(() => drawLossCurve([]), { instanceOf: RangeError });
});
