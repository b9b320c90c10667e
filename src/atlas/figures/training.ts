import { compact } from "../../core/collections.js";
import { type Axis, logAxis } from "../../figures/drawing/axis.js";
import { type Line, type LinePlot, lines } from "../../figures/charts/lines.js";
import { lossCurve } from "../../figures/loss-curve.js";
import { CATEGORIES } from "../../figures/theme/palette.js";
import { sweepKept } from "../../sae/measure/kept-sweep.js";
import type { ScalingFit, ScalingRun } from "../../sae/train/scaling.js";
import { evaluatePowerLaw, fitScaling } from "../../sae/train/scaling.js";
import type { GridRow } from "../../sae/train/train-grid.js";
import { type FigureEntry, Undrawn, figure, inGroup } from "./entry.js";
import { PAPER_COMPUTE_LINES, PAPER_KEPT_LINE, PAPER_SCALING_LINES } from "./paper.js";
import { GRID, TOP_K, TRAIN_LOG } from "./requirements.js";
import { type FigureSources, distinct } from "./sources.js";

/** Documents that the sweep over k uses: a batch, as in the paper. */
const SWEEP_DOCUMENTS = 1024;
/** Points of the sweep over k, evenly spaced on a log axis. */
const SWEEP_POINTS = 25;

/** Figures of training and of reconstruction error. */
export const TRAINING_FIGURES: readonly FigureEntry[] = inGroup("training", [
  figure({
    name: "loss-curve",
    shows: "error and dead latents by training step",
    requires: [TRAIN_LOG],
    read: async ({ atlas }) => (await atlas.trainLog()) ?? new Undrawn(TRAIN_LOG.needs),
    title: () => "Training",
    draw: (rows, options) => lossCurve(rows, options),
  }),
  figure({
    name: "scaling-law",
    shows: "error by number of latents, with power laws",
    paper: "l_n_k_scaling",
    overlay: "beside",
    requires: [GRID],
    read: gridRows,
    title: () => "Error by size",
    draw: (rows, { paper, ...options }) => {
      // SAEs of other embeddings are compared by n / d.
      const { d } = rows[0];
      const runs = paper ? rows.map((run) => ({ ...run, n: run.n / d })) : rows;
      const variable = { side: "n", name: paper ? "(n/d)" : "n" } as const;
      const x = paper
        ? { title: "latents over embedding width, n / d" }
        : { title: "latents n", ticks: distinct(runs.map(({ n }) => n)) };
      const plot = scalingPlot(
        runs,
        fitScaling(runs).size,
        variable,
        paper ? PAPER_SCALING_LINES : [],
      );
      return lines({ ...options, plots: [{ ...plot, x: { ...x, log: true, grid: false } }] });
    },
  }),
  figure({
    name: "compute-frontier",
    shows: "error by compute, with the frontier of each k",
    paper: "reconstruction_loss_plot_flops",
    overlay: "beside",
    requires: [GRID],
    read: gridRows,
    title: () => "Error by compute",
    draw: (runs, { paper, ...options }) => {
      const variable = { side: "flops", name: "F" } as const;
      const x = {
        title: "compute F (floating-point operations, one document per step)",
        ...{ log: true, grid: false, layout: { exponentformat: "power", nticks: 6 } },
      };
      const plot = scalingPlot(
        runs,
        fitScaling(runs).compute,
        variable,
        paper ? PAPER_COMPUTE_LINES : [],
      );
      return lines({ ...options, plots: [{ ...plot, x }] });
    },
  }),
  figure({
    name: "error-by-kept",
    shows: "error of one SAE by the latents kept at inference",
    paper: "nMSE vs k (notebook)",
    overlay: "beside",
    requires: [TOP_K],
    read: sweepAtlas,
    title: () => "Error by latents kept at inference",
    draw: ({ k, kept, errors }, { paper, ...options }) => {
      const own: Line = {
        ...{ name: paper ? `k ${k}` : "", label: "end", draw: "both", pointSize: 1.5 },
        ...{ x: paper ? kept.map((count) => count / k) : kept, y: errors },
      };
      const title = paper ? "latents kept over k of the training" : "latents kept per document";
      const plot = {
        lines: [own, ...(paper ? [PAPER_KEPT_LINE] : [])],
        x: { title, log: true },
        y: { title: "normalised error" },
        marks: [{ x: paper ? 1 : k, label: "k of the training" }],
      };
      return lines({ ...options, plots: [plot] });
    },
  }),
]);

async function gridRows(sources: FigureSources): Promise<readonly GridRow[] | Undrawn> {
  return (await sources.grid())?.rows ?? new Undrawn(GRID.needs);
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

/** For each k: the curves of the runs where they are known, the power law, and the ends of the runs as points. */
function scalingPlot(
  runs: readonly (ScalingRun & { curve?: GridRow["curve"] })[],
  fits: readonly ScalingFit[],
  { side, name }: { side: "n" | "flops"; name: string },
  references: readonly Line[],
): Omit<LinePlot, "x"> {
  const own = distinct(runs.map(({ k }) => k)).flatMap((k, i): Line[] => {
    const colour = CATEGORIES[i % CATEGORIES.length];
    const members = runs.filter((run) => run.k === k).sort((a, b) => a.n - b.n);
    const fit = fits.find((candidate) => candidate.k === k);
    const style = { name: "", label: "none", colour } as const;
    return compact([
      ...(side === "n" ? [] : members).flatMap(({ n, curve = [] }): Line[] => {
        const [x, y] = [0, 1].map((part) => curve.map((point) => point[part]));
        const hover = `n ${n}<br>%{x:.3s}<br>error %{y:.4f}<extra></extra>`;
        return x.length === 0 ? [] : [{ ...style, x, y, hover, width: 0.6 }];
      }),
      fit && {
        ...{ ...style, x: fit.range, y: fit.range.map((x) => evaluatePowerLaw(fit, x)) },
        ...({ dash: "dash", hover: "" } as const),
      },
      {
        ...lawName(k, fit, name),
        x: members.map((run) => run[side]),
        y: members.map((run) => run.normalized_mse),
        ...{ colour, label: "end", draw: fit ? "points" : "both", pointSize: 1.6 },
        hover: "%{x}<br>error %{y:.4f}<extra></extra>",
      },
    ]);
  });
  const all = [...own, ...references];
  return { lines: all, y: errorAxis(all.flatMap(({ y }) => Array.from(y))), digits: { y: 5 } };
}

/** What the legend says of k: as plain text, and as plotly's markup. */
function lawName(
  k: number,
  fit: ScalingFit | undefined,
  variable: string,
): Pick<Line, "name" | "markup"> {
  if (!fit) return { name: `k ${k}`, markup: `k ${k}` };
  const exponent = fit.b.toFixed(3).replace("-", "\u2212");
  const law = `k ${k}: ${fit.a.toPrecision(3)} ${variable}`;
  return { name: law + exponent, markup: `${law}<sup>${exponent}</sup>` };
}

function errorAxis(errors: readonly number[]): Axis {
  const axis = logAxis(errors);
  return { title: "normalised error", ...axis, ...(axis.ticks ? {} : { layout: { nticks: 6 } }) };
}
