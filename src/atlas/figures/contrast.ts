import { type Line, lines } from "../../figures/charts/lines.js";
import { logTicks } from "../../figures/drawing/axis.js";
import { plotlyText, truncateText } from "../../figures/drawing/text.js";
import { CATEGORIES, MUTED } from "../../figures/theme/palette.js";
import type { ContrastReport, NamedFinding } from "../contrast/contrast-report.js";
import { lastContrast } from "../contrast/contrast-report.js";
import { type UngroupedFigure, Undrawn, figure } from "./entry.js";
import { CONTRAST } from "./requirements.js";

/** Lines over a number, and points of classes, at most. */
const MOST_LINES = 8;
const MOST_POINTS = 120;

type Shown = Pick<ContrastReport, "question" | "kind" | "names" | "trends"> & {
  findings: readonly NamedFinding[];
};

/** Of numbers the rates of the families that change most; of classes the effects of all that differ, with intervals. */
export const CONTRAST_FIGURE: UngroupedFigure = figure<Shown>({
  name: "contrast",
  shows: "what differs between documents: effects with intervals, or lines over years",
  requires: [CONTRAST],
  from: "contrast",
  read: async ({ atlas }, { contrast: given }) => {
    const report = given ?? (await lastContrast(atlas));
    if (report === undefined) return new Undrawn(CONTRAST.needs);
    if (report.findings.length > 0) return report;
    return new Undrawn(`nothing differs by ${report.question}`);
  },
  title: ({ question }) => `What differs by ${truncateText(question, 60)}`,
  draw: (shown, options) =>
    shown.kind === "number"
      ? lines({ ...options, plots: [trendPlot(shown)] })
      : lines({ ...options, plots: [effectPlot(shown)] }),
});

function trendPlot({
  question,
  findings,
  trends,
}: Shown): Parameters<typeof lines>[0]["plots"][number] {
  const key = ({ of, id }: Pick<NamedFinding, "of" | "id">): string => `${of} ${id}`;
  const found = new Map(findings.map((one) => [key(one), one]));
  const families = trends.filter(({ of }) => of === "family");
  const drawn = (families.length > 0 ? families : trends).slice(0, MOST_LINES);
  const highest = drawn.flatMap(({ points }) => points.map(({ interval }) => interval[1]));
  return {
    lines: drawn.map((trend): Line => {
      const { points } = trend;
      return {
        ...{ name: found.get(key(trend))?.name ?? key(trend), label: "end", draw: "both" },
        x: points.map(({ value }) => value),
        y: points.map(({ rate }) => rate),
        band: {
          low: points.map(({ interval }) => interval[0]),
          high: points.map(({ interval }) => interval[1]),
          opacity: 0.12,
        },
      };
    }),
    x: { title: plotlyText(truncateText(question, 60)) },
    y: { title: "share of the documents", range: [0, Math.min(1, 1.05 * Math.max(...highest))] },
    digits: { x: 3, y: 5 },
  };
}

function effectPlot({ findings, names }: Shown): Parameters<typeof lines>[0]["plots"][number] {
  const points = findings.slice(0, MOST_POINTS).filter(({ active }) => active > 0);
  const counts = points.map(({ active }) => active);
  const [low, high] = [Math.min(...counts) / 1.3, Math.max(...counts) * 1.3];
  const nameOf = ({ name, group }: NamedFinding): string =>
    names.length > 2 ? `${name} (${group})` : name;
  const series = (of: NamedFinding["of"], name: string, colour: string): Line => {
    const own = points.filter((one) => one.of === of);
    return {
      ...{ name, colour, draw: "points", pointSize: 1.3 },
      x: own.map(({ active }) => active),
      y: own.map(({ effect }) => effect.value),
      error: {
        low: own.map(({ effect }) => effect.interval[0]),
        high: own.map(({ effect }) => effect.interval[1]),
      },
      customdata: own.map(hoverText),
      hover: "%{customdata}<extra></extra>",
    };
  };
  const none: Line = {
    ...{ name: "", colour: MUTED, dash: "dot", label: "none", hover: "" },
    ...{ x: [low, high], y: [0, 0] },
  };
  const all = [
    series("family", "family", CATEGORIES[0]),
    series("latent", "latent", CATEGORIES[1]),
  ];
  return {
    lines: [none, ...all.filter(({ x }) => x.length > 0)],
    x: {
      title: "documents in which it is active",
      log: true,
      range: [low, high],
      ticks: logTicks(low, high),
      grid: false,
    },
    y: {
      title: `more in ${names.length > 2 ? "a class" : plotlyText(truncateText(names[0], 40))}`,
    },
    digits: { x: 3, y: 4 },
    names: points.map((one) => ({
      ...{ x: one.active, y: one.effect.value },
      text: truncateText(nameOf(one), 40),
    })),
  };
}

function hoverText({ of, id, name, group, effect, within }: NamedFinding): string {
  const { value, interval } = effect;
  return [
    `<b>${plotlyText(truncateText(name, 60))}</b>`,
    `${of} ${id}, more in ${plotlyText(truncateText(group, 60))}`,
    `${value.toFixed(3)} (${interval[0].toFixed(3)} to ${interval[1].toFixed(3)})`,
    ...(within ? [`beyond ${plotlyText(truncateText(within.name, 60))}`] : []),
  ].join("<br>");
}
