import type { Postings } from "../../core/codes.js";
import { meanOf } from "../../figures/charts/bins.js";
import { contour } from "../../figures/charts/contour.js";
import { type Line, type LinePlot, lines } from "../../figures/charts/lines.js";
import { logAxis } from "../../figures/drawing/axis.js";
import { plotlyText } from "../../figures/drawing/text.js";
import { roundValue } from "../../figures/figure.js";
import { CATEGORIES, INK, SYMBOLS } from "../../figures/theme/palette.js";
import { STEERING_METHODS, typicalActivations } from "../../search/steer.js";
import type { MeanInterval } from "../../core/bootstrap.js";
import { optimiseEdits } from "../../search/study/edit-optimisation.js";
import type { SteeringReport } from "../search/steering-report.js";
import { type UngroupedFigure, Undrawn, figure } from "./entry.js";
import { PAPER_OPTIMISATION, PAPER_STEERING_LINES } from "./paper.js";
import { PLAIN_TOP_K, STEERING } from "./requirements.js";
import { type FigureSources, type NamedSae, distinct, sizesName } from "./sources.js";

/** Documents whose codes are edited and read back: step by step, and at once for each number of edits. */
const EDITED_DOCUMENTS = 512;
const READ_BACK_DOCUMENTS = 1024;
/** Latents turned on at once, as in the paper. */
const EDITS: readonly number[] = [1, 2, 4, 8, 16, 32, 64];

/** Success of steering, of the wanted latent and of the unwanted one. */
const SIDES = [
  { side: "up", measure: "upRises", title: "wanted latent rises" },
  { side: "down", measure: "downFalls", title: "unwanted latent falls" },
] as const;

const KINDS = [
  { kind: "zeroToActive", title: "silent latents turned on" },
  { kind: "activeToZero", title: "active latents turned off" },
] as const;

