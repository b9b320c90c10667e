import test from "ava";
import { network } from "../../../src/figures/index.js";

const input = {
  nodes: [0.2, 0.05, 0.1, 0.01].map((density, i) => ({ label: `n${i}`, weight: density })),
  edges: [
    { from: 0, to: 1, weight: 0.5, strong: true },
    { from: 0, to: 2, weight: 1, strong: true },
    { from: 2, to: 3, weight: 0.25, strong: true },
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

test("a network sizes points and arrows by weight, the strong ones over the others", (t) => {
  const { data, layout } = network(input);
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

test("a network keeps the first and the heaviest, and the edges among them", (t) => {
  const { data, layout } = network({ ...input, maxNodes: 2 });
  t.is((data[0].x as number[]).length, 2);
  t.is((layout.annotations as Drawn[]).filter(({ ax }) => ax !== undefined).length, 1);
  const noExtra = network({ ...input, maxExtra: 0 }).layout.annotations as Drawn[];
  t.is(noExtra.filter(({ ax }) => ax !== undefined).length, 3);
});

test("a network draws a lone node and refuses edges to nowhere", (t) => {
  const one = { nodes: input.nodes.slice(0, 1), edges: [] };
  t.notThrows(() => network(one));
  t.throws(() => network({ ...one, nodes: [] }), { message: /expected a node/ });
  t.throws(() => network({ ...one, edges: input.edges }), {
    message: "network: edge 0 to 1, but there are 1 nodes",
  });
});
