import test from "ava";
import { tree } from "../../../src/figures/index.js";

const nodes = [
  { label: "bread", parent: 2 },
  { label: "rye", parent: 0, weight: 0.25 },
  { label: "food", parent: -1 },
  { label: "salad", parent: 2 },
];

test("a tree gives each node a row below its parent, indented by depth", (t) => {
  const [lines, points] = tree({ nodes }).data as { x: (number | null)[]; text: string[] }[];
  t.deepEqual(
    points.text.map((text) => text.replace(/<[^>]*>|\u2002/g, "|")),
    ["||food|", "|bread", "|rye||0.25|", "|salad"],
  );
  const [food, bread, rye, salad] = points.x.map(Number);
  t.true(food < bread && bread < rye);
  t.is(bread, salad);
  // A line of its own for each of three edges and two parents.
  t.is(lines.x.filter((x) => x === null).length, 5);
});

test("a tree says how many nodes it leaves out, the farthest first", (t) => {
  const [, points] = tree({ nodes, maxNodes: 3 }).data as { text: string[] }[];
  t.deepEqual(
    points.text.map((text) => text.replace(/<[^>]*>|\u2002/g, "")),
    ["food", "bread", "1 more", "salad"],
  );
});

test("a tree cuts long labels and keeps their whole text for hovering", (t) => {
  const label = "very ".repeat(40) + "long";
  const figure = tree({ nodes: [{ label, parent: -1 }], size: "column" });
  const [, points] = figure.data as { text: string[]; hovertext: string[] }[];
  t.true(points.text[0].length < 80);
  t.true(points.text[0].includes("…"));
  t.is(points.hovertext[0].replace(/<br>/g, " ").replace(/<[^>]*>/g, ""), label);
});

test("a tree fits a deep tree and refuses what is no tree", (t) => {
  const chain = Array.from({ length: 400 }, (_, at) => ({ label: "x", parent: at - 1 }));
  t.is(tree({ nodes: chain, size: "slide" }).height, 720);
  t.throws(() => tree({ nodes: [] }), { message: /one root, got 0/ });
  t.throws(() => tree({ nodes: [{ label: "a", parent: 7 }] }), { message: /node 0 has parent 7/ });
  const loop = [
    { label: "a", parent: -1 },
    { label: "b", parent: 2 },
    { label: "c", parent: 1 },
  ];
  t.throws(() => tree({ nodes: loop }), { message: /only 1 of 3 nodes/ });
});

test("a node may hang on a dotted line, and hovering shows its notes", (t) => {
  const stable = [
    { label: "food", parent: -1 },
    { label: "bread", parent: 0 },
    { label: "salad", parent: 0, isDotted: true, notes: ["with the family in 25 % of resamples"] },
  ];
  const [firm, loose, points] = tree({ nodes: stable }).data as {
    y: (number | null)[];
    line: { dash?: string };
    hovertext: string[];
  }[];
  t.deepEqual(loose.y, [2, 2, null]);
  t.is(loose.line.dash, "dot");
  t.false("dash" in firm.line);
  t.true(points.hovertext[2].endsWith("with the family in 25 % of resamples"));
});

test("a default title stands on a slide but not in print", (t) => {
  const nodes = [{ label: "dog", parent: -1 }];
  const slide = tree({ nodes, size: "slide", defaultTitle: "Family “dogs”" });
  t.is(slide.title, "Family “dogs”");
  t.truthy(slide.layout.title);
  t.falsy(tree({ nodes, size: "column", defaultTitle: "Family “dogs”" }).layout.title);
});
