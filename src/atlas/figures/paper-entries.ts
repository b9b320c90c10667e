import path from "node:path";
import { readJson } from "../../files/json.js";
import { drawCosineScatter } from "../../figures/charts/cosine-scatter.js";
import { drawErrorLines } from "../../figures/charts/error-lines.js";
import type { Figure } from "../../figures/figure.js";
import { drawHistogramPanels } from "../../figures/charts/histogram-panels.js";
import { type MetricsRow, drawMetricsTable } from "../../figures/charts/metrics-table.js";
import { PAPER_GEOMETRY, PAPER_METRICS } from "../../figures/paper-numbers.js";
import { type SaeMetrics, computeMetrics } from "../../sae/measure/metrics.js";
import { encoderDecoderCosine } from "../../sae/sae.js";
import type { AtlasStore } from "../store.js";
import { ATLAS_FILES } from "../files.js";
import type { AtlasFigureOptions, FigureEntry } from "./entry.js";
import {
  PAPER_FAMILY_LINE,
  PAPER_STEERING_LINES,
  computeLines,
  familySizeLine,
  iterativeLines,
  keptLines,
  labelScoreLines,
  scalingLines,
} from "./paper-lines.js";
import { paperReferences } from "./paper-match.js";
import { FAMILIES, GRID, PLAIN_TOP_K, SEVERAL_SAES, TOP_K, severalOf } from "./requirements.js";
import { directionCosines, sweepAtlas } from "./sae-entries.js";
import { ownOptimisation } from "./search-entries.js";
import {
  densityFigure,
  densityPanels,
  headlineFigure,
  headlinePanels,
  variedFigure,
  variedPanels,
} from "./sae-panels.js";
import { type FigureSources, figureSources, sizesName } from "./sources.js";

type Lines = Parameters<typeof drawErrorLines>[0];

/** The paper's numbers beside one's own, which are solid where the paper's are dashed or hollow. */
export const PAPER_ENTRIES: readonly FigureEntry[] = [
  {
    ...described("scaling-law", "error by latents over width", "l_n_k_scaling"),
    requires: [GRID],
    draw: drawScalingLaw,
  },
  {
    ...described("compute-frontier", "error by compute", "reconstruction_loss_plot_flops"),
    requires: [GRID],
    draw: drawComputeFrontier,
  },
  {
    ...described("density-panels", "density of the latents", "log_feature_density"),
    requires: [SEVERAL_SAES],
    draw: drawDensityPanels,
  },
  {
    ...described(
      "max-cosine-headline",
      "nearest latents between SAEs that grow",
      "multiple_cosine_sim_histograms",
    ),
    requires: [SEVERAL_SAES],
    draw: drawMaxCosineHeadline,
  },
  ...(["k", "n"] as const).map((fixed): FigureEntry => ({
    ...described(
      `max-cosine-by-${fixed}`,
      `nearest latents between SAEs of equal ${fixed}`,
      `combined_multiple_cosine_sim_histograms_${fixed}`,
    ),
    requires: [severalOf(fixed === "k" ? "n" : "k")],
    draw: (sources, options) => drawMaxCosineBy(fixed, sources, options),
  })),
  {
    ...described(
      "encoder-decoder-cosine",
      "cosine of encoder and decoder directions",
      "cosine_similarity_histogram_decoder_encoder",
    ),
    requires: [],
    draw: drawEncoderDecoderCosine,
  },
  {
    ...described(
      "encoder-decoder-scatter",
      "encoder-decoder cosine by the nearest other direction",
      "cosine_similarity_encoder_decoder_scatter",
    ),
    requires: [],
    draw: drawEncoderDecoderScatter,
  },
  {
    ...described("label-scores", "scores of the labels by k", "pearson_correlations_combined"),
    requires: [],
    draw: drawLabelScores,
  },
  {
    ...described("family-sizes", "how large families are", "clean_families.json (released)"),
    requires: [FAMILIES],
    draw: drawFamilySizes,
  },
  {
    ...described("error-by-kept", "error by the latents kept at inference", "nMSE vs k (notebook)"),
    requires: [TOP_K],
    draw: drawErrorByKept,
  },
  {
    ...described(
      "iterative-optimisation",
      "error by step of the search for an input of an edited code",
      "iterative_optimisation, combined_iterative_optimisation",
    ),
    requires: [PLAIN_TOP_K],
    draw: drawIterations,
  },
  {
    ...described("steering-accuracy", "", "accuracy_vs_cosine_similarity"),
    shows:
      "accuracy of a judge that tells the steered latents by cosine to the query, theirs alone",
    requires: [],
    draw: (_sources, options) =>
      Promise.resolve(
        drawErrorLines(
          {
            ...theirs("steering-accuracy", "What a judge tells of steered searches"),
            lines: PAPER_STEERING_LINES,
            x: { title: "cosine to the query as it was" },
            y: { title: "accuracy", range: [0, 1] },
          },
          options,
        ),
      ),
  },
  {
    ...described("metrics-table", "metrics of the SAEs as a table", "the models' card"),
    requires: [],
    draw: async (sources, options) =>
      drawMetricsTable(
        ["SAE", "corpus", "error", "mean log density", "mean activation"],
        [...(await ownMetrics(sources)), ...paperMetrics()],
        { ...options, name: named("metrics-table", "").name },
      ),
  },
];

