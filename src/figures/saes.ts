import { type ColumnNode, columnTree } from "./charts/column-tree.js";
import { meanOf, medianOf } from "./charts/bins.js";
import { type HistogramSeries, histogram } from "./charts/histogram.js";
import type { ChartOptions, Figure, FigureOptions, NamedSeries } from "./figure.js";
import { requireSome } from "./figure.js";
import { formatFixed, formatNumber, plotlyText } from "./drawing/text.js";
import { CATEGORIES, MUTED } from "./theme/theme.js";

/** The latents of one SAE against those of another. */
export interface MatchSeries {
  /** Above its plot, such as "n 9216 in n 3072". */
  name: string;
  /** Of each latent with its nearest of the other SAE, as `matchSaes` gives. */
  cosines: ArrayLike<number>;
  /** What `matchNull` gives for the same direction. */
  null: { cosines: ArrayLike<number>; threshold: number };
  /** As #rrggbb. Default: the first of the theme's categories. */
  colour?: string;
}

/** The latents of one SAE, or of one in another. */
export interface SaeSeries extends NamedSeries {
  /** Shown above its panel in its colour. */
  name: string;
  /** What is not finite is left out. */
  values: ArrayLike<number>;
  /** Mean or median that others report: a dashed line, named `referenceName`. */
  reference?: number;
}

/** What `drawSaeHistograms` shows and how. */
export interface SaeHistogramsInput {
  panels: readonly { title: string; series: readonly SaeSeries[] }[];
  /** Title of the x axes, as plotly's markup. */
  xTitle: string;
  binWidth: number;
  /** What the solid line of each series stands at. */
  mark: "mean" | "median";
  /** Latents in a bin, or their share per unit of the x axis, which compares SAEs of other sizes. Default "count". */
  scale?: "count" | "density";
  /** Panels side by side. Default: as many as are legible. */
  columns?: number;
  /** Whose numbers the references are. Default "paper". */
  referenceName?: string;
}

/** A latent and those of the next larger SAE that it splits into. */
export interface SplitNode {
  label: string;
  children?: readonly SplitNode[];
  /** Of its direction with its parent's, for hovering. */
  cosine?: number;
  /** False for a latent that the direct match of the smallest and largest SAE gives to another: drawn hollow. */
  direct?: boolean;
}

/** A latent of the smallest SAE with all that comes of it. */
export interface SplitRoot extends SplitNode {
  /** Of the way through the middle SAE with the direct one, 0 to 1; see `splittingTrees`. */
  consistency?: number;
}

/** Options of `drawMatchHistogram`. */
export interface MatchHistogramOptions extends FigureOptions {
  /** Width of a bin. Default 0.02. */
  binWidth?: number;
}

/**
 * Recurrent and novel latents: the largest cosine of each latent with those of another SAE as a share of latents per bin,
 * beside that of random directions with the same spectrum (grey), a dashed line at the threshold above which a latent
 * counts as recurrent; one plot per direction or pair. Needs the decoders of two SAEs or more. Throws RangeError without
 * series.
 */
export function drawMatchHistogram(
  series: readonly MatchSeries[],
  { binWidth = 0.02, ...options }: MatchHistogramOptions = {},
): Figure {
  requireSome("drawMatchHistogram", series);
  return histogram({
    defaultName: "match-histogram",
    defaultTitle: "Recurrent and novel latents",
    ...options,
    panels: series.map(({ name, cosines, null: chance, colour = CATEGORIES[0] }) => ({
      title: name,
      note: `${recurrentShare(cosines, chance.threshold)} recurrent`,
      mark: chance.threshold,
      series: [
        {
          ...{ name: "random directions", values: chance.cosines, colour: MUTED, width: 0.7 },
          hover: "%{y:.1%} of random directions<br>cosine %{customdata}<extra></extra>",
        },
        {
          ...{ name: "latents", values: cosines, colour },
          hover: `%{y:.1%} of latents<br>cosine %{customdata}<extra>${plotlyText(name)}</extra>`,
        },
      ],
    })),
    x: { title: "cosine with the nearest latent" },
    y: { title: "share", fromZero: true, format: ".0%" },
    ...{ binWidth, scale: "share" },
  });
}

/**
 * Histograms of several SAEs in small panels with one axis: a solid line at the mean or median of each series, a dashed one
 * where others report a `reference`, and both written above the panel. Throws RangeError without a panel or series.
 */
export function drawSaeHistograms(
  { panels, xTitle, binWidth, mark, scale = "count", columns, referenceName }: SaeHistogramsInput,
  options: ChartOptions = {},
): Figure {
  const series = ({ name, values, reference, colour }: SaeSeries): HistogramSeries => {
    const own = mark === "mean" ? meanOf(values) : medianOf(values);
    const parts = [
      name,
      own === undefined ? "no latent" : `${mark} ${formatFixed(own, 2)}`,
      reference === undefined ? "" : `${referenceName ?? "paper"} ${formatFixed(reference, 2)}`,
    ];
    const legend = parts.filter((part) => part !== "").join(", ");
    return { name, values, legend, mark: own, reference, colour };
  };
  return histogram({
    ...{ defaultName: "histogram-panels", ...options },
    panels: panels.map((panel) => ({ title: panel.title, series: panel.series.map(series) })),
    x: { title: xTitle },
    y: { title: scale === "density" ? "share per unit" : "latents", fromZero: true },
    ...{ binWidth, scale, columns, names: "panels", hover: "%{y:.3~g}<br>%{customdata}" },
  });
}

/**
 * How latents split as SAEs grow: a column per SAE (smallest first), each latent joined to those of the next SAE that are
 * nearest to it. Filled points are given by the direct match of the smallest and largest SAE too, hollow ones by
 * the way through the middle alone. Needs `splittingTrees` (or `splitLatents` for two SAEs) and labels; `maxRows` (default
 * 40) as in `columnTree`. Throws as that does.
 */
export function drawSplittingTree(
  { saes, roots }: { saes: readonly string[]; roots: readonly SplitRoot[] },
  options: FigureOptions & { maxRows?: number } = {},
): Figure {
  return columnTree({
    defaultName: "splitting-tree",
    defaultTitle: roots.length === 1 ? `How “${roots[0].label}” splits` : "How latents split",
    ...options,
    ...{ columns: saes, roots: roots.map(columnNode) },
    key: "● the direct match agrees   ○ it names another parent",
  });
}

function columnNode({ label, children, cosine, direct, consistency }: SplitRoot): ColumnNode {
  return {
    ...{ label, children: children?.map(columnNode), isHollow: direct === false },
    notes: [
      ...(cosine === undefined ? [] : [`cosine with its parent ${formatNumber(cosine, 2)}`]),
      ...(direct === false ? ["the direct match gives it to another"] : []),
      ...(consistency === undefined ? [] : [`self-consistency ${formatNumber(consistency, 2)}`]),
    ],
  };
}

function recurrentShare(cosines: ArrayLike<number>, threshold: number): string {
  const list = Array.from(cosines).filter(Number.isFinite);
  const share = list.filter((cosine) => cosine > threshold).length / list.length;
  return Number.isFinite(share) ? `${formatNumber(100 * share, 0)} %` : "none";
}
