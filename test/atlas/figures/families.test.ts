import test from "ava";
import { drawFigure } from "../../support/draw-figure.js";

test("firing-ratio leaves infinite ratios out and marks the mean", (t) => {
  const { data, layout } = drawFigure("firing-ratio", [{ name: "a", values: [1, 3, Infinity] }]);
  t.is(data[0].name, "a (mean 2, 1 undefined)");
  t.is((layout.shapes as { x0: number }[])[0].x0, 2);
  t.is((data[0].y as number[]).reduce((sum, y) => sum + y, 0) / 2, 2);
  t.throws(() => drawFigure("firing-ratio", []), { instanceOf: RangeError });
});

test("family-sizes shows every family, however large, with the paper's beside", (t) => {
  const [own, theirs] = drawFigure("family-sizes", [3, 4, 4, 30], { paper: true }).data;
  t.deepEqual(
    [own.x, own.y],
    [
      [3, 4, 30],
      [1, 0.75, 0.25],
    ],
  );
  t.is((theirs.y as number[])[0], 1);
  t.is((theirs.x as number[]).at(-1), 473);
});

test("kept-latents counts all live latents and those kept, by log10", (t) => {
  const input = { densities: [0.1, 0.1, 0.01, 0], kept: new Set([0, 2, 3]) };
  const { data } = drawFigure("kept-latents", input);
  t.deepEqual(
    data.map(({ name }) => name),
    ["all (3)", "in families (2, 67 %)"],
  );
  t.is((data[0].x as number[])[0], -2);
});

test("subtrees-per-pass shows a bar per pass", (t) => {
  const { data } = drawFigure("subtrees-per-pass", [{ name: "a", values: [3, 0, 1] }]);
  t.deepEqual(
    [data[0].x, data[0].y],
    [
      ["1", "2", "3"],
      [3, 0, 1],
    ],
  );
  t.is(data[0].name, "a (4 families)");
  t.throws(() => drawFigure("subtrees-per-pass", []), { instanceOf: RangeError });
});

test("family-components colours the largest members' documents and greys the others", (t) => {
  const strongest = [0, 0, 1, 1, 2, 2, 3, 3, 4, 5];
  const input = {
    name: "f",
    labels: ["a", "b", "c", "d", "e", "f"],
    strongest,
    own: {
      explained: [0.6, 0.3],
      scores: { rows: 10, cols: 2, data: strongest.flatMap((x) => [x, 0]) },
    },
    random: [0.5, 0.2],
  };
  const { data, layout } = drawFigure("family-components", input);
  t.deepEqual(
    data.map(({ name, x }) => [name, x]),
    [
      ["this family", [1, 2]],
      ["random documents", [1, 2]],
      ["a", [0, 0]],
      ["b", [1, 1]],
      ["c", [2, 2]],
      ["d", [3, 3]],
      ["other members", [4, 5]],
    ],
  );
  t.is((layout.xaxis2 as { title: { text: string } }).title.text, "component 1 (60 %)");
});

interface Line {
  name?: string;
  x: number[];
  y: (number | null)[];
  yaxis?: string;
}

test("taxonomy-agreement draws the share of latents of at least each F1", (t) => {
  const figure = drawFigure("taxonomy-agreement", {
    ...{ edges: [], f1: [0.1, 0.25, 0.25, 0.9], nullF1: [0.1, 0.1] },
  });
  const tail = (figure.data as unknown as Line[]).find(
    ({ name, yaxis }) => name === "this SAE" && yaxis === "y2",
  );
  const shareAt = (f1: number): number | null | undefined =>
    tail?.y[tail.x.findIndex((x) => Math.abs(x - f1) < 1e-9)];
  t.deepEqual([0, 0.1, 0.11, 0.25, 0.26, 0.9].map(shareAt), [1, 1, 0.75, 0.75, 0.25, 0.25]);
});

test("taxonomy-agreement draws held-out matches and families where they are given", (t) => {
  const input = { edges: [], f1: [0.5], nullF1: [0.1] };
  const names = (more: object): unknown[] =>
    (drawFigure("taxonomy-agreement", { ...input, ...more }).data as unknown as Line[])
      .filter(({ yaxis }) => yaxis === "y2")
      .map(({ name }) => name);
  t.deepEqual(names({}), ["shuffled", "this SAE"]);
  t.deepEqual(names({ heldOutF1: [0.4], familyF1: [0.3] }), [
    "shuffled",
    "held out",
    "families",
    "this SAE",
  ]);
  const baselines = [
    { units: "k-means", f1: [0.45] },
    { units: "random documents", f1: [0.35] },
  ];
  t.deepEqual(names({ baselines }), ["shuffled", "k-means", "random documents", "this SAE"]);
});

test("taxonomy-agreement leaves gaps where no edge can be judged", (t) => {
  const spread = { mean: 0.1, sd: 0.01 };
  const point = { threshold: 0.1, edges: 10, share: 0.5, shuffledNull: spread, randomNull: spread };
  const none = {
    threshold: 0.2,
    edges: 0,
    share: NaN,
    shuffledNull: { mean: NaN, sd: NaN },
    randomNull: { mean: NaN, sd: NaN },
  };
  const figure = drawFigure("taxonomy-agreement", {
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

interface Trace {
  name: string;
  xaxis: string;
  x: number[];
  y: number[];
  customdata?: string[];
}

const families = [
  {
    name: "birds",
    size: 4,
    stability: 0.9,
    random: 0.1,
    seeds: { stability: 0.5, random: 0.2 },
  },
  {
    name: "fish",
    size: 4,
    stability: 0.3,
    random: 0.2,
    seeds: { stability: null, random: null },
  },
  { name: "tools", size: 40, stability: 0.6, random: 0.05, interval: [0.4, 0.75], seeds: null },
];

const tracesOf = (points: readonly object[]): Trace[] =>
  drawFigure("family-stability", points).data as unknown as Trace[];

test("family-stability shows each family at its size, over documents and over seeds, above chance", (t) => {
  const [, chance, documents, , seedChance, seeds] = tracesOf(families);
  t.deepEqual(documents.y, [0.9, 0.3, 0.6]);
  // Families of one size lie beside each other, less than a sixth apart.
  documents.x.forEach((x, f) => t.true(Math.abs(Math.log10(x / families[f].size)) < 0.031));
  t.not(documents.x[0], documents.x[1]);
  t.deepEqual(chance.x, [4, 40]);
  t.deepEqual(chance.y, [0.15, 0.05]);
  t.deepEqual([seeds.y, seeds.xaxis], [[0.5], "x2"]);
  t.deepEqual(seedChance.y, [0.2]);
  t.true(documents.customdata?.[2].includes("95 % of resamples 0.40 to 0.75"));
});

test("without other SAEs there is one plot", (t) => {
  const figure = drawFigure(
    "family-stability",
    families.map((family) => ({ ...family, seeds: null })),
  );
  t.is(figure.data.length, 3);
  t.false("xaxis2" in figure.layout);
});

test("names stand beside their families where they cover none, eight at most", (t) => {
  const many = Array.from({ length: 60 }, (_, f) => ({
    ...{ name: `family ${f}`, size: 4 + f, stability: (f % 10) / 10, random: 0.1 },
  }));
  const names = drawFigure("family-stability", many).layout.annotations as { showarrow: boolean }[];
  t.true(names.length > 0 && names.length <= 8);
  t.true(names.every(({ showarrow }) => !showarrow));
});