async function drawScalingLaw(
  sources: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const grid = await sources.grid();
  const lines = scalingLines(grid?.rows ?? []);
  const x = { title: "latents over embedding width, n / d", log: true };
  const y = { title: "normalised error", log: true };
  return drawErrorLines({ ...named("scaling-law", "Error by size"), lines, x, y }, options);
}

async function drawComputeFrontier(
  sources: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const grid = await sources.grid();
  const lines = computeLines(grid?.rows ?? []);
  const x = { title: "compute F (floating-point operations, one document a step)", log: true };
  const y = { title: "normalised error", log: true };
  const name = named("compute-frontier", "Error by compute");
  return drawErrorLines({ ...name, lines, x, y }, options);
}

async function drawDensityPanels(
  sources: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const references = paperReferences(await sources.headline(), "headline");
  const panels = await densityPanels(sources, references);
  return drawHistogramPanels({ ...densityFigure, ...paperName(densityFigure), panels }, options);
}

async function drawMaxCosineHeadline(
  sources: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const references = paperReferences(await sources.headline(), "headline");
  const panels = await headlinePanels(sources, references);
  const figure = { ...headlineFigure, ...paperName(headlineFigure), panels };
  return drawHistogramPanels(figure, options);
}

async function drawMaxCosineBy(
  fixed: "k" | "n",
  sources: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const figure = variedFigure(fixed);
  const panels = await variedPanels(sources, fixed, paperReferences(await sources.saes(), fixed));
  return drawHistogramPanels({ ...figure, ...paperName(figure), panels }, options);
}

async function drawEncoderDecoderCosine(
  { atlas }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const sae = await atlas.sae();
  const reference = PAPER_GEOMETRY.encoderDecoder.mean;
  const series = [{ name: "", values: encoderDecoderCosine(sae), reference }];
  return drawHistogramPanels(
    {
      ...named("encoder-decoder-cosine", "Encoder and decoder directions"),
      panels: [{ title: sizesName(sae), series }],
      xTitle: "cosine of encoder and decoder direction",
      binWidth: 0.01,
      mark: "mean",
      referenceName: "paper, k 64",
    },
    options,
  );
}

async function drawEncoderDecoderScatter(
  { atlas }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const { slope, encoderDecoder, nearestDecoder } = PAPER_GEOMETRY;
  const through = [nearestDecoder.mean, encoderDecoder.mean] as const;
  const reference = { name: "paper, k 64", slope, through };
  const { name } = named("encoder-decoder-scatter", "Directions of each latent");
  return drawCosineScatter(await directionCosines(atlas), { ...options, name, reference });
}

