import { compact } from "../../core/collections.js";
import { familyStatistics } from "../../families/statistics/family-statistics.js";
import { bars } from "../../figures/charts/bars.js";
import { binValues } from "../../figures/charts/bins.js";
import { histogram } from "../../figures/charts/histogram.js";
import { type Line, type LinePlot, lines } from "../../figures/charts/lines.js";
import { type RadarGroup, radar } from "../../figures/charts/radar.js";
import { roundValue } from "../../figures/figure.js";
import { CATEGORIES, MUTED } from "../../figures/theme/palette.js";
import { familyLatents, familyName } from "../../records/family.js";
import { hardestNull } from "../../taxonomy/hardest-null.js";
import { memberCoherence } from "../../taxonomy/member-coherence.js";
import type { TaxonomyReport } from "../../taxonomy/taxonomy-report.js";
import { type FigureEntry, Undrawn, figure, inGroup } from "./entry.js";
import { ONE_FAMILY_FIGURES } from "./family.js";
import { PAPER_FAMILY_LINE, PAPER_PASSES } from "./paper.js";
import { labeller } from "./reading.js";
import { FAMILIES, TAXONOMY } from "./requirements.js";
import { sizesName } from "./sources.js";
import { STABILITY_FIGURE } from "./stability.js";

const F1_STEP = 0.01;

const [SAE_COLOUR, RANDOM_COLOUR, FAMILY_COLOUR] = CATEGORIES;
const COHERENCE = "share in the family's class";

