import { type BarSeries, bars } from "./charts/bars.js";
import { binValues } from "./charts/bins.js";
import { histogram } from "./charts/histogram.js";
import { type Line, type LinePlot, lines } from "./charts/lines.js";
import { type RadarGroup, radar } from "./charts/radar.js";
import type { Figure, FigureOptions, NamedSeries } from "./figure.js";
import { requireSome, roundValue } from "./figure.js";
import { meanSeries } from "./latents.js";
import { plotlyText } from "./drawing/text.js";
import { CATEGORIES, MUTED } from "./theme/theme.js";

/** Mean and standard deviation of a null over its runs. */
export interface NullSpread {
  mean: number;
  sd: number;
}

/** Parent-child edges from some threshold upwards; `EdgeAgreement` with its threshold fits. */
export interface EdgeAgreementPoint {
  /** Least edge weight, or whatever `edgeAxis` says. */
  threshold: number;
  /** Edges that can be judged. */
  edges: number;
  /** Share of them whose parent's class lies above the child's or is the same; NaN without edges. */
  share: number;
  /** 95 % interval of `share`. */
  interval: readonly [number, number];
  /** `share` with parents dealt out anew among the same edges. */
  shuffledNull: NullSpread;
  /** `share` of random pairs. */
  randomNull?: NullSpread;
}

/** What the figure shows. */
export interface TaxonomyAgreementInput {
  /** By ascending threshold. */
  edges: readonly EdgeAgreementPoint[];
  /** F1 of each live latent with its best class, 0 to 1. */
  f1: ArrayLike<number>;
  /** The same with documents and classes paired at random; the values of several runs may follow each other. */
  nullF1: ArrayLike<number>;
  /** F1 of each latent on documents that neither its class nor its threshold was chosen on. */
  heldOutF1?: ArrayLike<number>;
  /** F1 of each family's documents with its best class. */
  familyF1?: ArrayLike<number>;
}

/** Options of `drawTaxonomyAgreement`. */
export interface TaxonomyAgreementOptions extends FigureOptions {
  /** Name of the threshold's axis, as plain text. Default "least edge weight". */
  edgeAxis?: string;
  /** Width of a step of F1. Default 0.01. */
  binWidth?: number;
}

/** Values of one SAE's families. */
export interface ValueSeries extends NamedSeries {
  /** What is not finite is left out. */
  values: ArrayLike<number>;
}

/** The families of one SAE, counted by the pass that found them. */
export interface PassSeries extends NamedSeries {
  /** Families found in the first pass, the second and so on. */
  counts: readonly number[];
  /** Someone else's numbers: hollow bars. Default false. */
  isReference?: boolean;
}

/** Options of `drawFiringRatio`. */
export interface FiringRatioOptions extends FigureOptions {
  /** Width of a bin. Default 0.25. */
  binWidth?: number;
}

/** Most members that the figure of families' sizes shows. */
const LARGEST_SIZE = 20;

const [SAE_COLOUR, RANDOM_COLOUR, FAMILY_COLOUR] = CATEGORIES;

/**
 * Agreement with a known taxonomy, each beside chance: the share of parent-child edges that run from a class to the
 * same or a narrower one, by threshold; and the share of latents (and of families) that match some class with at least
 * a given F1, on a log axis. Bands are 95 % intervals of the SAE, two standard deviations of the null. The two plots stand side by
 * side, in a paper column one above the other.
 */
export function drawTaxonomyAgreement(
  input: TaxonomyAgreementInput,
  options: TaxonomyAgreementOptions = {},
): Figure {
  const named = { defaultName: "taxonomy-agreement" };
  return lines({
    ...{ ...named, defaultTitle: "Agreement with a known taxonomy", ...options },
    plots: [
      {
        lines: edgeLines(input.edges),
        x: { title: plotlyText(options.edgeAxis ?? "least edge weight"), grid: false },
        y: { title: "edges that agree", range: [0, 1.02], format: ".0%" },
        digits: { x: 4, y: 5 },
      },
      tailPlot(input, options.binWidth ?? 0.01),
    ],
    arrange: { aspect: { above: 1.35, beside: 0.48 }, gap: { above: 6, beside: 6 } },
  });
}