async function drawLabelScores(
  { atlas }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const { k } = await atlas.sae();
  const lines = labelScoreLines(k, [...(await atlas.labels()).values()]);
  const hasOwn = lines.some(({ isReference }) => !isReference);
  const figure: Lines = {
    ...(hasOwn ? named : theirs)("label-scores", "Pearson correlation of the labels"),
    lines,
    x: { title: "k of the SAE", log: true, ticks: [4, 8, 16, 32, 64, 128] },
    y: { title: "median, and share from 0.8", range: [0, 1.05] },
  };
  return drawErrorLines(figure, options);
}

async function drawFamilySizes(
  { atlas }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const sizes = (await atlas.families()).map(({ members }) => members.length);
  const lines = [familySizeLine(sizes), PAPER_FAMILY_LINE];
  const x = { title: "members of the family" };
  const y = { title: "share of the families" };
  const name = named("family-sizes", "Sizes of families");
  return drawErrorLines({ ...name, lines, x, y }, options);
}

async function drawErrorByKept(
  sources: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const lines = keptLines(await sweepAtlas(sources));
  const x = { title: "latents kept over k of the training", log: true };
  const y = { title: "normalised error" };
  const name = named("error-by-kept", "Error by latents kept at inference");
  return drawErrorLines({ ...name, lines, x, y }, options);
}

async function drawIterations(
  sources: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const lines = iterativeLines(await ownOptimisation(figureSources(sources.atlas)));
  const name = named("iterative-optimisation", "Error by step of the optimisation");
  const y = { title: "normalised error of the code" };
  return drawErrorLines({ ...name, lines, x: { title: "step" }, y }, options);
}

function described(
  name: string,
  shows: string,
  paper: string,
): Pick<FigureEntry, "name" | "group" | "shows" | "paper"> {
  return { name: named(name, "").name, group: "paper", shows: `${shows}, ours and theirs`, paper };
}

function named(name: string, title: string): { name: string; title: string } {
  return { name: `paper-${name}`, title: `${title}, ours and the paper's` };
}

/** Of a figure that has nothing of one's own to show. */
function theirs(name: string, title: string): ReturnType<typeof named> {
  return { ...named(name, ""), title: `${title}, the paper's alone` };
}

function paperName({ name, title }: { name: string; title: string }): ReturnType<typeof named> {
  return named(name, title);
}

/** Rows of the atlases' own SAEs, and of the headline SAEs where a grid was given. */
async function ownMetrics(sources: FigureSources): Promise<MetricsRow[]> {
  const rows: MetricsRow[] = [];
  for (const atlas of sources.atlases) rows.push(metricsRow(await atlasMetrics(atlas), atlas));
  if (sources.compares !== "grid") return rows;
  const engine = await sources.atlas.engine();
  for (const { sae } of await sources.headline()) {
    const metrics = await computeMetrics(sae, sources.atlas.paths.embeddings, { engine });
    rows.push(metricsRow(metrics, sources.atlas, " of the grid"));
  }
  return rows;
}

async function atlasMetrics(atlas: AtlasStore): Promise<SaeMetrics> {
  return (await readJson(path.join(atlas.dir, ATLAS_FILES.metrics))) as SaeMetrics;
}

function metricsRow(metrics: SaeMetrics, atlas: AtlasStore, origin = ""): MetricsRow {
  const { normalized_mse, mean_log10_density_live, mean_nonzero_activation } = metrics;
  return {
    cells: [
      `${sizesName(metrics)}${origin}`,
      path.basename(path.resolve(atlas.dir)),
      ...numbersOf([normalized_mse, mean_log10_density_live, mean_nonzero_activation]),
    ],
  };
}

function paperMetrics(): MetricsRow[] {
  return PAPER_METRICS.map((row) => ({
    cells: [
      `paper, ${sizesName(row)}`,
      row.domain,
      ...numbersOf([row.normalizedMse, row.meanLogDensity, row.meanActivation]),
    ],
    isReference: true,
  }));
}

function numbersOf([error, density, activation]: number[]): string[] {
  return [error.toFixed(4), density.toFixed(2).replace("-", "\u2212"), activation.toFixed(4)];
}