/** Figures of how steering does over many queries. */
export const STEERING_FIGURES: readonly UngroupedFigure[] = [
  figure({
    name: "steering-tradeoff",
    shows: "what steering achieves, by how far it moves the query",
    paper: "accuracy_vs_cosine_similarity",
    overlay: "alone",
    requires: [STEERING],
    read: async ({ atlas }): Promise<Tradeoff> => (await atlas.steering()) ?? { curves: [] },
    title: () => "What steering achieves, by how far it moves the query",
    draw: (report, { paper, ...options }) => {
      const plots = SIDES.map(({ side, measure, title }) => ({
        lines: [
          ...STEERING_METHODS.flatMap((method, at) =>
            methodLine(report, method, measure, {
              ...{ label: LABELS[side], colour: CATEGORIES[at] },
              ...{ symbol: SYMBOLS[at], dash: DASHES[at] },
            }),
          ),
          ...rewritingLine(report, measure, LABELS[side]),
          ...(paper ? PAPER_STEERING_LINES[side] : []),
        ],
        y: { title, fromZero: true, format: ".0%", range: [0, 1.03] as const },
        digits: { x: 4, y: 5 },
      }));
      const cosines = plots.flatMap(({ lines: list }) => list.flatMap(({ x }) => Array.from(x)));
      const most = roundValue(Math.max(...cosines) + 0.02, 4);
      const least = roundValue(Math.min(...cosines) - 0.02, 4);
      const range = [least, Math.min(paper ? 1.02 : 1, most)] as const;
      const x = { title: "cosine to the original query", range, grid: false };
      return lines({ ...options, plots: plots.map((plot): LinePlot => ({ ...plot, x })) });
    },
  }),
  figure({
    name: "steering-contour",
    shows: "cosine to the original query, by both strengths",
    paper: "cosine_similarity_contour_direct",
    requires: [STEERING],
    read: async ({ atlas }) => {
      const cells = (await atlas.steering())?.cells ?? [];
      // Strengths of 0 have no place on a log axis.
      const own = cells.filter(
        ({ method, up, down }) => method === cells[0].method && up > 0 && down > 0,
      );
      const sizes = [distinct(own.map(({ up }) => up)), distinct(own.map(({ down }) => down))];
      const isGrid = own.length === sizes[0].length * sizes[1].length;
      if (isGrid && sizes.every(({ length }) => length >= 2)) return own;
      return new Undrawn("needs every pair of two or more strengths up and down");
    },
    title: ([cell]) => `Cosine of steered queries to the original (${cell.method})`,
    draw: (cells, options) => {
      const ups = distinct(cells.map(({ up }) => up));
      const downs = distinct(cells.map(({ down }) => down));
      const cosineOf = (up: number, down: number): number => {
        const cell = cells.find((one) => one.up === up && one.down === down);
        return meanOf(cell?.cosines ?? []) ?? NaN;
      };
      return contour({
        ...options,
        x: { title: "strength down, in typical active values", values: downs },
        y: { title: "strength up, in typical active values", values: ups },
        z: ups.map((up) => downs.map((down) => cosineOf(up, down))),
        scale: "mean cosine",
        hover: "up %{y}, down %{x}<br>mean cosine %{z:.3f}<extra></extra>",
      });
    },
  }),
  figure({
    name: "iterative-optimisation",
    shows: "how near an input's code comes to an edited one, by step",
    paper: "iterative_optimisation, iterative_optimisation_active_to_zero",
    overlay: "beside",
    requires: [PLAIN_TOP_K],
    read: ownOptimisation,
    title: () => "Finding an input whose code is the edited one",
    draw: (series, { paper, ...options }) => {
      const theirs = (paper ? PAPER_OPTIMISATION : []).map((one) => ({
        ...one,
        isReference: true,
      }));
      const mixed = [...series.map((one) => ({ ...one, isReference: false })), ...theirs];
      // SAEs of one k have one colour and symbol, own or of the paper.
      const ks = distinct(mixed.map(({ k }) => k));
      const all = mixed.map((one) => {
        const at = ks.indexOf(one.k);
        return { ...one, style: { colour: CATEGORIES[at], symbol: SYMBOLS[at] } };
      });
      const plots = KINDS.map(({ kind, title }, at) => ({
        lines: all.map(({ name, style, isReference, [kind]: errors }): Line => ({
          ...{ ...style, name, isReference, label: at === 0 ? "legend" : "none" },
          ...{ x: errors.map((_, step) => step + 1), y: errors, draw: "both", pointSize: 1.6 },
          hover: `${plotlyText(name)}: %{y:.4f}<br>after step %{x}<extra></extra>`,
        })),
        x: { title: "step", grid: false, layout: { dtick: 1 } },
        y: { title: `error, ${title}`, ...logAxis(all.flatMap(({ [kind]: errors }) => errors)) },
      }));
      return lines({ ...options, plots });
    },
  }),
  figure({
    name: "read-back-error",
    shows: "error of reading back a code with 1 to 64 latents turned on",
    paper: "mse_vs_a_zero_to_active",
    requires: [PLAIN_TOP_K],
    read: readBackAtlas,
    title: () => "Error of reading back an edited code",
    draw: ({ counts, errors }, options) => {
      const plot: LinePlot = {
        lines: [{ name: "", label: "end", draw: "both", pointSize: 1.5, x: counts, y: errors }],
        x: { title: "silent latents turned on", log: true, ticks: counts },
        y: { title: "normalised error of the code" },
      };
      return lines({ ...options, plots: [plot] });
    },
  }),
];

type Tradeoff = Pick<SteeringReport, "curves"> & Partial<Pick<SteeringReport, "rewriting">>;
type Measure = (typeof SIDES)[number]["measure"];

/** What tells the methods' lines apart without colours, beside their symbols. */
const DASHES = ["solid", "dash", "dot", "solid", "dash"] as const;

/** The first plot's lines stand in the legend for both. */
const LABELS = { up: "legend", down: "none" } as const;

