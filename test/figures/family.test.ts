import test from "ava";
import { drawFamilyTree, drawFamilyGraph } from "../../src/figures/index.js";

const nodes = [
  { label: "bread", parent: 2 },
  { label: "rye", parent: 0, weight: 0.25 },
  { label: "food", parent: -1 },
  { label: "salad", parent: 2 },
];

test("drawFamilyTree gives each latent a row below its parent, indented by depth", (t) => {
  const [lines, points] = drawFamilyTree(nodes).data as { x: (number | null)[]; text: string[] }[];
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

test("drawFamilyTree says how many latents it leaves out, the farthest first", (t) => {
  const [, points] = drawFamilyTree(nodes, { maxNodes: 3 }).data as { text: string[] }[];
  t.deepEqual(
    points.text.map((text) => text.replace(/<[^>]*>|\u2002/g, "")),
    ["food", "bread", "1 more", "salad"],
  );
});

test("drawFamilyTree cuts long labels and keeps their whole text for hovering", (t) => {
  const label = "very ".repeat(40) + "long";
  const figure = drawFamilyTree([{ label, parent: -1 }], { size: "column" });
  const [, points] = figure.data as { text: string[]; hovertext: string[] }[];
  t.true(points.text[0].length < 80);
  t.true(points.text[0].includes("…"));
  t.is(points.hovertext[0].replace(/<br>/g, " ").replace(/<[^>]*>/g, ""), label);
});

test("drawFamilyTree fits a deep tree and refuses what is no tree", (t) => {
  const chain = Array.from({ length: 400 }, (_, at) => ({ label: "x", parent: at - 1 }));
  t.is(drawFamilyTree(chain, { size: "slide" }).height, 720);
  t.throws(() => drawFamilyTree([]), { message: /one root, got 0/ });
  t.throws(() => drawFamilyTree([{ label: "a", parent: 7 }]), { message: /node 0 has parent 7/ });
  const loop = [
    { label: "a", parent: -1 },
    { label: "b", parent: 2 },
    { label: "c", parent: 1 },
  ];
  t.throws(() => drawFamilyTree(loop), { message: /only 1 of 3 nodes/ });
});

test("members that seldom come again hang on dotted lines, and hovering tells how often they do", (t) => {
  const stable = [
    { label: "food", parent: -1 },
    { label: "bread", parent: 0, stability: 0.9 },
    { label: "salad", parent: 0, stability: 0.25 },
  ];
  const [firm, loose, points] = drawFamilyTree(stable).data as {
    y: (number | null)[];
    line: { dash?: string };
    hovertext: string[];
  }[];
  t.deepEqual(loose.y, [2, 2, null]);
  t.is(loose.line.dash, "dot");
  t.false("dash" in firm.line);
  t.true(points.hovertext[2].endsWith("with the family in 25 % of resamples"));
});

test("a tree's title names the family, on a slide but not in print", (t) => {
  const nodes = [{ label: "dog", parent: -1 }];
  const slide = drawFamilyTree(nodes, { size: "slide", familyName: "dogs" });
  t.is(slide.title, "Family “dogs”");
  t.truthy(slide.layout.title);
  t.falsy(drawFamilyTree(nodes, { size: "column", familyName: "dogs" }).layout.title);
});

const input = {
  name: "dogs",
  nodes: [0.2, 0.05, 0.1, 0.01].map((density, i) => ({ label: `n${i}`, density })),
  edges: [
    { from: 0, to: 1, weight: 0.5, tree: true },
    { from: 0, to: 2, weight: 1, tree: true },
    { from: 2, to: 3, weight: 0.25, tree: true },
    { from: 2, to: 1, weight: 0.75 },
  ],
};

interface Drawn {
  ax?: number;
  x: number;
  text: string;
  arrowwidth: number;
  arrowcolor: string;
}

test("drawFamilyGraph sizes points by density and arrows by weight, the tree's over the others", (t) => {
  const { data, layout } = drawFamilyGraph(input);
  const { marker, x } = data[0] as { marker: { size: number[] }; x: number[] };
  t.is(Math.max(...marker.size), marker.size[0]);
  t.is(Math.min(...marker.size), marker.size[3]);
  const drawn = layout.annotations as Drawn[];
  const arrows = drawn.filter(({ ax }) => ax !== undefined);
  t.is(arrows.length, 4);
  t.deepEqual([arrows[0].ax, arrows[0].x], [x[2], x[1]]);
  t.true(arrows[2].arrowwidth > arrows[1].arrowwidth);
  t.not(arrows[0].arrowcolor, arrows[1].arrowcolor);
  const names = drawn.flatMap(({ ax, text }) => (ax === undefined ? [text] : []));
  t.deepEqual(names, ["<b>n0</b>", "n2", "n1", "n3"]);
});

test("drawFamilyGraph keeps the parent and the densest, and the edges among them", (t) => {
  const { data, layout } = drawFamilyGraph(input, { maxNodes: 2 });
  t.is((data[0].x as number[]).length, 2);
  t.is((layout.annotations as Drawn[]).filter(({ ax }) => ax !== undefined).length, 1);
  const noExtra = drawFamilyGraph(input, { maxExtra: 0 }).layout.annotations as Drawn[];
  t.is(noExtra.filter(({ ax }) => ax !== undefined).length, 3);
});

test("drawFamilyGraph draws a lone latent and refuses edges to nowhere", (t) => {
  const one = { name: "x", nodes: input.nodes.slice(0, 1), edges: [] };
  t.notThrows(() => drawFamilyGraph(one));
  t.throws(() => drawFamilyGraph({ ...one, nodes: [] }), { message: /expected a node/ });
  t.throws(() => drawFamilyGraph({ ...one, edges: input.edges }), {
    message: "family-graph: edge 0 to 1, but there are 1 nodes",
  });
});
