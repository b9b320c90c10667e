import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { textColour } from "../theme/colour.js";
import { fitText, plotlyText, textWidth } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { CATEGORIES, INK, MUTED, RULE } from "../theme/palette.js";
import { composeFigure, figureSize, topMargin } from "../theme/theme.js";

/** One entry of a list. */
export interface SlopeItem {
  /** The same in both lists for the same thing. */
  key: number | string;
  label: string;
}

/** What `slopes` shows. */
export interface SlopesOptions extends ChartOptions {
  /** Both lists, best first. */
  before: readonly SlopeItem[];
  after: readonly SlopeItem[];
  /** What the lists are called. */
  heads: readonly [string, string];
  /** Former ranks of what is only in `after`, from 1, by key; what is not in it is "new". */
  ranksBefore?: ReadonlyMap<number | string, number>;
  /** Lines above the lists, as plain text. Default none. */
  notes?: readonly string[];
}

const [CAME, LEFT] = [CATEGORIES[0], textColour(CATEGORIES[1])];
/** Where the slopes begin and end, as shares of the width. */
const ENDS = [0.42, 0.58] as const;

/**
 * Two ranked lists side by side with a slope from an entry's rank to its new one. What came has its former rank behind it,
 * what left stands without a slope. Throws RangeError where both lists are empty.
 */
export function slopes(options: SlopesOptions): Figure {
  const { before, after, heads, defaultName: name = "slopes" } = options;
  const rows = Math.max(before.length, after.length);
  if (rows === 0) throw new RangeError(`${name}: there are no results`);
  const size = figureSize(options);
  const lists = listTexts(options);
  if (options.width === undefined && size.titled && options.size !== "slide") {
    size.width = Math.min(size.width, fittingWidth(lists, options.defaultTitle ?? "", size));
  }
  const said = noteTexts(options.notes ?? [], size);
  const top = topMargin(size, options) + said.length * size.small * 1.45 + size.font;
  if (options.height === undefined) {
    size.height = Math.round(top + (rows + 1.2) * size.small * 1.75 + size.font);
  }
  const places = new Map(after.map(({ key }, i) => [key, i]));
  const room = size.width * ENDS[0] - size.font * 2;
  const data: PlotlyObject[] = [
    ...before.flatMap(({ key }, i) => slopeTrace(i, places.get(key), size)),
    ...lists.map((list, at) => dotTrace(list, ENDS[at], size)),
  ];
  const hidden = { visible: false, fixedrange: true };
  const layout: PlotlyObject = {
    xaxis: { ...hidden, range: [0, 1] },
    yaxis: { ...hidden, range: [rows - 0.3, -1.5] },
    margin: { l: 0, r: 0, t: top, b: size.font * 0.6, autoexpand: false },
    annotations: [
      ...lists.flatMap((list, at) => [
        sideText(heads[at], at, -1, MUTED, size),
        ...list.map(({ label, tail, colour }, i) => {
          const rank = at === 0 ? `  ${i + 1}` : `${i + 1}  `;
          const fitted = fitText(label, room - textWidth(rank + tail, size.small), size.small);
          const text = at === 0 ? fitted + rank : rank + fitted + tail;
          return { ...sideText(text, at, i, colour, size), hovertext: plotlyText(label) };
        }),
      ]),
      ...said,
    ],
  };
  return composeFigure({ data, layout, size }, name, options);
}

interface ListEntry {
  label: string;
  /** Said behind the label. */
  tail: string;
  colour: string;
}

function listTexts({ before, after, ranksBefore }: SlopesOptions): [ListEntry[], ListEntry[]] {
  const stays = new Set(after.map(({ key }) => key));
  const old = new Set(before.map(({ key }) => key));
  return [
    before.map(({ key, label }) => ({ label, tail: "", colour: stays.has(key) ? INK : LEFT })),
    after.map(({ key, label }) => {
      if (old.has(key)) return { label, tail: "", colour: INK };
      const rank = ranksBefore?.get(key);
      return { label, tail: rank === undefined ? "  (new)" : `  (from ${rank})`, colour: CAME };
    }),
  ];
}

function fittingWidth(
  lists: readonly (readonly ListEntry[])[],
  title: string,
  size: FigureSize,
): number {
  const widths = lists
    .flat()
    .map((entry) => textWidth(`10  ${entry.label}${entry.tail}`, size.small));
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

function noteTexts(lines: readonly string[], size: FigureSize): PlotlyObject[] {
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
