import { compact } from "../../core/collections.js";
import type { StabilityReport } from "../../compare/stability-report.js";
import { meanOf } from "../../core/statistics.js";
import { type Line, type LinePlot, lines } from "../../figures/charts/lines.js";
import { logTicks } from "../../figures/drawing/axis.js";
import { plotlyText, truncateText } from "../../figures/drawing/text.js";
import { CATEGORIES, MUTED } from "../../figures/theme/palette.js";
import { familyName } from "../../records/family.js";
import { type UngroupedFigure, Undrawn, figure } from "./entry.js";
import { STABILITY } from "./requirements.js";

/** Width in powers of ten over which families of one size are spread, so that they do not lie on each other. */
const SPREAD = 0.06;

/** Families by size against their stability over documents and, where it was measured, over training seeds. */
export const STABILITY_FIGURE: UngroupedFigure = figure({
  name: "family-stability",
  shows: "how reproducible families are over resamples and seeds",
  requires: [STABILITY],
  read: async ({ atlas }) => {
    const report = await atlas.stability();
    const families = new Map((await atlas.families()).map((family) => [family.parent, family]));
    const points = (report?.families ?? []).flatMap((entry): StableFamily[] => {
      const family = families.get(entry.latent);
      return family ? [{ ...entry, name: familyName(family), size: family.members.length }] : [];
    });
    return points.length > 0 ? points : new Undrawn("the stability is that of other families");
  },
  title: () => "Stability of families",
  draw: (families, options) => {
    const overSeeds = families.flatMap(({ seeds, ...one }): Point[] => {
      const { stability = null, random = null } = seeds ?? {};
      return stability === null ? [] : [{ ...one, stability, random: random ?? NaN }];
    });
    const sizes = families.map(({ size }) => size);
    const [low, high] = [Math.min(...sizes) / 10 ** 0.1, Math.max(...sizes) * 10 ** 0.1];
    const ticks = logTicks(low, high);
    const x = { title: "members", log: true, range: [low, high], ticks, grid: false } as const;
    const plots = [
      stabilityPlot(families, "over documents", "legend"),
      ...(overSeeds.length > 0 ? [stabilityPlot(overSeeds, "over training seeds", "none")] : []),
    ];
    return lines({
      ...{ ...options, plots: plots.map((plot): LinePlot => ({ ...plot, x })) },
      arrange: { aspect: { above: 1.35, beside: 0.5 }, gap: { above: 6, beside: 6 } },
    });
  },
});

type StableFamily = StabilityReport["families"][number] & { name: string; size: number };

interface Point extends Pick<StableFamily, "name" | "size" | "stability" | "random"> {
  /** The middle 95 % over the resamples. */
  interval?: readonly number[];
}

/** The families and, dashed over an area, as many random latents; names of the most and the least stable ones in turn. */
function stabilityPlot(
  points: readonly Point[],
  axis: string,
  label: Line["label"],
): Omit<LinePlot, "x"> {
  const chance = chanceBySize(points);
  const random: Line = {
    ...{ name: "random latents of the same number", label, colour: MUTED, dash: "dash" },
    ...{ x: chance.map(([size]) => size), y: chance.map(([, value]) => value), rank: 2 },
    band: { low: chance.map(() => 0), high: chance.map(([, value]) => value), opacity: 0.15 },
    hover: "random latents: %{y:.2f}<extra></extra>",
  };
  // Multiples of the golden ratio spread evenly however many there are.
  const asideOf = (at: number): number => 10 ** ((((at * 0.618034) % 1) - 0.5) * SPREAD);
  const placed = points.map((point, at) => ({
    ...{ x: point.size * asideOf(at), y: point.stability, text: point.name },
  }));
  const own: Line = {
    ...{
      ...{ name: "family", label },
      colour: CATEGORIES[0],
      draw: "points",
      pointSize: 1.5,
      pointOpacity: 0.75,
    },
    ...{ x: placed.map(({ x }) => x), y: placed.map(({ y }) => y), rank: 1 },
    customdata: points.map((point) => hoverText(point, axis)),
    hover: "%{customdata}<extra></extra>",
  };
  const sorted = [...placed].sort((a, b) => b.y - a.y);
  return {
    lines: [random, own],
    y: { title: `stability ${axis}`, range: [0, 1.02] },
    digits: { x: 3, y: 4 },
    names: sorted.map((_, i) => sorted[i % 2 === 0 ? i / 2 : sorted.length - (i + 1) / 2]),
  };
}

/** Mean stability of random latents by powers of the square root of two in size, at the mean size. */
function chanceBySize(points: readonly Point[]): [number, number][] {
  const groups = new Map<number, Point[]>();
  for (const point of points.filter(({ random }) => Number.isFinite(random))) {
    const step = Math.round(2 * Math.log2(point.size));
    groups.set(step, [...(groups.get(step) ?? []), point]);
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([, group]) => [
      meanOf(group.map(({ size }) => size)),
      meanOf(group.map(({ random }) => random)),
    ]);
}

function hoverText({ name, size, stability, random, interval }: Point, axis: string): string {
  return compact([
    `<b>${plotlyText(truncateText(name, 60))}</b>`,
    `${size} members`,
    `stability ${axis} ${stability.toFixed(2)}`,
    interval && `95 % of resamples ${interval[0].toFixed(2)} to ${interval[1].toFixed(2)}`,
    Number.isFinite(random) && `random latents ${random.toFixed(2)}`,
  ]).join("<br>");
}
