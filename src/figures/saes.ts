import { histogram } from "./charts/histogram.js";
import type { Figure, FigureOptions } from "./figure.js";
import { requireSome } from "./figure.js";
import { formatNumber, plotlyText } from "./text.js";
import { CATEGORIES, MUTED } from "./theme.js";

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

function recurrentShare(cosines: ArrayLike<number>, threshold: number): string {
  const list = Array.from(cosines).filter(Number.isFinite);
  const share = list.filter((cosine) => cosine > threshold).length / list.length;
  return Number.isFinite(share) ? `${formatNumber(100 * share, 0)} %` : "none";
}
