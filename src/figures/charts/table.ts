import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { requireSome } from "../figure.js";
import { plotlyLines, plotlyText, textWidth, wrapText } from "../drawing/text.js";
import { GRID, INK, MUTED } from "../theme/palette.js";
import { composeFigure, figureSize, FONT_STACK, isTitled } from "../theme/theme.js";

/** A row of the table: texts by column, numbers already formatted. */
export interface TableRow {
  cells: readonly string[];
  /** Someone else's numbers: in grey. Default false. */
  isReference?: boolean;
}

/** What `table` shows. */
export interface TableOptions extends ChartOptions {
  columns: readonly string[];
  rows: readonly TableRow[];
}

/**
 * A table as a figure: the first column to the left, the others to the right, a rule between one's own rows and those of
 * others. Throws RangeError without rows and where a row has another number of cells than there are columns.
 */
export function table(options: TableOptions): Figure {
  const { columns, rows, defaultName: name = "table" } = options;
  requireCells(name, columns, rows);
  const base = figureSize(options);
  const titled = isTitled(base, options);
  const line = base.font * 1.9;
  const room = base.width - base.font * 2;
  const isWide = fittingFont(columns, rows, room, base.small) < base.small;
  // Names of columns are longer than what stands below them: where that makes them too wide, they take two lines.
  const heads = columns.map((text) => (isWide ? wrapText(text, 10, 2) : [text]));
  const names = heads.map((lines) => lines.reduce((a, b) => (b.length > a.length ? b : a)));
  const spare = (Math.max(...heads.map((lines) => lines.length)) - 1) * base.font * 1.2;
  const top = (titled ? base.heading * 2.4 : base.font * 0.6) + spare;
  const size = {
    ...base,
    height:
      options.height !== undefined
        ? base.height
        : Math.round(top + (rows.length + 1) * line + base.font),
  };
  const font = fittingFont(names, rows, room, base.small);
  const edges = columnEdges(names, rows, size.width, base.font);
  const annotations: PlotlyObject[] = [];
  const write = (text: string, column: number, row: number, color: string, raise = 0): void => {
    annotations.push({
      x: column === 0 ? edges[0] : edges[column + 1],
      y: 1 - (top + (row + 0.5) * line - raise) / size.height,
      xref: "paper",
      yref: "paper",
      xanchor: column === 0 ? "left" : "right",
      yanchor: "middle",
      text,
      showarrow: false,
      borderpad: 0,
      font: { family: FONT_STACK, size: font, color },
    });
  };
  heads.forEach((lines, column) => {
    write(`<b>${plotlyLines(lines)}</b>`, column, 0, INK, (lines.length - 1) * font * 0.65);
  });
  rows.forEach(({ cells, isReference = false }, at) => {
    const color = isReference ? MUTED : INK;
    cells.forEach((text, column) => write(plotlyText(text), column, at + 1, color));
  });
  const layout: PlotlyObject = {
    margin: { l: 0, r: 0, t: 0, b: 0, autoexpand: false },
    xaxis: { visible: false, range: [0, 1] },
    yaxis: { visible: false, range: [0, 1] },
    annotations,
    shapes: rulesBetween(rows).map((row) => ({
      type: "line",
      xref: "paper",
      yref: "paper",
      x0: edges[0],
      x1: edges[edges.length - 1],
      y0: 1 - (top + row * line) / size.height,
      y1: 1 - (top + row * line) / size.height,
      line: { color: row === 1 ? INK : GRID, width: 1 },
    })),
  };
  return composeFigure({ data: [], layout, size }, name, options);
}

function requireCells(figure: string, columns: readonly string[], rows: readonly TableRow[]): void {
  requireSome(figure, rows, "rows");
  const uneven = rows.find(({ cells }) => cells.length !== columns.length);
  if (uneven) {
    throw new RangeError(
      `${figure}: expected ${columns.length} cells per row, got ${uneven.cells.length}`,
    );
  }
}

/** Rows above which a rule stands: the first, and where one's own rows end and others' begin. */
function rulesBetween(rows: readonly TableRow[]): number[] {
  const changes = rows.flatMap((row, at) =>
    at > 0 && (row.isReference ?? false) !== (rows[at - 1].isReference ?? false) ? [at + 1] : [],
  );
  return [1, ...changes];
}

function columnWidths(columns: readonly string[], rows: readonly TableRow[]): number[] {
  // Between columns stands the width of a letter and a half.
  return columns.map((name, column) => {
    const gap = column === 0 ? 0 : 0.8;
    const widths = rows.map(({ cells }) => textWidth(cells[column], 1));
    return gap + Math.max(textWidth(name, 1) * 1.08, ...widths);
  });
}

function fittingFont(
  columns: readonly string[],
  rows: readonly TableRow[],
  room: number,
  most: number,
): number {
  const whole = columnWidths(columns, rows).reduce((sum, width) => sum + width, 0);
  return Math.round(Math.min(most, room / whole) * 100) / 100;
}

/** Edges of the columns as shares of the width: n + 1 of them. */
function columnEdges(
  columns: readonly string[],
  rows: readonly TableRow[],
  width: number,
  font: number,
): number[] {
  const widths = columnWidths(columns, rows);
  const whole = widths.reduce((sum, value) => sum + value, 0);
  const left = font / width;
  const edges = [left];
  for (const value of widths) {
    edges.push(edges[edges.length - 1] + (value / whole) * (1 - 2 * left));
  }
  return edges.map((edge) => Math.round(edge * 1e5) / 1e5);
}
