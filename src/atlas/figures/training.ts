import {
  drawComputeFrontier,
  drawErrorByKept,
  drawLossCurve,
  drawScalingLaw,
} from "../../figures/training.js";
import { sweepKept } from "../../sae/measure/kept-sweep.js";
import type { GridRow } from "../../sae/train/train-grid.js";
import { type FigureEntry, inGroup } from "./entry.js";
import { PAPER_COMPUTE_LINES, PAPER_KEPT_LINE, PAPER_SCALING_LINES } from "./paper.js";
import { GRID, TOP_K, TRAIN_LOG } from "./requirements.js";
import type { FigureSources } from "./sources.js";

/** Documents that the sweep over k uses: a batch, as in the paper. */
const SWEEP_DOCUMENTS = 1024;
/** Points of the sweep over k, evenly spaced on a log axis. */
const SWEEP_POINTS = 25;

/** Figures of training and of reconstruction error. */
export const TRAINING_FIGURES: readonly FigureEntry[] = inGroup("training", [
  {
    name: "loss-curve",
    shows: "error and dead latents by training step",
    requires: [TRAIN_LOG],
    draw: async ({ atlas }, options) => {
      const rows = await atlas.trainLog();
      return rows === undefined ? { reason: TRAIN_LOG.needs } : drawLossCurve(rows, options);
    },
  },
  {
    name: "scaling-law",
    shows: "error by number of latents, with power laws",
    paper: "l_n_k_scaling",
    overlay: "beside",
    requires: [GRID],
    draw: async (sources, { paper, ...options }) => {
      const rows = await gridRows(sources);
      if (!paper) return drawScalingLaw(rows, options);
      const references = { references: PAPER_SCALING_LINES, embeddingWidth: rows[0].d };
      return drawScalingLaw(rows, { ...options, ...references });
    },
  },
  {
    name: "compute-frontier",
    shows: "error by compute, with the frontier of each k",
    paper: "reconstruction_loss_plot_flops",
    overlay: "beside",
    requires: [GRID],
    draw: async (sources, { paper, ...options }) => {
      const rows = await gridRows(sources);
      return drawComputeFrontier(
        rows,
        paper ? { ...options, references: PAPER_COMPUTE_LINES } : options,
      );
    },
  },
  {
    name: "error-by-kept",
    shows: "error of one SAE by the latents kept at inference",
    paper: "nMSE vs k (notebook)",
    overlay: "beside",
    requires: [TOP_K],
    draw: async (sources, { paper, ...options }) => {
      const sweep = await sweepAtlas(sources);
      return drawErrorByKept(
        sweep,
        paper ? { ...options, references: [PAPER_KEPT_LINE] } : options,
      );
    },
  },
]);

async function gridRows(sources: FigureSources): Promise<readonly GridRow[]> {
  return (await sources.grid())?.rows ?? [];
}

/** Error of the atlas's SAE by the latents kept, from a quarter to four times its k. */
async function sweepAtlas(
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
