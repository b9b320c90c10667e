import { transparent } from "../colour.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { requireEqualLengths, roundValue } from "../figure.js";
import { formatNumber } from "./histogram.js";
import { plotlyText } from "../text.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize } from "../theme.js";

/** Labels that have both numbers. */
export interface OverlapInput {
  /** Share of each label's words that its documents hold, 0 to 1; see `tokenOverlap`. */
  overlaps: ArrayLike<number>;
  /** Score of each label; what is not finite is left out. */
  scores: ArrayLike<number>;
}

/** Options of `drawOverlapViolins`. */
export interface OverlapViolinsOptions extends FigureOptions {
  /** What the scores are. Default "F1". */
  score?: string;
  /** Groups of equal width that the overlaps are put in. Default 5. */
  groups?: number;
}

/**
 * Whether labels score well because they repeat their documents: a violin of the scores for each range of word overlap,
 * with its median and quartiles, and their correlation r. Needs `tokenOverlap` and scores of labels (F1, or
 * without a model the embedding AUC). Throws RangeError for lists of different lengths and overlaps that are no shares.
 */
export function drawOverlapViolins(
  { overlaps, scores }: OverlapInput,
  options: OverlapViolinsOptions = {},
): Figure {
  requireEqualLengths("drawOverlapViolins", { overlaps, scores });
  const { score = "F1", groups = 5 } = options;
  const size = figureSize(options);
  const values: number[][] = Array.from({ length: groups }, () => []);
  for (let i = 0; i < overlaps.length; i++) {
    if (!(overlaps[i] >= 0 && overlaps[i] <= 1)) {
      throw new RangeError(
        `drawOverlapViolins: an overlap must be from 0 to 1, got ${overlaps[i]} at ${i}`,
      );
    }
    if (!Number.isFinite(scores[i])) continue;
    values[Math.min(groups - 1, Math.floor(overlaps[i] * groups + 1e-9))].push(scores[i]);
  }
  const edge = (g: number): string => formatNumber(g / groups, 2);
  const names = values.map((list, g) => `${edge(g)}–${edge(g + 1)}<br>(${list.length})`);
  const r = correlation(overlaps, scores);
  const shown = Number.isFinite(r) ? `, r ${formatNumber(r, 2)}` : "";
  const layout = {
    xaxis: axisLayout(`label’s words in its documents (labels)${shown}`, size, {
      type: "category",
      categoryorder: "array",
      categoryarray: names,
      range: [-0.6, groups - 0.4],
      showgrid: false,
      ticks: "",
    }),
    yaxis: axisLayout(plotlyText(score), size),
    showlegend: false,
    violingap: 0.15,
  };
  const data = values.map((list, g) => violinTrace(names[g], list, score, size.line));
  const title = `${score[0].toUpperCase()}${score.slice(1)} of labels by the words they share with documents`;
  return composeFigure({ name: "overlap-violins", title, data, layout, size }, options);
}

function violinTrace(
  name: string,
  values: readonly number[],
  score: string,
  line: number,
): PlotlyObject {
  const common = {
    x: values.map(() => name),
    y: values.map((value) => roundValue(value, 4)),
    name,
    marker: { color: CATEGORIES[0], size: 2.5 * line },
    hovertemplate: `${plotlyText(score)} %{y}<extra></extra>`,
  };
  // Few values make no shape.
  if (values.length < 5) return { type: "scatter", mode: "markers", ...common };
  return {
    type: "violin",
    ...common,
    points: false,
    spanmode: "hard",
    box: { visible: true, width: 0.15 },
    meanline: { visible: false },
    line: { color: CATEGORIES[0], width: line * 0.7 },
    fillcolor: transparent(CATEGORIES[0], 0.25),
  };
}

/** Pearson's, over the pairs whose two numbers are finite; NaN where one of them does not vary. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const pairs = Array.from(a, (x, i) => [x, b[i]]).filter(([, y]) => Number.isFinite(y));
  const mean = (at: number): number =>
    pairs.reduce((sum, pair) => sum + pair[at], 0) / pairs.length;
  const [ma, mb] = [mean(0), mean(1)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [x, y] of pairs) {
    ab += (x - ma) * (y - mb);
    aa += (x - ma) ** 2;
    bb += (y - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
