import test from "ava";
import { drawFamilyGraph } from "../../src/figures/family.js";

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