/**
 * How much closer families' parents are to their members than the members to each other: a histogram of R, one per family,
 * for each SAE, a dashed line at its mean. Needs `familyStatistics(…).ratios`; infinite ones (members that never meet)
 * are left out. Throws RangeError without series.
 */
export function drawFiringRatio(
  series: readonly ValueSeries[],
  { binWidth = 0.25, ...options }: FiringRatioOptions = {},
): Figure {
  requireSome("drawFiringRatio", series);
  return histogram({
    ...{
      defaultName: "firing-ratio",
      defaultTitle: "Co-activation of parents and among members",
      ...options,
    },
    panels: [{ series: series.map(({ values, ...one }) => meanSeries(one, values, "families")) }],
    x: { title: "R: co-activation parent to member over member to member" },
    ...{ binWidth, counted: "families" },
  });
}

/**
 * How many families each pass found: a group of bars per pass. Needs the families' `pass` (`countByPass`), as
 * `families.json` gives it. Throws RangeError without series.
 */
export function drawSubtreesPerPass(
  series: readonly PassSeries[],
  options: FigureOptions = {},
): Figure {
  requireSome("drawSubtreesPerPass", series);
  const passes = Math.max(...series.map(({ counts }) => counts.length));
  return bars({
    ...{ defaultName: "subtrees-per-pass", defaultTitle: "Families by pass", ...options },
    series: series.map(({ counts, ...one }): BarSeries => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      return { ...one, values: counts, legend: `${one.name} (${total} families)` };
    }),
    groups: Array.from({ length: passes }, (_, pass) => String(pass + 1)),
    ...{ x: "pass", y: "families", hover: "pass %{x}: %{y} families" },
  });
}

/** Families by pass, from the first on; a pass without any counts 0. */
export function countByPass(families: readonly { pass?: number }[]): number[] {
  const counts: number[] = [];
  for (const { pass = 0 } of families) {
    while (counts.length <= pass) counts.push(0);
    counts[pass]++;
  }
  return counts;
}

/** Share of the families of each number of members, up to 20; `references` are lines of others. */
export function drawFamilySizes(
  sizes: readonly number[],
  { references = [], ...options }: FigureOptions & { references?: readonly Line[] } = {},
): Figure {
  const shown = [...new Set(sizes)].filter((size) => size <= LARGEST_SIZE).sort((a, b) => a - b);
  const shareOf = (size: number): number =>
    sizes.filter((other) => other === size).length / sizes.length;
  const own: Line = {
    ...{ name: "this atlas", label: "end", draw: "both", pointSize: 1.5 },
    ...{ x: shown, y: shown.map(shareOf) },
  };
  const plot = {
    lines: [own, ...references],
    x: { title: "members of the family" },
    y: { title: "share of the families" },
  };
  const defaultTitle = "Sizes of families";
  return lines({ defaultName: "family-sizes", defaultTitle, ...options, plots: [plot] });
}

/**
 * How well families hold together, as radar charts. Needs a score per member: of the family's name tested on each member
 * (`parseFamilyAnalysis`), or the share of its documents in the family's class (`memberCoherence`). Throws as `radar` does.
 */
export function drawRadarCharts(
  { measures, families }: { measures: readonly string[]; families: readonly RadarGroup[] },
  options: FigureOptions & { maxMembers?: number } = {},
): Figure {
  const defaultTitle = `Families: ${measures[0]} of each member`;
  const parts = { measures, groups: families };
  return radar({ defaultName: "radar-charts", defaultTitle, ...options, ...parts });
}

/**
 * The families to show beside each other: the `good` with the highest scores, then the `bad` with the lowest, of those
 * with `least` to `most` members (defaults 2, 2, 4, 18), larger ones first where scores are equal.
 */
export function chooseRadarFamilies<F extends RadarGroup>(
  families: readonly F[],
  { good = 2, bad = 2, least = 4, most = 18 }: RadarChoice = {},
): F[] {
  const fitting = families.filter(
    ({ members, score }) =>
      members.length >= least && members.length <= most && Number.isFinite(score ?? NaN),
  );
  const ranked = [...fitting].sort(
    (a, b) => Number(b.score) - Number(a.score) || b.members.length - a.members.length,
  );
  const best = ranked.slice(0, good);
  return [...best, ...ranked.slice(best.length).slice(bad === 0 ? Infinity : -bad)];
}

