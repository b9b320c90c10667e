import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { fitText, plotlyText, textWidth } from "../text.js";
import type { FigureSize } from "../theme.js";
import {
  CATEGORIES,
  composeFigure,
  figureSize,
  INK,
  isTitled,
  MUTED,
  RULE,
  topMargin,
} from "../theme.js";

/** One result of a search. */
export interface RankedResult {
  /** Tells results apart; the same document has the same in both lists. */
  row: number;
  title: string;
}

/** What the figure shows. */
export interface BeforeAfterInput {
  query: string;
  /** What was asked for, such as "up 12 (birds) × 2". */
  edits: readonly string[];
  /** Results best first, without and with the edits. */
  before: readonly RankedResult[];
  after: readonly RankedResult[];
  /** Ranks without the edits of results that are only in `after`, from 1, by row; those not in it are "new". */
  ranksBefore?: ReadonlyMap<number, number>;
  /** Cosine of the steered query to the original. */
  cosine?: number;
}

const [CAME, LEFT] = [CATEGORIES[0], CATEGORIES[1]];
const HEADS = ["without edits", "with edits"];
/** Where the slopes begin and end, as shares of the width. */
const ENDS = [0.42, 0.58] as const;

/**
 * One query's results without and with edits, as two lists with a slope from a result's rank to its new one. What came
 * has its former rank behind it, what left stands without a slope. Throws RangeError where both lists are empty.
 */
export function drawSteeringBeforeAfter(
  input: BeforeAfterInput,
  options: FigureOptions = {},
): Figure {
  const { before, after } = input;
  const rows = Math.max(before.length, after.length);
  if (rows === 0) throw new RangeError("drawSteeringBeforeAfter: there are no results");
  const size = figureSize(options);
  const title = `Steering “${input.query}”`;
  const lists = listTexts(input);
  if (options.width === undefined && size.titled && options.size !== "slide") {
    size.width = Math.min(size.width, fittingWidth(lists, title, size));
  }
  const said = describeEdits(input, size);
  const top =
    topMargin(size, isTitled(size, options, title)) + said.length * size.small * 1.45 + size.font;
  if (options.height === undefined) {
    size.height = Math.round(top + (rows + 1.2) * size.small * 1.75 + size.font);
  }
  const places = new Map(after.map(({ row }, i) => [row, i]));
  const room = size.width * ENDS[0] - size.font * 2;
  const data: PlotlyObject[] = [
    ...before.flatMap(({ row }, i) => slopeTrace(i, places.get(row), size)),
    ...lists.map((list, at) => dotTrace(list, ENDS[at], size)),
  ];
  const hidden = { visible: false, fixedrange: true };
  const layout: PlotlyObject = {
    xaxis: { ...hidden, range: [0, 1] },
    yaxis: { ...hidden, range: [rows - 0.3, -1.5] },
    margin: { l: 0, r: 0, t: top, b: size.font * 0.6, autoexpand: false },
    annotations: [
      ...lists.flatMap((list, at) => [
        sideText(HEADS[at], at, -1, MUTED, size),
        ...list.map(({ title: name, tail, colour }, i) => {
          const rank = at === 0 ? `  ${i + 1}` : `${i + 1}  `;
          const fitted = fitText(name, room - textWidth(rank + tail, size.small), size.small);
          const text = at === 0 ? fitted + rank : rank + fitted + tail;
          return { ...sideText(text, at, i, colour, size), hovertext: plotlyText(name) };
        }),
      ]),
      ...said,
    ],
  };
  return composeFigure({ name: "steering-before-after", title, data, layout, size }, options);
}

/** A result as its list shows it. */
interface ListEntry {
  title: string;
  /** Said behind the title. */
  tail: string;
  colour: string;
}

/** The lists without and with edits. */
function listTexts({ before, after, ranksBefore }: BeforeAfterInput): [ListEntry[], ListEntry[]] {
  const stays = new Set(after.map(({ row }) => row));
  const old = new Set(before.map(({ row }) => row));
  return [
    before.map(({ row, title }) => ({ title, tail: "", colour: stays.has(row) ? INK : LEFT })),
    after.map(({ row, title }) => {
      if (old.has(row)) return { title, tail: "", colour: INK };
      const rank = ranksBefore?.get(row);
      return { title, tail: rank === undefined ? "  (new)" : `  (from ${rank})`, colour: CAME };
    }),
  ];
}

/** The width at which no title is cut. */
function fittingWidth(
  lists: readonly (readonly ListEntry[])[],
  title: string,
  size: FigureSize,
): number {
  const widths = lists
    .flat()
    .map((entry) => textWidth(`10  ${entry.title}${entry.tail}`, size.small));
  const needed = (Math.max(...widths) + size.font * 2.4) / ENDS[0];
  return Math.round(Math.max(480, needed, textWidth(title, size.heading) + size.font * 2));
}

function slopeTrace(from: number, to: number | undefined, size: FigureSize): PlotlyObject[] {
  if (to === undefined) return [];
  return [
    {
      type: "scatter",
      mode: "lines",
      x: [ENDS[0] + 0.01, 0.47, 0.53, ENDS[1] - 0.01],
      y: [from, from + (to - from) * 0.15, from + (to - from) * 0.85, to],
      line: { color: RULE, width: size.line, shape: "spline" },
      hoverinfo: "skip",
      showlegend: false,
    },
  ];
}

function dotTrace(list: readonly ListEntry[], x: number, size: FigureSize): PlotlyObject {
  return {
    type: "scatter",
    mode: "markers",
    x: list.map(() => x),
    y: list.map((_, i) => i),
    marker: {
      color: list.map(({ colour }) => (colour === INK ? MUTED : colour)),
      size: size.marker * 1.5,
    },
    hoverinfo: "skip",
    showlegend: false,
  };
}

/** A text of the first list, which ends at the slopes, or of the second, which begins there. */
function sideText(
  text: string,
  list: number,
  row: number,
  colour: string,
  size: FigureSize,
): PlotlyObject {
  return {
    text: plotlyText(text),
    x: ENDS[list],
    y: row,
    xanchor: list === 0 ? "right" : "left",
    yanchor: "middle",
    xshift: (list === 0 ? -1 : 1) * size.marker * 1.6,
    showarrow: false,
    font: { size: size.small, color: colour },
  };
}

function describeEdits({ edits, cosine }: BeforeAfterInput, size: FigureSize): PlotlyObject[] {
  const lines = [
    ...edits,
    ...(cosine === undefined ? [] : [`cosine to the query without edits ${cosine.toFixed(2)}`]),
  ];
  return lines.map((line, i) => ({
    text: plotlyText(fitText(line, size.width - size.font * 2, size.small)),
    xref: "paper",
    yref: "paper",
    x: 0,
    y: 1,
    xshift: size.font * 0.9,
    yshift: size.small * 1.45 * (lines.length - i - 1) + size.font * 0.6,
    xanchor: "left",
    yanchor: "bottom",
    showarrow: false,
    font: { size: size.small, color: MUTED },
  }));
}