/** Success of one method by cosine, with its 95 % band. */
function methodLine(
  { curves }: Tradeoff,
  method: string,
  measure: Measure,
  style: Partial<Line>,
): Line[] {
  const own = curves.filter((point) => point.method === method);
  if (own.length === 0) return [];
  const points = own
    .map(({ cosine, measures }) => ({ cosine, value: measures[measure] }))
    .filter(({ value }) => value.n > 0)
    .sort((a, b) => a.cosine - b.cosine);
  return [
    {
      ...{ name: method, ...style, draw: "both", pointSize: 1.8 },
      x: points.map(({ cosine }) => cosine),
      y: points.map(({ value }) => value.mean),
      band: { ...intervalsOf(points.map(({ value }) => value)), opacity: 0.08 },
      hover: `${plotlyText(method)}: %{y:.3}<br>at cosine %{x}<extra></extra>`,
    },
  ];
}

/** Queries that a model rewrote, as a cross. */
function rewritingLine({ rewriting }: Tradeoff, measure: Measure, label: Line["label"]): Line[] {
  const cosine = meanOf(rewriting?.cosines.map((one) => one ?? NaN) ?? []);
  if (!rewriting || cosine === undefined) return [];
  const value = rewriting.measures[measure];
  return [
    {
      ...{ name: "rewritten by a model", label, colour: INK },
      ...{ x: [cosine], y: [value.mean], error: intervalsOf([value]) },
      ...{ draw: "points", symbol: "x", pointSize: 2.2 },
      hover: "rewritten: %{y:.3}<br>at mean cosine %{x}<extra></extra>",
    },
  ];
}

function intervalsOf(values: readonly MeanInterval[]): { low: number[]; high: number[] } {
  const [low, high] = [0, 1].map((end) => values.map(({ interval }) => interval[end]));
  return { low, high };
}

/** Errors of edits by step, of the SAE that is named. */
interface OptimisationSeries {
  name: string;
  k: number;
  zeroToActive: number[];
  activeToZero: number[];
}

/** Edits read back step by step, of the atlas's SAE or of the headline ones. */
async function ownOptimisation(sources: FigureSources): Promise<OptimisationSeries[]> {
  const { atlas } = sources;
  const embeddings = await sources.sampleEmbeddings(EDITED_DOCUMENTS);
  const sae = await atlas.sae();
  const own: readonly Pick<NamedSae, "name" | "sae" | "postings">[] =
    sources.compares === "grid"
      ? await sources.headline()
      : [{ name: sizesName(sae), sae, postings: () => atlas.postings() }];
  const series = [];
  for (const one of own) {
    const typical = liveTypical(await one.postings());
    const read = await optimiseEdits(one.sae, embeddings, await atlas.engine(), { typical });
    series.push({ name: one.name, k: one.sae.k, ...read });
  }
  return series;
}

/** Error of the code that comes back, without any optimisation, by the number of latents turned on. */
async function readBackAtlas(
  sources: FigureSources,
): Promise<{ counts: number[]; errors: number[] }> {
  const { atlas } = sources;
  const sae = await atlas.sae();
  const embeddings = await sources.sampleEmbeddings(READ_BACK_DOCUMENTS);
  const typical = liveTypical(await atlas.postings());
  const live = typical.filter((value) => value > 0).length;
  const counts = EDITS.filter((count) => count <= live - sae.k);
  const errors: number[] = [];
  for (const edits of counts) {
    const options = { typical, edits, steps: 1 };
    const read = await optimiseEdits(sae, embeddings, await atlas.engine(), options);
    errors.push(read.zeroToActive[0]);
  }
  return { counts, errors };
}

/** Typical active value of each latent [n]; 0 for a dead one, which is never read back. */
function liveTypical(postings: Postings): Float64Array {
  return typicalActivations(postings).map((value, latent) =>
    postings.offsets[latent] < postings.offsets[latent + 1] ? value : 0,
  );
}
