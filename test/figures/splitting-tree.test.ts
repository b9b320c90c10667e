import test from "ava";
import { drawSplittingTree } from "../../src/figures/saes.js";

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
