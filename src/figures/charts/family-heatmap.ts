import type { Matrix } from "../../core/matrix.js";
import { createMatrix } from "../../core/matrix.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { colourBarRoom, placesAxis, shareTrace } from "./heatmap.js";
import { fitText, plotlyText, textWidth } from "../text.js";
import type { FigureSize } from "../theme.js";
import { composeFigure, figureSize, isTitled, MUTED, topMargin } from "../theme.js";

/** What the heatmap shows: one family's latents, the parent first, in the order of the matrix. */
export interface FamilyHeatmapInput {
  /** Of the family, for the title. */
  name: string;
  /** C_ij / min(f_i, f_j), 0 to 1 with 1 on the diagonal [m, m]; `shareOfRarer` makes it from counts. */
  shares: Matrix;
  /** Of the latents [m]. */
  labels: readonly string[];
}

/** Options of `drawFamilyHeatmap`. */
export interface FamilyHeatmapOptions extends FigureOptions {
  /** The share from which on a cell has the darkest colour, over 0 to 1. Default: 0.2, 0.5 or 1, as the data ask. */
  max?: number;
  /** Most latents shown, the first ones; type gets smaller for more. Default: as many as stay legible. */
  maxLatents?: number;
}

/**
 * How often the latents of one family occur together: a heatmap with numbered labels at its left, the numbers again
 * below it. Throws RangeError where the labels do not fit the matrix.
 */
export function drawFamilyHeatmap(
  input: FamilyHeatmapInput,
  options: FamilyHeatmapOptions = {},
): Figure {
  const m = input.labels.length;
  if (m !== input.shares.rows || m !== input.shares.cols || m === 0) {
    throw new RangeError(
      `drawFamilyHeatmap: expected a label for each row and column of the shares, ${input.shares.rows} x ${input.shares.cols}, got ${m}`,
    );
  }
  const size = figureSize(options);
  const fixed = options.height !== undefined || options.size === "slide";
  const top = topMargin(size, isTitled(size, options, input.name));
  const bottom = size.small * 1.9;
  const left = leftRoom(input.labels, size);
  const side = Math.min(
    size.width - left - colourBarRoom(size),
    fixed ? size.height - top - bottom : Infinity,
  );
  const legible = Math.floor(side / (size.small * 1.15));
  const shown = Math.max(1, Math.min(m, options.maxLatents ?? legible));
  const labels = input.labels.slice(0, shown);
  if (!fixed) size.height = Math.round(side + top + bottom);
  // A slide is wider than the square and its labels: they stand in its middle.
  const spare = (size.width - left - colourBarRoom(size) - side) / 2;
  const title = `Co-occurrence in “${input.name}”${shown < m ? `, first ${shown} of ${m} latents` : ""}`;
  // Without a title the figure itself has to say that it is cut.
  const silent = shown < m && !isTitled(size, options, title);
  const layout = {
    xaxis: placesAxis(labels),
    yaxis: placesAxis(labels, { range: [shown - 0.5, -0.5] }),
    margin: {
      l: left + spare,
      r: colourBarRoom(size) + spare,
      t: top,
      b: bottom,
      autoexpand: false,
    },
    annotations: [
      ...labelAnnotations(labels, side / shown, left, size),
      ...(silent ? [cutAnnotation(`${shown} of ${m}`, size)] : []),
    ],
  };
  const shares = leadingBlock(input.shares, shown);
  const trace = shareTrace("drawFamilyHeatmap", shares, options.max, size);
  const cell = side / shown;
  if (cell >= size.small * 2.6) {
    Object.assign(trace, { texttemplate: "%{z:.2f}", textfont: { size: size.small } });
  }
  return composeFigure({ name: "family-heatmap", title, data: [trace], layout, size }, options);
}

/** Room for the labels at the left: what the longest takes, at most 35 % of the width. */
function leftRoom(labels: readonly string[], size: FigureSize): number {
  const number = textWidth("00 ", size.small);
  const widest = Math.max(...labels.map((label) => textWidth(label, size.small)));
  return Math.min(widest + number, size.width * 0.35) + size.font;
}

function leadingBlock({ cols, data }: Matrix, m: number): Matrix {
  const out = createMatrix(m, m);
  for (let i = 0; i < m; i++) out.data.set(data.subarray(i * cols, i * cols + m), i * m);
  return out;
}

/** How many latents are shown, below the labels. */
function cutAnnotation(text: string, size: FigureSize): PlotlyObject {
  return {
    ...{ xref: "paper", x: 0, xanchor: "right", xshift: -size.font * 0.35 },
    ...{ yref: "paper", y: 0, yanchor: "top", yshift: -size.font * 0.15 },
    text,
    font: { size: size.small, color: MUTED },
    showarrow: false,
    borderpad: 0,
  };
}

function labelAnnotations(
  labels: readonly string[],
  cell: number,
  left: number,
  size: FigureSize,
): PlotlyObject[] {
  const font = roundValue(Math.min(size.small, cell / 1.1), 1);
  const room = left - size.font - textWidth("00 ", font);
  // Numbers below may be wider than a cell: then only some are shown.
  const step = Math.ceil((textWidth("00", font) * 1.2) / cell);
  return labels.flatMap((label, at) => {
    const common = { font: { size: font }, showarrow: false, borderpad: 0 };
    // The parent's label is bold, which is wider.
    const name = plotlyText(fitText(label, at === 0 ? room * 0.92 : room, font));
    const row = {
      ...common,
      ...{ xref: "paper", x: 0, xanchor: "right", xshift: -size.font * 0.35 },
      ...{ y: at, yanchor: "middle" },
      text: `${at === 0 ? `<b>${name}</b>` : name}  ${at + 1}`,
    };
    const column = {
      ...common,
      ...{ yref: "paper", y: 0, yanchor: "top", yshift: -size.font * 0.15 },
      ...{ x: at, xanchor: "center" },
      text: String(at + 1),
    };
    return at % step === 0 ? [row, column] : [row];
  });
}
