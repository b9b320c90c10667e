import test from "ava";
import { type Figure, type Line, type LinesOptions, lines } from "../../../src/figures/index.js";
import type { LinePlot } from "../../../src/figures/charts/index.js";

const axes = { x: { title: "k" }, y: { title: "error" } };
const base = { defaultName: "some-lines", defaultTitle: "Some lines" };
const ended = { label: "end", draw: "both", pointSize: 1.5 } as const;

/** Lines with points, named at their ends. */
function drawLines(list: readonly Line[], more: Partial<LinePlot & LinesOptions> = {}): Figure {
  const { x = axes.x, y = axes.y, ...options } = more;
  const plots = [{ lines: list.map((line) => ({ ...ended, ...line })), x, y }];
  return lines({ ...base, ...options, plots });
}

interface Label {
  text: string;
  y: number;
  yref?: string;
}

test("names at the lines' ends are pushed apart and keep their order", (t) => {
  const list = [0.5, 0.501, 0.502, 0.1].map((end, at) => ({
    name: `line ${at}`,
    x: [1, 2],
    y: [1, end],
  }));
  const figure = drawLines(list, { size: "column" });
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
  const list = Array.from({ length: 12 }, (_, at) => ({ name: `${at}`, x: [1], y: [0] }));
  const figure = drawLines(list);
  for (const { y } of figure.layout.annotations as Label[]) t.true(y > 0 && y <= 1);
});

test("another's line is dashed with hollow points, one's own solid", (t) => {
  const list = [
    { name: "ours", x: [1, 2], y: [1, 2] },
    { name: "theirs", x: [1, 2], y: [2, 3], isReference: true },
  ];
  const { data } = drawLines(list);
  t.like(data[0], { line: { dash: "solid" }, marker: { color: "#0072B2" } });
  t.like(data[1], { line: { dash: "dash" }, marker: { color: "#ffffff" } });
});

test("empty lines, uneven ones and zeros on a log axis are refused", (t) => {
  const draw = (x: number[], y: number[], log = false) =>
    drawLines([{ name: "a", x, y }], { y: { title: "error", log } });
  t.throws(() => drawLines([]), { message: /some-lines: expected lines/ });
  t.throws(() => draw([], []), { instanceOf: RangeError });
  t.throws(() => draw([1], [1, 2]), { message: /"a" has 1 x but 2 y/ });
  t.throws(() => draw([1], [0], true), { message: /values > 0, got 0/ });
});

test("a name stands where its line ends, at the plot's edge only where the line reaches it", (t) => {
  const line = (name: string, x: number[]): Line => ({ name, label: "end", x, y: x });
  const { layout } = lines({
    plots: [
      {
        lines: [line("short", [0, 2]), line("long", [0, 10])],
        x: { title: "x" },
        y: { title: "y" },
      },
    ],
  });
  const [short, long] = layout.annotations as { x: number }[];
  t.true(short.x > 0.2 && short.x < 0.3);
  t.is(long.x, 1);
});
