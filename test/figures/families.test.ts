import test from "ava";
import {
  drawFiringRatio,
  countByPass,
  drawSubtreesPerPass,
  chooseRadarFamilies,
  drawRadarCharts,
  drawKeptLatents,
} from "../../src/figures/index.js";

test("drawFiringRatio leaves infinite ratios out and marks the mean", (t) => {
  const { data, layout } = drawFiringRatio([{ name: "a", values: [1, 3, Infinity] }]);
  t.is(data[0].name, "a (mean 2)");
  t.is((layout.shapes as { x0: number }[])[0].x0, 2);
  t.is((data[0].y as number[]).reduce((sum, y) => sum + y, 0) / 2, 2);
  t.throws(() => drawFiringRatio([]), { message: "drawFiringRatio: expected a series, got none" });
});

test("drawKeptLatents counts all latents and those kept, by log10 or plainly", (t) => {
  const input = { values: [0.1, 0.1, 0.01, 0], kept: [true, false, true, true] };
  const logged = drawKeptLatents(input).data;
  t.deepEqual(
    logged.map(({ name }) => name),
    ["all (3)", "in families (2, 67 %)"],
  );
  t.is((logged[0].x as number[])[0], -2);
  const plain = drawKeptLatents(input, { log: false, keptName: "clean" }).data;
  t.is(plain[1].name, "clean (3, 75 %)");
  t.throws(() => drawKeptLatents({ values: [1], kept: [] }), { instanceOf: RangeError });
});

test("drawSubtreesPerPass shows a bar a pass, and countByPass counts from the first", (t) => {
  const counts = countByPass([{ pass: 0 }, { pass: 2 }, {}, { pass: 0 }]);
  t.deepEqual(counts, [3, 0, 1]);
  const { data } = drawSubtreesPerPass([{ name: "a", counts }]);
  t.deepEqual(
    [data[0].x, data[0].y],
    [
      ["1", "2", "3"],
      [3, 0, 1],
    ],
  );
  t.is(data[0].name, "a (4 families)");
  t.throws(() => drawSubtreesPerPass([]), { instanceOf: RangeError });
});

const members = [0.5, -0.2, NaN, 1].map((score, i) => ({ label: `m${i}`, scores: [score] }));

test("drawRadarCharts gives each member a spoke, closes the line and leaves unknown scores open", (t) => {
  const { data, layout } = drawRadarCharts({
    measures: ["F1"],
    families: [
      { name: "a", score: 0.7, members },
      { name: "b", members },
    ],
  });
  const [first, second] = data as { r: (number | null)[]; theta: number[]; subplot: string }[];
  t.deepEqual(first.r, [0.5, 0, null, 1, 0.5]);
  t.deepEqual(first.theta, [0, 90, 180, 270, 0]);
  t.is(second.subplot, "polar2");
  const texts = (layout.annotations as { text: string }[]).map(({ text }) =>
    text.replace(/<[^>]*>/g, ""),
  );
  t.deepEqual(texts.slice(0, 4), ["a  0.70", "1  m0", "0.50", "2  m1"]);
  t.true(texts.includes("−0.20"));
});

test("drawRadarCharts shows the first members of a large family and says so", (t) => {
  const { data, layout } = drawRadarCharts(
    { measures: ["F1"], families: [{ name: "a", score: 1, members }] },
    { maxMembers: 3 },
  );
  t.is((data[0].r as number[]).length, 4);
  t.regex((layout.annotations as { text: string }[])[0].text, /1\.00, first 3 of 4/);
});

test("drawRadarCharts refuses small families and scores that are missing", (t) => {
  const draw = (family: { label: string; scores: number[] }[]) =>
    drawRadarCharts({ measures: ["F1"], families: [{ name: "a", members: family }] });
  t.throws(() => draw(members.slice(2)), { message: /three members or more of "a", got 2/ });
  t.throws(() => draw([...members, { label: "x", scores: [] }]), { message: /1 scores of "x"/ });
  t.throws(() => drawRadarCharts({ measures: ["F1"], families: [] }), { instanceOf: RangeError });
});

test("chooseRadarFamilies takes the best and the worst of fitting size, none of them twice", (t) => {
  const family = (name: string, score: number, size = 4) => ({
    name,
    score,
    members: Array.from({ length: size }, () => members[0]),
  });
  const families = [
    family("a", 0.2),
    family("b", 0.9),
    family("tiny", 1, 3),
    family("c", 0.5),
    family("unknown", NaN),
    family("d", 0.9, 6),
  ];
  const names = (choice = {}) => chooseRadarFamilies(families, choice).map(({ name }) => name);
  t.deepEqual(names(), ["d", "b", "c", "a"]);
  t.deepEqual(names({ good: 3 }), ["d", "b", "c", "a"]);
  t.deepEqual(names({ bad: 0 }), ["d", "b"]);
});
