import test from "ava";
import { type StablePoint, drawFamilyStability } from "../../src/figures/index.js";

interface Trace {
  name: string;
  xaxis: string;
  x: number[];
  y: number[];
  hovertext?: string[];
}

const families: StablePoint[] = [
  {
    name: "birds",
    members: 4,
    stability: 0.9,
    random: 0.1,
    seeds: { stability: 0.5, random: 0.2 },
  },
  {
    name: "fish",
    members: 4,
    stability: 0.3,
    random: 0.2,
    seeds: { stability: null, random: null },
  },
  { name: "tools", members: 40, stability: 0.6, random: 0.05, interval: [0.4, 0.75], seeds: null },
];

const tracesOf = (points: readonly StablePoint[]): Trace[] =>
  drawFamilyStability(points).data as unknown as Trace[];

test("drawFamilyStability shows each family at its size, over documents and over seeds, above chance", (t) => {
  const [chance, documents, seedChance, seeds] = tracesOf(families);
  t.deepEqual(documents.y, [0.9, 0.3, 0.6]);
  // Families of one size lie beside each other, less than a sixth apart.
  documents.x.forEach((x, f) => t.true(Math.abs(Math.log10(x / families[f].members)) < 0.031));
  t.not(documents.x[0], documents.x[1]);
  t.deepEqual(chance.x, [4, 40]);
  t.deepEqual(chance.y, [0.15, 0.05]);
  t.deepEqual([seeds.y, seeds.xaxis], [[0.5], "x2"]);
  t.deepEqual(seedChance.y, [0.2]);
  t.true(documents.hovertext?.[2].includes("95 % of resamples 0.40 to 0.75"));
});

test("without other SAEs there is one plot", (t) => {
  const figure = drawFamilyStability(families.map((family) => ({ ...family, seeds: null })));
  t.is(figure.data.length, 2);
  t.false("xaxis2" in figure.layout);
});

test("names stand where they cover no family, and no more than are asked for", (t) => {
  const many = Array.from({ length: 60 }, (_, f): StablePoint => ({
    name: `family ${f}`,
    members: 4 + f,
    stability: (f % 10) / 10,
    random: 0.1,
  }));
  const namesOf = (maxNames?: number): number =>
    (drawFamilyStability(many, { maxNames }).layout.annotations as unknown[]).length;
  t.true(namesOf() > 0 && namesOf() <= 8);
  t.is(namesOf(0), 0);
});

test("drawFamilyStability refuses no families, and a family without members", (t) => {
  t.throws(() => drawFamilyStability([]), {
    instanceOf: RangeError,
    message: "drawFamilyStability: expected families with members, got none",
  });
  t.throws(() => drawFamilyStability([{ ...families[0], members: 0 }]), {
    message: /got "birds" with 0/,
  });
});