/** Figures of an atlas's families. */
export const FAMILY_FIGURES: readonly FigureEntry[] = inGroup("families", [
  ...ONE_FAMILY_FIGURES,
  figure({
    name: "radar-charts",
    shows: "how well the members of two good and two poor families fit",
    paper: "radar_charts",
    requires: [FAMILIES, TAXONOMY],
    read: async ({ atlas }) => {
      const index = await atlas.classIndex();
      if (!index) return new Undrawn(TAXONOMY.needs);
      const [postings, label] = [await atlas.postings(), await labeller(atlas)];
      const families = (await atlas.families()).map((family) => {
        const latents = familyLatents(family);
        const { f1, shares } = memberCoherence(latents, postings, index);
        const members = latents.map((one, at) => ({ label: label(one), scores: [shares[at]] }));
        return { name: familyName(family), score: f1, members };
      });
      const chosen = bestAndWorst(families);
      return chosen.length > 0 ? chosen : new Undrawn("no family has 4 to 18 latents and a class");
    },
    title: () => `Families: ${COHERENCE} of each member`,
    draw: (groups, options) => radar({ ...options, measures: [COHERENCE], groups }),
  }),
  figure({
    name: "taxonomy-agreement",
    shows: "how latents and families agree with the corpus's classes",
    requires: [TAXONOMY],
    read: async ({ atlas }) => {
      const report = await atlas.taxonomy();
      if (!report) return new Undrawn(TAXONOMY.needs);
      const { counts } = await atlas.coactivation();
      const isLive = (_: unknown, latent: number): boolean => counts[latent] > 0;
      return {
        edges: report.edges,
        isFlat: report.isFlat,
        f1: report.matches.map((match) => match.f1).filter(isLive),
        heldOutF1: report.heldOutF1.filter(isLive),
        familyF1: report.families?.families.map(({ union }) => union.f1),
        nullF1: report.nullF1,
        baselines: report.baselines,
      };
    },
    title: () => "Agreement with a known taxonomy",
    draw: (input, options) =>
      lines({
        ...options,
        plots: [
          {
            lines: edgeLines(input.edges),
            x: { title: "least edge weight", grid: false },
            y: {
              title: input.isFlat ? "edges of one class" : "edges that agree",
              range: [0, 1.02],
              format: ".0%",
            },
            digits: { x: 4, y: 5 },
          },
          tailPlot(input),
        ],
        arrange: { aspect: { above: 1.35, beside: 0.48 }, gap: { above: 6, beside: 6 } },
      }),
  }),
  STABILITY_FIGURE,
  figure({
    name: "family-sizes",
    shows: "how many members families have",
    paper: "clean_families.json (released)",
    overlay: "beside",
    requires: [FAMILIES],
    read: async ({ atlas }) => (await atlas.families()).map(({ members }) => members.length),
    title: () => "Sizes of families",
    draw: (sizes, { paper, ...options }) => {
      const x = [...new Set(sizes)].sort((a, b) => a - b);
      const shareFrom = (least: number): number =>
        sizes.filter((size) => size >= least).length / sizes.length;
      const own: Line = {
        ...{ name: "this atlas", label: "end", draw: "both", pointSize: 1.5 },
        ...{ x, y: x.map(shareFrom) },
      };
      const plot = {
        lines: [own, ...(paper ? [PAPER_FAMILY_LINE] : [])],
        x: { title: "members of the family", log: true },
        y: { title: "share of the families with at least so many", log: true },
      };
      return lines({ ...options, plots: [plot] });
    },
  }),
  figure({
    name: "firing-ratio",
    shows: "co-activation of parents and members over that among members",
    paper: "firing-ratio histogram (code)",
    requires: [FAMILIES],
    read: async ({ atlases }) => {
      const series = [];
      for (const atlas of atlases) {
        const families = await atlas.families();
        const nodes = [...new Set(families.flatMap(familyLatents))].sort((a, b) => a - b);
        const coactivation = await atlas.coactivation();
        const { ratios } = familyStatistics(families, nodes, coactivation, { seeds: [] });
        series.push({ name: sizesName(await atlas.sae()), values: ratios });
      }
      return series;
    },
    title: () => "Co-activation of parents and among members",
    draw: (series, options) =>
      histogram({
        ...options,
        panels: [{ series: series.map((one) => ({ ...one, mark: "mean", notes: infinite(one) })) }],
        x: { title: "R: co-activation parent to member over member to member" },
        ...{ binWidth: 0.25, counted: "families" },
      }),
  }),
  figure({
    name: "subtrees-per-pass",
    shows: "families found in each pass",
    paper: "subtrees per iteration (code)",
    overlay: "beside",
    requires: [FAMILIES],
    read: async ({ atlases }) =>
      Promise.all(
        atlases.map(async (atlas) => {
          const passes = (await atlas.families()).map(({ pass = 0 }) => pass);
          const values = Array.from(
            { length: Math.max(...passes) + 1 },
            (_, pass) => passes.filter((one) => one === pass).length,
          );
          return { name: sizesName(await atlas.sae()), values };
        }),
      ),
    title: () => "Families by pass",
    draw: (own, { paper, ...options }) => {
      const series = [...own, ...(paper ? [PAPER_PASSES] : [])].map((one) => {
        const total = one.values.reduce((sum, count) => sum + count, 0);
        return { ...one, legend: `${one.name} (${total} families)` };
      });
      const passes = Math.max(...series.map(({ values }) => values.length));
      return bars({
        ...{ ...options, series, x: "pass", y: "families" },
        groups: Array.from({ length: passes }, (_, pass) => String(pass + 1)),
        hover: "pass %{x}: %{y} families",
      });
    },
  }),
]);

/** How many families have members that never meet, whose ratio has no place on the axis. */
function infinite({ values }: { values: ArrayLike<number> }): string[] {
  const count = Array.from(values).filter((value) => !Number.isFinite(value)).length;
  return count > 0 ? [`${count} undefined`] : [];
}

/** The two families of 4 to 18 latents with the highest scores and the two with the lowest, larger ones first among equals. */
function bestAndWorst<F extends RadarGroup & { score: number }>(families: readonly F[]): F[] {
  const ranked = families
    .filter(({ members, score }) => members.length >= 4 && members.length <= 18 && score >= 0)
    .sort((a, b) => b.score - a.score || b.members.length - a.members.length);
  return [...ranked.slice(0, 2), ...ranked.slice(2).slice(-2)];
}

