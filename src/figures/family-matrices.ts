import type { Matrix } from "../core/matrix.js";
import { createMatrix } from "../core/matrix.js";
import type { Block } from "./charts/blocks.js";
import { type HeatScale, heatmap } from "./charts/heatmap.js";
import type { Figure, FigureOptions } from "./figure.js";
import { roundValue } from "./figure.js";

/** Options of the heatmaps of co-occurrence. */
export interface CooccurrenceOptions extends FigureOptions {
  /** The share from which on a cell has the darkest colour, over 0 to 1. Default: 0.2, 0.5 or 1, as the data ask. */
  max?: number;
  /** Of `drawFamilyHeatmap`: most latents shown, the first ones. Default: as many as stay legible. */
  maxLatents?: number;
}

/** What is shown of a family's documents. */
export type FamilyDocumentsKind = "overlap" | "ranks" | "activations";

/** One of the matrices of `familyDocuments`, with names. */
export interface FamilyDocumentsInput {
  /** Of the family, for the title. */
  name: string;
  kind: FamilyDocumentsKind;
  /** [latents, latents] for the overlap, else [latents, documents]. */
  values: Matrix;
  /** Of the latents, a row each. */
  labels: readonly string[];
  /** Titles of the documents, for hovering; not of the overlap. */
  titles?: readonly string[];
}

const DOCUMENT_TEXTS: Record<FamilyDocumentsKind, { title: string; scale: string }> = {
  overlap: { title: "Strongest documents shared", scale: "shared of both" },
  ranks: { title: "Ranks of documents", scale: "rank of the document" },
  activations: { title: "Activations in documents", scale: "activation" },
};

/** Ticks of ranks on a log scale. */
const RANK_TICKS = { values: [0, 1, 2, 3, 4, 5], texts: ["1", "10", "100", "1,000", "10⁴", "10⁵"] };

/**
 * Co-occurrence counts as shares of the rarer latent's: C_ij / min(f_i, f_j), where f is the diagonal of `counts`
 * [m, m]; 1 on the diagonal, 0 where a latent never occurs. Throws RangeError if the matrix is not square.
 */
export function shareOfRarer(counts: Matrix): Matrix {
  const { rows: m, cols, data } = counts;
  if (m !== cols)
    throw new RangeError(`shareOfRarer: expected a square matrix, got ${m} x ${cols}`);
  const out = createMatrix(m, m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      const rarer = Math.min(data[i * m + i], data[j * m + j]);
      out.data[i * m + j] = i === j ? 1 : rarer > 0 ? data[i * m + j] / rarer : 0;
    }
  }
  return out;
}

/**
 * How often the latents of a few families occur together: a heatmap with a border around each family's block and
 * the families' names at its left. `shares` are those of `shareOfRarer` [m, m] in the order of the blocks, `labels` are for
 * hovering (default their places). Throws RangeError where the blocks do not fit the matrix.
 */
export function drawCooccurrenceGrid(
  {
    shares,
    blocks,
    labels,
  }: { shares: Matrix; blocks: readonly Block[]; labels?: readonly string[] },
  options: CooccurrenceOptions = {},
): Figure {
  const m = shares.rows;
  const rows = labels ?? Array.from({ length: m }, (_, at) => String(at));
  const sum = blocks.reduce((total, block) => total + block.size, 0);
  if (sum !== m || rows.length !== m) {
    throw new RangeError(
      `drawCooccurrenceGrid: blocks and labels must fit ${m} latents, got ${sum} in blocks and ${rows.length} labels`,
    );
  }
  const defaultTitle = "Co-occurrence within and between families";
  return cooccurrence(
    { defaultName: "cooccurrence-grid", defaultTitle, rows, blocks },
    shares,
    options,
  );
}

/**
 * How often the latents of one family occur together: a heatmap with numbered labels at its left, the numbers again
 * below it. `shares` are those of `shareOfRarer` [m, m], the parent first. Throws RangeError where the labels do not fit.
 */
export function drawFamilyHeatmap(
  { name, shares, labels }: { name: string; shares: Matrix; labels: readonly string[] },
  options: CooccurrenceOptions = {},
): Figure {
  const names = { defaultName: "family-heatmap", defaultTitle: `Co-occurrence in “${name}”` };
  const cut = { maxRows: options.maxLatents, counted: "latents" };
  return cooccurrence({ ...names, rows: labels, ...cut }, shares, options);
}

/**
 * How a family's latents share documents, as a heatmap: the overlap of their strongest documents, or their activations or
 * ranks (dark for the first, log scale) in the documents that the family is most active in. Cells without any are
 * white. Needs `familyDocuments` and labels. Throws RangeError where labels or titles do not fit the matrix.
 */
export function drawFamilyDocuments(
  { name, kind, values, labels, titles }: FamilyDocumentsInput,
  options: FigureOptions = {},
): Figure {
  const numbers = Array.from({ length: values.cols }, (_, at) => `document ${at + 1}`);
  const { title, scale } = DOCUMENT_TEXTS[kind];
  const isRanks = kind === "ranks";
  // A rank of 0 stands for a document in which the latent is not active.
  const logs = values.data.map((rank) => (rank > 0 ? Math.log10(rank) : NaN));
  const shown = isRanks ? { ...values, data: logs } : values;
  const most = shown.data.reduce((top, value) => (value > top ? value : top), 0);
  return heatmap({
    ...{ defaultName: `family-${kind}`, defaultTitle: `${title} in “${name}”`, ...options },
    ...{ values: shown, details: values, rows: labels },
    columns: kind === "overlap" ? labels : (titles ?? numbers),
    scale: {
      title: scale,
      max: kind === "overlap" ? usualMost(values, 1) : Math.max(most, 1e-3),
      ...(isRanks ? { reverse: true, ticks: RANK_TICKS } : {}),
    },
    x: kind === "overlap" ? "latent" : "document, the family’s strongest first",
    hover: `%{y}<br>%{x}<br>${scale} %{customdata}<extra></extra>`,
  });
}

function cooccurrence(
  parts: Omit<Parameters<typeof heatmap>[0], "values" | "scale" | "hover">,
  shares: Matrix,
  options: CooccurrenceOptions,
): Figure {
  const most = options.max ?? usualMost(shares, 0.99);
  if (!(most > 0 && most <= 1)) {
    throw new RangeError(`${parts.defaultName}: max must be over 0 and at most 1, got ${most}`);
  }
  return heatmap({
    ...{ ...parts, ...options, values: shares, square: true, scale: shareScale(most) },
    hover: "%{y}<br>%{x}<br>co-occurrence %{z}<extra></extra>",
  });
}

function shareScale(max: number): HeatScale {
  const values = [0, 1, 2, 3, 4, 5].map((fifth) => roundValue((max * fifth) / 5, 3));
  const texts = values.map((tick) => (tick === max && max < 1 ? `≥ ${tick}` : String(tick)));
  return { title: "share of the rarer latent", max, ticks: { values, texts } };
}

/** 0.2, 0.5 or 1: the smallest that the given part of the shares off the diagonal is not over. */
function usualMost({ rows, data }: Matrix, part: number): number {
  const off = data.filter((_, at) => at % (rows + 1) !== 0).sort();
  const high = off[Math.floor(part * (off.length - 1))] ?? 0;
  return high <= 0.2 ? 0.2 : high <= 0.5 ? 0.5 : 1;
}