/** How `chooseRadarFamilies` chooses. */
export interface RadarChoice {
  good?: number;
  bad?: number;
  /** Fewest and most members of a family. */
  least?: number;
  most?: number;
}

function edgeLines(points: readonly EdgeAgreementPoint[]): Line[] {
  const x = points.map((point) => point.threshold);
  const line = (name: string, y: number[]): Line => ({
    ...{ name, x, y },
    hover: `${name}: %{y:.1%} of edges<br>at %{x}<extra></extra>`,
  });
  const nulls = points.map((point) => point.shuffledNull);
  const shuffled: Line = {
    ...line(
      "shuffled",
      nulls.map(({ mean }) => mean),
    ),
    ...{ colour: MUTED, dash: "dash", rank: 2 },
    band: {
      low: nulls.map(({ mean, sd }) => mean - 2 * sd),
      high: nulls.map(({ mean, sd }) => mean + 2 * sd),
      opacity: 0.18,
    },
  };
  const own: Line = {
    ...line(
      "this SAE",
      points.map((point) => point.share),
    ),
    ...{ colour: SAE_COLOUR, draw: "both", pointSize: 1.3, rank: 1 },
    band: {
      low: points.map(({ interval }) => interval[0]),
      high: points.map(({ interval }) => interval[1]),
      opacity: 0.18,
    },
    customdata: points.map((point) => point.edges),
    hover: "this SAE: %{y:.1%} of %{customdata} edges<br>at %{x}<extra></extra>",
  };
  const random: Line = {
    ...line(
      "random pairs",
      points.map(({ randomNull }) => randomNull?.mean ?? NaN),
    ),
    ...{ colour: RANDOM_COLOUR, dash: "dot", rank: 3 },
  };
  return [shuffled, own, ...(points.some((point) => point.randomNull) ? [random] : [])];
}

/** The shares of values that reach x, as falling lines. */
function tailPlot(
  { f1, nullF1, heldOutF1, familyF1 }: TaxonomyAgreementInput,
  width: number,
): LinePlot {
  const tail = (
    name: string,
    values: ArrayLike<number> | undefined,
    style: Partial<Line>,
  ): Line[] =>
    values === undefined
      ? []
      : [
          {
            ...{ name, ...tailOf(values, width), ...style },
            hover: `${name}: %{y:.2%}<br>have an F1 of %{x} or more<extra></extra>`,
          },
        ];
  const list = [
    // The first plot's lines stand in the legend for these.
    ...tail("shuffled", nullF1, { colour: MUTED, dash: "dash", label: "none" }),
    ...tail("held out", heldOutF1, { colour: SAE_COLOUR, dash: "dot", label: "legend", rank: 4 }),
    ...tail("families", familyF1, { colour: FAMILY_COLOUR, label: "legend", rank: 4 }),
    ...tail("this SAE", f1, { colour: SAE_COLOUR, label: "none" }),
  ];
  const shares = list.flatMap(({ y }) => Array.from(y, (share) => roundValue(share, 5)));
  const least = Math.max(1e-6, Math.min(0.1, ...shares));
  return {
    lines: list,
    x: { title: "F1 with the best class", range: [0, 1], grid: false },
    y: {
      ...{ title: "share of at least this F1", log: true, format: "~%" },
      layout: { range: [Math.log10(least) - 0.15, 0.05], dtick: 1 },
    },
    digits: { x: 4, y: 5 },
  };
}

/** The share of values of x or more at each multiple of `width` up to the last that any value reaches. */
function tailOf(values: ArrayLike<number>, width: number): { x: number[]; y: number[] } {
  const { start, counts } = binValues(values, width);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const x: number[] = [];
  const y: number[] = [];
  let left = total;
  for (let b = 0; b < counts.length; b++) {
    x.push(start + b * width);
    y.push(left / total);
    left -= counts[b];
  }
  if (start > 0 && total > 0) {
    x.unshift(0);
    y.unshift(1);
  }
  return { x, y };
}
