import test from "ava";
import { columnTree } from "../../../src/figures/index.js";
import { drawFigure } from "../../support/draw-figure.js";

test("match-histogram shows shares of latents beside the null and tells how many are recurrent", (t) => {
  const { data, layout } = drawFigure("match-histogram", [
    {
      name: "large in small",
      cosines: [0.95, 0.55, 0.52, 0.1],
      chance: { cosines: [0.1, 0.1, 0.15, 0.5], threshold: 0.5 },
    },
    { name: "small in large", cosines: [NaN], chance: { cosines: [0.5], threshold: 0.5 } },
  ]);
  const [chance, own] = data as { x: number[]; y: number[]; xaxis: string }[];
  t.is(Math.max(...chance.y), 0.5);
  t.is(own.y.reduce((sum, share) => sum + share, 0) / 2, 1);
  t.is(data[2].xaxis, "x2");
  t.is((layout.shapes as { x0: number }[])[0].x0, 0.5);
  const texts = (layout.annotations as { text: string }[]).map(({ text }) => text);
  t.deepEqual(texts.slice(1), [
    ...["large in small", "random directions", "latents, 75 % recurrent"],
    ...["small in large", "random directions", "latents, none recurrent"],
  ]);
});

const columns = ["n 1", "n 2", "n 3"];
const leaf = (label: string) => ({ label });
const root = {
  label: "dog",
  children: [
    { label: "hound", children: [leaf("beagle"), { label: "basset", isHollow: true }] },
    { label: "poodle" },
  ],
};

test("a column tree puts each SAE in a column and each parent at the middle of its children", (t) => {
  const [lines, points] = columnTree({ columns, key: "○ hollow", roots: [root] }).data as {
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

test("a column tree has a key to hollow points only where there are some", (t) => {
  const notes = (roots: (typeof root)[]) =>
    (columnTree({ columns, key: "○ hollow", roots }).layout.annotations as unknown[]).length;
  t.is(notes([root]), 4);
  t.is(notes([{ label: "cat", children: [] }]), 3);
});

test("a column tree leaves out roots for which there is no room", (t) => {
  const roots = [root, { label: "cat" }, root];
  const [, points] = columnTree({ columns, roots, maxRows: 5 }).data;
  t.is((points.text as string[]).length, 6);
  const [, cut] = columnTree({ columns, roots: [root], maxRows: 2 }).data;
  t.is((cut.text as string[]).length, 4);
});

test("a column tree refuses no roots and trees deeper than its columns", (t) => {
  t.throws(() => columnTree({ columns, key: "○ hollow", roots: [] }), {
    message: /expected a root/,
  });
  t.throws(() => columnTree({ columns: ["n 1", "n 2"], roots: [root] }), {
    message: /at most 2 columns, "beagle" is deeper/,
  });
});
