import test from "ava";
import { drawErrorLines } from "../../src/figures/charts/error-lines.js";

const axes = { x: { title: "k" }, y: { title: "error" } };
const base = { name: "some-lines", title: "Some lines", ...axes };

interface Label {
  text: string;
  y: number;
  yref?: string;
}

test("names at the lines' ends are pushed apart and keep their order", (t) => {
  const lines = [0.5, 0.501, 0.502, 0.1].map((end, at) => ({
    label: `line ${at}`,
    x: [1, 2],
    y: [1, end],
  }));
  const figure = drawErrorLines({ ...base, lines }, { size: "column" });
  const labels = figure.layout.annotations as Label[];
  const margin = figure.layout.margin as { t: number; b: number };
  const height = figure.height - margin.t - margin.b;
  const sorted = labels
    .map(({ y, text }) => ({ text, at: y * height }))
    .sort((a, b) => a.at - b.at);
  t.deepEqual(
    sorted.map(({ text }) => text),
    ["line 3", "line 0", "line 1", "line 2"],
  );
  for (let i = 1; i < sorted.length; i++) t.true(sorted[i].at - sorted[i - 1].at > 10);
});

test("more names than there is height for stay above the axis", (t) => {
  const lines = Array.from({ length: 12 }, (_, at) => ({ label: `${at}`, x: [1], y: [0] }));
  const figure = drawErrorLines({ ...base, lines });
  for (const { y } of figure.layout.annotations as Label[]) t.true(y > 0 && y <= 1);
});

test("another's line is dashed with hollow points, one's own solid", (t) => {
  const lines = [
    { label: "ours", x: [1, 2], y: [1, 2] },
    { label: "theirs", x: [1, 2], y: [2, 3], isReference: true },
  ];
  const { data } = drawErrorLines({ ...base, lines });
  t.like(data[0], { line: { dash: "solid" }, marker: { color: "#0072B2" } });
  t.like(data[1], { line: { dash: "dash" }, marker: { color: "#ffffff" } });
});

test("empty lines, uneven ones and zeros on a log axis are refused", (t) => {
  const draw = (x: number[], y: number[], log = false) =>
    drawErrorLines({ ...base, y: { title: "error", log }, lines: [{ label: "a", x, y }] });
  t.throws(() => drawErrorLines({ ...base, lines: [] }), { message: /some-lines: expected lines/ });
  t.throws(() => draw([], []), { instanceOf: RangeError });
  t.throws(() => draw([1], [1, 2]), { message: /"a" has 1 x but 2 y/ });
  t.throws(() => draw([1], [0], true), { message: /values > 0, got 0/ });
});
