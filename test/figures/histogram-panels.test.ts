import test from "ava";
import { histogramPanels } from "../../src/figures/charts/histogram-panels.js";

const base = {
  defaultName: "some-panels",
  defaultTitle: "Some panels",
  xTitle: "cosine",
  binWidth: 0.5,
  mark: "mean",
} as const;

interface Shape {
  x0: number;
  xref: string;
  line: { dash: string };
}

test("each series has its mean as a solid line and the reference as a dashed one", (t) => {
  const series = [{ name: "ours", values: [0, 0.5, 1], reference: 0.9 }];
  const figure = histogramPanels({ ...base, panels: [{ title: "all", series }] });
  t.deepEqual(
    (figure.layout.shapes as Shape[]).map(({ x0, xref, line }) => [x0, xref, line.dash]),
    [
      [0.5, "x", "solid"],
      [0.9, "x", "dash"],
    ],
  );
  const texts = (figure.layout.annotations as { text: string }[]).map(({ text }) => text);
  t.deepEqual(texts, ["cosine", "all", "ours, mean 0.50, paper 0.90"]);
});

test("as densities the bins of every series have an area of 1", (t) => {
  const series = [{ name: "a", values: [0, 0, 0, 0.6] }];
  const panels = [{ title: "all", series }];
  const [trace] = histogramPanels({ ...base, scale: "density", panels }).data;
  // Two points a bin between those at 0: heights 1.5 and 0.5, each 0.5 wide.
  t.deepEqual(trace.y, [0, 1.5, 1.5, 0.5, 0.5, 0]);
});

test("panels share an x axis, stand side by side where there is room, and none may be empty", (t) => {
  const panels = [0, 1, 2].map((at) => ({
    title: `panel ${at}`,
    series: [{ name: "a", values: [at] }],
  }));
  const wide = histogramPanels({ ...base, panels, size: "page" });
  const narrow = histogramPanels({ ...base, panels, size: "column" });
  const domain = (figure: typeof wide, axis: string) =>
    (figure.layout[axis] as { domain: number[] }).domain;
  t.not(domain(wide, "xaxis")[0], domain(wide, "xaxis2")[0]);
  t.deepEqual(domain(narrow, "xaxis"), domain(narrow, "xaxis2"));
  t.true(narrow.height > narrow.width);
  const ranges = ["xaxis", "xaxis2", "xaxis3"].map(
    (axis) => (wide.layout[axis] as { range: number[] }).range,
  );
  t.deepEqual(ranges[0], ranges[2]);
  t.throws(() => histogramPanels({ ...base, panels: [] }), { instanceOf: RangeError });
  t.throws(() => histogramPanels({ ...base, panels: [{ title: "", series: [] }] }), {
    message: /some-panels: expected panels/,
  });
});