/** What edges and latents agree by, each beside chance. */
interface Agreement {
  edges: TaxonomyReport["edges"];
  isFlat?: boolean;
  f1: readonly number[];
  nullF1: readonly number[];
  heldOutF1?: readonly number[];
  familyF1?: readonly number[];
  baselines?: readonly { units: string; f1: readonly number[] }[];
}

/** The share of edges that agree, by their least weight; bands are 95 % intervals, two standard deviations of the null. */
function edgeLines(points: Agreement["edges"]): Line[] {
  const x = points.map((point) => point.threshold);
  const line = (name: string, y: number[], style: Partial<Line>): Line => ({
    ...{ name, x, y, hover: `${name}: %{y:.1%} of edges<br>at %{x}<extra></extra>`, ...style },
  });
  const nulls = points.map((point) => point.shuffledNull);
  const means = nulls.map(({ mean }) => mean);
  const band = (low: number[], high: number[]): Line["band"] => ({ low, high, opacity: 0.18 });
  return compact([
    line("shuffled", means, {
      ...{ colour: MUTED, dash: "dash", rank: 2 },
      band: band(
        nulls.map(({ mean, sd }) => mean - 2 * sd),
        nulls.map(({ mean, sd }) => mean + 2 * sd),
      ),
    }),
    line(
      "this SAE",
      points.map((point) => point.share),
      {
        ...{ colour: SAE_COLOUR, draw: "both", pointSize: 1.3, rank: 1 },
        band: band(
          points.map(({ interval }) => interval[0]),
          points.map(({ interval }) => interval[1]),
        ),
        customdata: points.map((point) => point.edges),
        hover: "this SAE: %{y:.1%} of %{customdata} edges<br>at %{x}<extra></extra>",
      },
    ),
    // Absent in reports of earlier versions.
    points.some(({ branchNulls }) => branchNulls !== undefined) &&
      line(
        "hardest null",
        points.map((point) => hardestNull(point).share),
        { colour: FAMILY_COLOUR, dash: "dot", rank: 4 },
      ),
    line(
      "random pairs",
      points.map(({ randomNull }) => randomNull.mean),
      { colour: RANDOM_COLOUR, dash: "dot", rank: 3 },
    ),
  ]);
}

/** The shares of latents and families that match some class with an F1 of x or more, as falling lines. */
function tailPlot({ f1, nullF1, heldOutF1, familyF1, baselines = [] }: Agreement): LinePlot {
  const tail = (
    name: string,
    values: readonly number[] | undefined,
    style: Partial<Line>,
  ): Line[] =>
    values === undefined
      ? []
      : [
          {
            ...{ name, ...tailOf(values), ...style },
            hover: `${name}: %{y:.2%}<br>have an F1 of %{x} or more<extra></extra>`,
          },
        ];
  const list = [
    // The first plot's lines stand in the legend for these.
    ...tail("shuffled", nullF1, { colour: MUTED, dash: "dash", label: "none" }),
    ...tail("held out", heldOutF1, { colour: SAE_COLOUR, dash: "dot", label: "legend", rank: 4 }),
    ...baselines.flatMap(({ units, f1: others }, at) =>
      tail(units, others, { colour: CATEGORIES[3 + at], dash: "dash", label: "legend", rank: 5 }),
    ),
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

/** The share of values of x or more at each step up to the last that any value reaches. */
function tailOf(values: readonly number[]): { x: number[]; y: number[] } {
  const { start, counts } = binValues(values, F1_STEP);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const x = counts.map((_, b) => start + b * F1_STEP);
  let left = total;
  const y = counts.map((count) => {
    const share = left / total;
    left -= count;
    return share;
  });
  return start > 0 && total > 0 ? { x: [0, ...x], y: [1, ...y] } : { x, y };
}
