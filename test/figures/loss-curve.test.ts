import test from "ava";
import { lossCurve } from "../../src/figures/index.js";

interface Line {
  x: number[];
  y: (number | null)[];
}

test("lossCurve takes steps together and keeps the ends of their range", (t) => {
  const rows = [4, 2, 1, 1].map((reconstruction, at) => ({
    step: at + 1,
    reconstruction,
    dead: at,
  }));
  const [band, line, dead] = lossCurve(rows, { maxPoints: 2 }).data as unknown as Line[];
  t.deepEqual(line.x, [1, 3]);
  t.deepEqual(line.y, [3, 1]);
  t.deepEqual(band.y, [2, 1, 1, 4]);
  t.deepEqual(dead.y, [0.5, 2.5]);
});

test("lossCurve uses a log axis for a wide range and does without dead latents", (t) => {
  const wide = lossCurve([
    { step: 1, reconstruction: 1 },
    { step: 2, reconstruction: 0.2 },
  ]);
  t.like(wide.layout, { yaxis: { type: "log", ticktext: ["0.2", "0.3", "0.5", "0.7", "1"] } });
  t.false("yaxis2" in wide.layout);
  const narrow = lossCurve([{ step: 1, reconstruction: 1, validation: 1.1 }]);
  t.false("type" in (narrow.layout.yaxis as object));
  t.throws(() => lossCurve([]), { instanceOf: RangeError });
});
