import path from "node:path";
import type { Postings } from "../../core/codes.js";
import { drawCosineScatter } from "../../figures/charts/cosine-scatter.js";
import { drawErrorLines } from "../../figures/charts/error-lines.js";
import type { Figure } from "../../figures/figure.js";
import { drawHistogramPanels } from "../../figures/charts/histogram-panels.js";
import { drawDimensionMagnitudes, drawMagnitudeDecay } from "../../figures/charts/rank-curves.js";
import { drawComputeFrontier, drawScalingLaw } from "../../figures/charts/scaling.js";
import { maxSelfCosines } from "../../sae/measure/decoder-cosine.js";
import { sweepKept } from "../../sae/measure/kept-sweep.js";
import { dimensionMagnitudes, magnitudeDecay } from "../../sae/measure/magnitude-decay.js";
import { encoderDecoderCosine } from "../../sae/sae.js";
import type { GridRow } from "../../sae/train/train-grid.js";
import { optimiseEdits } from "../../search/study/edit-optimisation.js";
import { typicalActivations } from "../../search/steer.js";
import type { AtlasStore } from "../store.js";
import type { AtlasFigureOptions, FigureEntry } from "./entry.js";
import { GRID, PLAIN_TOP_K, SEVERAL_SAES, TOP_K, severalOf } from "./requirements.js";
import {
  densityFigure,
  densityPanels,
  headlineFigure,
  headlinePanels,
  selfPanels,
  variedFigure,
  variedPanels,
} from "./sae-panels.js";
import { type FigureSources, sizesName } from "./sources.js";

/** Documents that the sweeps over k and over edits use: a batch, as in the paper. */
const SWEEP_DOCUMENTS = 1024;
/** Documents whose pre-activations are averaged. */
const DECAY_DOCUMENTS = 300;
/** Points of the sweep over k, at even distances of its logarithm. */
const SWEEP_POINTS = 25;

/** Latents turned on at once, as in the paper. */
const EDITS: readonly number[] = [1, 2, 4, 8, 16, 32, 64];

const KEPT_FIGURE = {
  name: "error-by-kept",
  title: "Error by latents kept at inference",
  x: { title: "latents kept a document", log: true },
  y: { title: "normalised error" },
} as const;

const READ_BACK_FIGURE = {
  name: "read-back-error",
  title: "Error of reading back an edited code",
  x: { title: "silent latents turned on", log: true, ticks: EDITS },
  y: { title: "normalised error of the code" },
} as const;

/** Figures of several SAEs, and of one SAE over the numbers of latents that it keeps. */
export const SAE_ENTRIES: readonly FigureEntry[] = [
  {
    name: "scaling-law",
    group: "training",
    shows: "error by number of latents, with power laws",
    paper: "l_n_k_scaling",
    requires: [GRID],
    draw: async (sources, options) => drawScalingLaw(await gridRows(sources), options),
  },
  {
    name: "compute-frontier",
    group: "training",
    shows: "error by compute, with the frontier of each k",
    paper: "reconstruction_loss_plot_flops",
    requires: [GRID],
    draw: async (sources, options) => drawComputeFrontier(await gridRows(sources), options),
  },
  {
    name: "error-by-kept",
    group: "training",
    shows: "error of one SAE by the latents kept at inference",
    paper: "nMSE vs k (notebook)",
    requires: [TOP_K],
    draw: drawErrorByKept,
  },
  {
    name: "density-panels",
    group: "across SAEs",
    shows: "density of the latents of several SAEs, one above the other",
    paper: "log_feature_density, log_feature_density_combined",
    requires: [SEVERAL_SAES],
    draw: async (sources, options) =>
      drawHistogramPanels({ ...densityFigure, panels: await densityPanels(sources) }, options),
  },
  {
    name: "max-cosine-headline",
    group: "across SAEs",
    shows: "how alike latents of SAEs are whose k and n grow together",
    paper: "multiple_cosine_sim_histograms",
    requires: [SEVERAL_SAES],
    draw: async (sources, options) =>
      drawHistogramPanels({ ...headlineFigure, panels: await headlinePanels(sources) }, options),
  },
  {
    name: "max-cosine-by-k",
    group: "across SAEs",
    shows: "how alike latents of SAEs of other n are, a panel for each k",
    paper: "combined_multiple_cosine_sim_histograms_k",
    requires: [severalOf("n")],
    draw: async (sources, options) =>
      drawHistogramPanels(
        { ...variedFigure("k"), panels: await variedPanels(sources, "k") },
        options,
      ),
  },
  {
    name: "max-cosine-by-n",
    group: "across SAEs",
    shows: "how alike latents of SAEs of other k are, a panel for each n",
    paper: "combined_multiple_cosine_sim_histograms_n",
    requires: [severalOf("k")],
    draw: async (sources, options) =>
      drawHistogramPanels(
        { ...variedFigure("n"), panels: await variedPanels(sources, "n") },
        options,
      ),
  },
  {
    name: "max-cosine-self",
    group: "across SAEs",
    shows: "how alike the latents of each SAE are to one another, k by n",
    paper: "max_cosine_similarity_histograms_self",
    requires: [SEVERAL_SAES],
    draw: async (sources, options) => drawHistogramPanels(await selfPanels(sources), options),
  },
  {
    name: "encoder-decoder-scatter",
    group: "latents",
    shows: "encoder-decoder cosine by the nearest other decoder direction",
    paper: "cosine_similarity_encoder_decoder_scatter",
    requires: [],
    draw: drawEncoderDecoderScatter,
  },
  {
    name: "magnitude-decay",
    group: "latents",
    shows: "pre-activations of a document by rank, with the k that is kept",
    paper: "latent-magnitude decay (code)",
    requires: [],
    draw: drawDecay,
  },
  {
    name: "dimension-magnitudes",
    group: "latents",
    shows: "magnitude of the embeddings' dimensions",
    paper: "embedding-dim magnitude (code)",
    requires: [],
    draw: drawDimensions,
  },
  {
    name: "read-back-error",
    group: "search",
    shows: "error of reading back a code with 1 to 64 latents turned on",
    paper: "mse_vs_a_zero_to_active",
    requires: [PLAIN_TOP_K],
    draw: drawReadBackError,
  },
];

