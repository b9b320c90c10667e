import test from "ava";
import { drawMatchHistogram } from "../../src/figures/saes.js";

test("drawMatchHistogram shows shares of latents beside the null and tells how many are recurrent", (t) => {
  const { data, layout } = drawMatchHistogram(
    [
      {
        name: "large in small",
        cosines: [0.95, 0.55, 0.52, 0.1],
        null: { cosines: [0.1, 0.1, 0.15, 0.5], threshold: 0.5 },
      },
      { name: "small in large", cosines: [NaN], null: { cosines: [0.5], threshold: 0.5 } },
    ],
    { binWidth: 0.1 },
  );
  const [chance, own] = data as { x: number[]; y: number[]; xaxis: string }[];
  t.is(Math.max(...chance.y), 0.75);
  t.is(own.y.reduce((sum, share) => sum + share, 0) / 2, 1);
  t.is(data[2].xaxis, "x2");
  t.deepEqual(
    data.map(({ showlegend }) => showlegend),
    [true, true, false, false],
  );
  t.is((layout.shapes as { x0: number }[])[0].x0, 0.5);
  const texts = (layout.annotations as { text: string }[]).map(({ text }) =>
    text.replace(/<[^>]*>/g, ""),
  );
  t.deepEqual(texts, ["large in small  75 % recurrent", "small in large  none recurrent"]);
});

test("drawMatchHistogram refuses no series", (t) => {
  t.throws(() => drawMatchHistogram([]), { instanceOf: RangeError });
});
