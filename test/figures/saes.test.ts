import test from "ava";
import {
  drawMatchHistogram,
  drawSplittingTree,
  drawSaeHistograms,
} from "../../src/figures/index.js";

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

const saes = ["n 1", "n 2", "n 3"];
const leaf = (label: string) => ({ label });
const root = {
  label: "dog",
  children: [
    { label: "hound", children: [leaf("beagle"), { label: "basset", direct: false }] },
    { label: "poodle" },
  ],
};

test("drawSplittingTree puts each SAE in a column and each parent at the middle of its children", (t) => {
  const [lines, points] = drawSplittingTree({ saes, roots: [root] }).data as {
    x: number[];
    y: number[];
    text: string[];
    marker: { symbol: string[] };
  }[];
  const names = points.text.map((text) => text.replace(/<[^>]*>|\u2002/g, ""));
  t.deepEqual(names, ["dog", "hound", "beagle", "basset", "poodle"]);
  // Leaves in rows 0, 1 and 2; hound at 0.5, dog between hound and poodle.
  t.deepEqual(points.y, [1.25, 0.5, 0, 1, 2]);
  const [dog, hound, beagle, basset, poodle] = points.x;
  t.true(dog < hound && hound < beagle);
  t.deepEqual([poodle, basset], [hound, beagle]);
  t.deepEqual(points.marker.symbol, ["circle", "circle", "circle", "circle-open", "circle"]);
  t.is(lines.x.filter((x) => x === null).length, 4);
});

test("drawSplittingTree tells of hollow points only where there are some", (t) => {
  const notes = (roots: (typeof root)[]) =>
    (drawSplittingTree({ saes, roots }).layout.annotations as unknown[]).length;
  t.is(notes([root]), 4);
  t.is(notes([{ label: "cat", children: [] }]), 3);
});

test("drawSplittingTree leaves out roots for which there is no room", (t) => {
  const roots = [root, { label: "cat" }, root];
  const [, points] = drawSplittingTree({ saes, roots }, { maxRows: 5 }).data;
  t.is((points.text as string[]).length, 6);
  const [, cut] = drawSplittingTree({ saes, roots: [root] }, { maxRows: 2 }).data;
  t.is((cut.text as string[]).length, 4);
});

test("drawSplittingTree refuses no roots and trees deeper than the SAEs", (t) => {
  t.throws(() => drawSplittingTree({ saes, roots: [] }), { message: /expected a root/ });
  t.throws(() => drawSplittingTree({ saes: ["n 1", "n 2"], roots: [root] }), {
    message: /at most 2 columns, "beagle" is deeper/,
  });
});

const named = { defaultName: "some-panels", defaultTitle: "Some panels" };
const base = {
  xTitle: "cosine",
  binWidth: 0.5,
  mark: "mean",
} as const;

interface Shape {
  x0: number;
  xref: string;
  line: { dash: string };
}

test("each series has its mean as a solid line and the reference as a dashed one", (t) => {
  const series = [{ name: "ours", values: [0, 0.5, 1], reference: 0.9 }];
  const figure = drawSaeHistograms({ ...base, panels: [{ title: "all", series }] }, named);
  t.deepEqual(
    (figure.layout.shapes as Shape[]).map(({ x0, xref, line }) => [x0, xref, line.dash]),
    [
      [0.5, "x", "solid"],
      [0.9, "x", "dash"],
    ],
  );
  const texts = (figure.layout.annotations as { text: string }[]).map(({ text }) => text);
  t.deepEqual(texts, ["cosine", "all", "ours, mean 0.50, paper 0.90"]);
});

test("as densities the bins of every series have an area of 1", (t) => {
  const series = [{ name: "a", values: [0, 0, 0, 0.6] }];
  const panels = [{ title: "all", series }];
  const [trace] = drawSaeHistograms({ ...base, scale: "density", panels }, named).data;
  // Two points a bin between those at 0: heights 1.5 and 0.5, each 0.5 wide.
  t.deepEqual(trace.y, [0, 1.5, 1.5, 0.5, 0.5, 0]);
});

test("panels share an x axis, stand side by side where there is room, and none may be empty", (t) => {
  const panels = [0, 1, 2].map((at) => ({
    title: `panel ${at}`,
    series: [{ name: "a", values: [at] }],
  }));
  const wide = drawSaeHistograms({ ...base, panels }, { ...named, size: "page" });
  const narrow = drawSaeHistograms({ ...base, panels }, { ...named, size: "column" });
  const domain = (figure: typeof wide, axis: string) =>
    (figure.layout[axis] as { domain: number[] }).domain;
  t.not(domain(wide, "xaxis")[0], domain(wide, "xaxis2")[0]);
  t.deepEqual(domain(narrow, "xaxis"), domain(narrow, "xaxis2"));
  t.true(narrow.height > narrow.width);
  const ranges = ["xaxis", "xaxis2", "xaxis3"].map(
    (axis) => (wide.layout[axis] as { range: number[] }).range,
  );
  t.deepEqual(ranges[0], ranges[2]);
  t.throws(() => drawSaeHistograms({ ...base, panels: [] }, named), { instanceOf: RangeError });
  t.throws(() => drawSaeHistograms({ ...base, panels: [{ title: "", series: [] }] }, named), {
    message: /some-panels: expected panels/,
  });
});
