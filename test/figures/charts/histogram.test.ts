import test from "ava";
import { type Figure, histogram } from "../../../src/figures/index.js";

const draw = (name: string, values: ArrayLike<number>, binWidth?: number): Figure =>
  histogram({
    panels: [{ series: [{ name, values, mark: "median" }] }],
    ...{ x: { title: "activation" }, counted: "documents", binWidth },
  });

test("a histogram counts values in bins and leaves out what is not finite", (t) => {
  const [trace] = draw("dog", [0.1, 0.15, 0.3, NaN, Infinity], 0.1).data;
  t.deepEqual(trace.x, [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4]);
  t.deepEqual(trace.y, [0, 2, 2, 0, 0, 1, 1, 0]);
  t.is(trace.name, "dog (median 0.15)");
});

test("the default bins are of a round width, 20 to 50 of them over the widest series", (t) => {
  for (const spread of [0.003, 0.06, 1, 7.7, 42, 9000]) {
    const values = Float64Array.from({ length: 101 }, (_, i) => 1 + (spread * i) / 100);
    const x = draw("a", values).data[0].x as number[];
    const bins = (x.length - 2) / 2;
    t.true(bins >= 20 && bins <= 52, `${spread}: ${bins} bins`);
  }
});

test("a series without values has a legend and no bins", (t) => {
  const [trace] = draw("dead", []).data;
  t.deepEqual(trace.x, []);
  t.is(trace.name, "dead (no documents)");
});

test("a single value is drawn, and hostile names are escaped", (t) => {
  t.is(draw("<b>x", [0.5]).data[0].name, "&lt;b&gt;x (median 0.5)");
});

const base = {
  ...{ x: { title: "cosine" }, binWidth: 0.5, counted: "latents" },
  names: "panels",
  ...{ defaultName: "some-panels", defaultTitle: "Some panels" },
} as const;

interface Shape {
  x0: number;
  xref: string;
  line: { dash: string };
}

test("each series has its mean as a solid line and the reference as a dashed one", (t) => {
  const series = [{ name: "ours", values: [0, 0.5, 1], mark: "mean", reference: 0.9 } as const];
  const figure = histogram({ ...base, panels: [{ title: "all", series }] });
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
  const [trace] = histogram({ ...base, scale: "density", panels }).data;
  // Two points a bin between those at 0: heights 1.5 and 0.5, each 0.5 wide.
  t.deepEqual(trace.y, [0, 1.5, 1.5, 0.5, 0.5, 0]);
});

test("panels share an x axis, stand side by side where there is room, and none may be empty", (t) => {
  const panels = [0, 1, 2].map((at) => ({
    title: `panel ${at}`,
    series: [{ name: "a", values: [at] }],
  }));
  const wide = histogram({ ...base, panels, size: "page" });
  const narrow = histogram({ ...base, panels, size: "column" });
  const domain = (figure: typeof wide, axis: string) =>
    (figure.layout[axis] as { domain: number[] }).domain;
  t.not(domain(wide, "xaxis")[0], domain(wide, "xaxis2")[0]);
  t.deepEqual(domain(narrow, "xaxis"), domain(narrow, "xaxis2"));
  t.true(narrow.height > narrow.width);
  const ranges = ["xaxis", "xaxis2", "xaxis3"].map(
    (axis) => (wide.layout[axis] as { range: number[] }).range,
  );
  t.deepEqual(ranges[0], ranges[2]);
  t.throws(() => histogram({ ...base, panels: [] }), { instanceOf: RangeError });
  t.throws(() => histogram({ ...base, panels: [{ title: "", series: [] }] }), {
    message: /some-panels: expected panels/,
  });
});
