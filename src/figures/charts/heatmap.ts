import type { Matrix } from "../../core/matrix.js";
import { createMatrix } from "../../core/matrix.js";
import type { PlotlyObject } from "../figure.js";
import { roundValue, roundValues } from "../figure.js";
import { truncateText, plotlyText } from "../text.js";
import type { FigureSize } from "../theme.js";
import { RULE, SEQUENTIAL } from "../theme.js";

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
 * A square matrix of shares, 0 to 1, as plotly's heatmap over the places 0 to m - 1, first row on top (with a
 * reversed y axis). `most` is the share that gets the scale's darkest colour; by default the smallest of 0.2, 0.5 and
 * 1 that at most 1 in 100 shares off the diagonal are over.
 */
export function shareTrace(
  figure: string,
  shares: Matrix,
  most: number | undefined,
  size: FigureSize,
): PlotlyObject {
  const { rows: m, cols, data } = shares;
  if (m !== cols || m === 0) {
    throw new RangeError(`${figure}: expected a square matrix of shares, got ${m} x ${cols}`);
  }
  const top = most ?? usualMost(shares);
  if (!(top > 0 && top <= 1)) {
    throw new RangeError(`${figure}: max must be over 0 and at most 1, got ${top}`);
  }
  const ticks = [0, 1, 2, 3, 4, 5].map((fifth) => roundValue((top * fifth) / 5, 3));
  const z = Array.from({ length: m }, (_, i) => roundValues(data.subarray(i * m, (i + 1) * m), 3));
  const places = Array.from({ length: m }, (_, i) => i);
  return {
    type: "heatmap",
    x: places,
    y: places,
    z,
    zmin: 0,
    zmax: top,
    colorscale: SEQUENTIAL,
    hovertemplate: "%{y}<br>%{x}<br>co-occurrence %{z}<extra></extra>",
    colorbar: {
      title: { text: "share of the rarer latent", side: "right", font: { size: size.small } },
      thickness: size.font * 0.9,
      len: 1,
      lenmode: "fraction",
      outlinewidth: 0,
      tickfont: { size: size.small },
      ticklen: 3,
      tickcolor: RULE,
      ticks: "outside",
      tickvals: ticks,
      ticktext: ticks.map((tick) => (tick === top && top < 1 ? `≥ ${tick}` : String(tick))),
      x: 1,
      xpad: size.font * 0.8,
      ypad: 0,
    },
  };
}

/** Room that the colour bar takes at the right of the plot, in pixels. */
export function colourBarRoom(size: FigureSize): number {
  return size.font * 1.7 + size.small * 5;
}

/** An axis over the places 0 to m - 1 whose hover texts are `labels`; it shows no ticks. */
export function placesAxis(labels: readonly string[], extra: PlotlyObject = {}): PlotlyObject {
  return {
    range: [-0.5, labels.length - 0.5],
    tickmode: "array",
    tickvals: labels.map((_, at) => at),
    ticktext: labels.map((label) => plotlyText(truncateText(label, 80))),
    showticklabels: false,
    ticks: "",
    showgrid: false,
    zeroline: false,
    showline: true,
    mirror: true,
    linecolor: RULE,
    linewidth: 1,
    fixedrange: false,
    ...extra,
  };
}

function usualMost({ rows: m, data }: Matrix): number {
  const off = data.filter((_, at) => at % (m + 1) !== 0).sort();
  const high = off[Math.floor(0.99 * (off.length - 1))] ?? 0;
  return high <= 0.2 ? 0.2 : high <= 0.5 ? 0.5 : 1;
}