async function drawErrorByKept(
  sources: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const { k, kept, errors } = await sweepAtlas(sources);
  const line = { label: "", x: kept, y: errors };
  return drawErrorLines(
    { ...KEPT_FIGURE, lines: [line], marks: [{ x: k, label: "k of the training" }] },
    options,
  );
}

async function drawEncoderDecoderScatter(
  { atlas }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  return drawCosineScatter(await directionCosines(atlas), options);
}

async function drawReadBackError(
  sources: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const { counts, errors } = await readBackAtlas(sources);
  const lines = [{ label: "", x: counts, y: errors }];
  return drawErrorLines({ ...READ_BACK_FIGURE, lines }, options);
}

async function drawDecay(sources: FigureSources, options: AtlasFigureOptions): Promise<Figure> {
  const sae = await sources.atlas.sae();
  const { magnitudes, smooth } = magnitudeDecay(
    sae,
    await sources.sampleEmbeddings(DECAY_DOCUMENTS),
  );
  const series = [{ name: sizesName(sae), values: magnitudes, smooth, mark: sae.k }];
  return drawMagnitudeDecay(series, options);
}

async function drawDimensions(
  sources: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const values = dimensionMagnitudes(await sources.sampleEmbeddings(SWEEP_DOCUMENTS));
  const name = path.basename(path.resolve(sources.atlas.dir));
  return drawDimensionMagnitudes([{ name, values }], options);
}

async function gridRows(sources: FigureSources): Promise<readonly GridRow[]> {
  return (await sources.grid())?.rows ?? [];
}

/** Of each latent, the cosines of its decoder direction with the nearest other one and with its encoder direction. */
export async function directionCosines(
  atlas: AtlasStore,
): Promise<Parameters<typeof drawCosineScatter>[0]> {
  const sae = await atlas.sae();
  const nearest = await maxSelfCosines(sae, await atlas.engine());
  return { nearest, encoderDecoder: encoderDecoderCosine(sae) };
}

/** Error of the atlas's SAE by the latents kept, from a quarter to four times its k. */
export async function sweepAtlas(
  sources: FigureSources,
): Promise<{ k: number; kept: number[]; errors: number[] }> {
  const { atlas } = sources;
  const sae = await atlas.sae();
  const low = Math.log(Math.max(1, sae.k / 4));
  const high = Math.log(Math.min(sae.n, 4 * sae.k));
  const kept = Array.from({ length: SWEEP_POINTS }, (_, at) =>
    Math.round(Math.exp(low + ((high - low) * at) / (SWEEP_POINTS - 1))),
  );
  const embeddings = await sources.sampleEmbeddings(SWEEP_DOCUMENTS);
  const sweep = await sweepKept(sae, embeddings, [...kept, sae.k], await atlas.engine());
  return { k: sae.k, ...sweep };
}

/** Error of the code that comes back, without any optimisation, by the number of latents turned on. */
async function readBackAtlas(
  sources: FigureSources,
): Promise<{ counts: number[]; errors: number[] }> {
  const { atlas } = sources;
  const sae = await atlas.sae();
  const embeddings = await sources.sampleEmbeddings(SWEEP_DOCUMENTS);
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
export function liveTypical(postings: Postings): Float64Array {
  return typicalActivations(postings).map((value, latent) =>
    postings.offsets[latent] < postings.offsets[latent + 1] ? value : 0,
  );
}
