import type { Matrix } from "../../core/matrix.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValues } from "../figure.js";
import { placesAxis } from "./heatmap.js";
import { fitText, plotlyText, textWidth, truncateText } from "../text.js";
import type { FigureSize } from "../theme.js";
import {
  composeFigure,
  figureSize,
  isTitled,
  MUTED,
  RULE,
  SEQUENTIAL,
  topMargin,
} from "../theme.js";

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

const TITLES: Record<FamilyDocumentsKind, string> = {
  overlap: "Strongest documents shared",
  ranks: "Ranks of documents",
  activations: "Activations in documents",
};

const SCALES: Record<FamilyDocumentsKind, string> = {
  overlap: "shared of both",
  ranks: "rank of the document",
  activations: "activation",
};

/**
 * How a family's latents share documents, as a heatmap: the overlap of their strongest documents, or their activations or
 * ranks (dark for the first, log scale) in the documents that the family is most active in. Cells without any are
 * white. Needs `familyDocuments` and labels. Throws RangeError where labels or titles do not fit the matrix.
 */
export function drawFamilyDocuments(
  input: FamilyDocumentsInput,
  options: FigureOptions = {},
): Figure {
  const { name, kind, values, labels } = input;
  const columns = kind === "overlap" ? labels : (input.titles ?? columnNumbers(values));
  if (values.rows !== labels.length || values.cols !== columns.length || values.rows === 0) {
    throw new RangeError(
      `drawFamilyDocuments: expected labels and titles of a matrix ${values.rows} x ${values.cols}, got ${labels.length} and ${columns.length}`,
    );
  }
  const size = figureSize(options);
  const title = `${TITLES[kind]} in “${name}”`;
  const left = leftRoom(labels, size);
  const margin = {
    l: left,
    r: size.font * 1.9 + size.small * 5,
    t: topMargin(size, isTitled(size, options, title)),
    b: size.small * 1.9 + size.font * 1.6,
  };
  if (options.height === undefined && options.size !== "slide") {
    const line = Math.max(size.small * 1.35, Math.min(size.small * 2, 200 / values.rows));
    size.height = Math.round(Math.max(150, margin.t + margin.b + values.rows * line));
  }
  const cell = (size.height - margin.t - margin.b) / values.rows;
  const layout = {
    xaxis: placesAxis(columns, { title: columnTitle(kind, size) }),
    yaxis: placesAxis(labels, { range: [values.rows - 0.5, -0.5] }),
    margin: { ...margin, autoexpand: false },
    annotations: [...rowLabels(labels, left, cell, size), ...columnMarks(values, margin, size)],
  };
  const data = [heatTrace(values, kind, size)];
  return composeFigure({ name: `family-${kind}`, title, data, layout, size }, options);
}

function columnNumbers({ cols }: Matrix): string[] {
  return Array.from({ length: cols }, (_, at) => `document ${at + 1}`);
}

function columnTitle(kind: FamilyDocumentsKind, size: FigureSize): PlotlyObject {
  const text = kind === "overlap" ? "latent" : "document, the family’s strongest first";
  return { text, font: { size: size.font }, standoff: size.small * 1.9 };
}

function leftRoom(labels: readonly string[], size: FigureSize): number {
  const widest = Math.max(...labels.map((label) => textWidth(label, size.small)));
  return Math.min(widest + textWidth("00 ", size.small), size.width * 0.38) + size.font;
}

function heatTrace(values: Matrix, kind: FamilyDocumentsKind, size: FigureSize): PlotlyObject {
  const { rows, cols, data } = values;
  const shown = kind === "ranks" ? data.map((rank) => (rank > 0 ? Math.log10(rank) : NaN)) : data;
  const row = (list: Float32Array, i: number): Float32Array =>
    list.subarray(i * cols, (i + 1) * cols);
  const at = Array.from({ length: rows }, (_, i) => i);
  const most = shown.reduce((top, value) => (value > top ? value : top), 0);
  return {
    type: "heatmap",
    x: Array.from({ length: cols }, (_, i) => i),
    y: at,
    z: at.map((i) => roundValues(row(shown, i), 3)),
    customdata: at.map((i) => roundValues(row(data, i), 3)),
    zmin: 0,
    zmax: kind === "overlap" ? usualTop(values) : Math.max(most, 1e-3),
    colorscale: SEQUENTIAL,
    reversescale: kind === "ranks",
    hoverongaps: false,
    hovertemplate: `%{y}<br>%{x}<br>${SCALES[kind]} %{customdata}<extra></extra>`,
    colorbar: {
      title: { text: SCALES[kind], side: "right", font: { size: size.small } },
      thickness: size.font * 0.9,
      ...{ len: 1, lenmode: "fraction", outlinewidth: 0, x: 1, xpad: size.font * 0.8, ypad: 0 },
      tickfont: { size: size.small },
      ...{ ticks: "outside", ticklen: 3, tickcolor: RULE },
      ...(kind === "ranks"
        ? { tickvals: [0, 1, 2, 3, 4, 5], ticktext: ["1", "10", "100", "1,000", "10⁴", "10⁵"] }
        : { nticks: 6 }),
    },
  };
}

/** 0.2, 0.5 or 1: the smallest that no share off the diagonal is over. */
function usualTop({ rows, data }: Matrix): number {
  const off = data.filter((_, at) => at % (rows + 1) !== 0);
  const most = off.reduce((top, value) => Math.max(top, value), 0);
  return most <= 0.2 ? 0.2 : most <= 0.5 ? 0.5 : 1;
}

function rowLabels(
  labels: readonly string[],
  left: number,
  cell: number,
  size: FigureSize,
): PlotlyObject[] {
  const font = Math.min(size.small, cell / 1.1);
  const room = left - size.font - textWidth("00 ", font);
  return labels.map((label, at) => {
    const name = plotlyText(fitText(truncateText(label, 80), at === 0 ? room * 0.92 : room, font));
    return {
      ...{ xref: "paper", x: 0, xanchor: "right", xshift: -size.font * 0.35 },
      ...{ y: at, yanchor: "middle", showarrow: false, borderpad: 0, font: { size: font } },
      text: `${at === 0 ? `<b>${name}</b>` : name}  ${at + 1}`,
    };
  });
}

/** Numbers below the columns, as many as there is room for. */
function columnMarks(
  { cols }: Matrix,
  { l, r }: { l: number; r: number },
  size: FigureSize,
): PlotlyObject[] {
  const cell = (size.width - l - r) / cols;
  const step = Math.ceil((textWidth("00", size.small) * 1.3) / cell);
  return Array.from({ length: cols }, (_, at) => at)
    .filter((at) => at % step === 0)
    .map((at) => ({
      ...{ x: at, xanchor: "center", yref: "paper", y: 0, yanchor: "top" },
      ...{ yshift: -size.font * 0.15, showarrow: false, borderpad: 0 },
      text: String(at + 1),
      font: { size: size.small, color: MUTED },
    }));
}
