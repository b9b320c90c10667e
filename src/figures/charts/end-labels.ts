import type { PlotlyObject } from "../figure.js";
import { HALO } from "../drawing/declutter.js";
import { roundValue } from "../figure.js";
import type { FigureSize } from "../theme/theme.js";

/** A name to stand beside the plot, at a share of its height from below; `text` is plotly's markup. */
export interface EndLabel {
  text: string;
  colour: string;
  share: number;
  /** Where its line ends, as a share of the plot's width: a name stands there, not at the plot's edge. Default 1. */
  end?: number;
}

/**
 * Names at the right ends of lines in a plot of `height` pixels, pushed apart to a line's height where they would meet. Those
 * of lines that end near the plot's edge stand at the edge.
 */
export function endLabels(
  labels: readonly EndLabel[],
  height: number,
  { small, font }: FigureSize,
): PlotlyObject[] {
  const ends = labels.map(({ end = 1 }) => (end > 0.9 ? 1 : roundValue(end, 3)));
  const heights = new Map<EndLabel, number>();
  for (const at of new Set(ends)) {
    const here = labels.filter((_, i) => ends[i] === at);
    const wanted = here.map(({ share }) => share * height);
    for (const [i, top] of spreadHeights(wanted, small * 1.3, height).entries()) {
      heights.set(here[i], top);
    }
  }
  return labels.map((label, i) => ({
    ...{ x: ends[i], xref: "paper", xanchor: "left", xshift: font * (ends[i] < 1 ? 0.8 : 0.5) },
    ...{ y: roundValue((heights.get(label) ?? 0) / height, 5), yref: "paper", yanchor: "middle" },
    text: label.text,
    font: { size: small, color: label.colour, shadow: HALO },
    ...{ showarrow: false, borderpad: 0 },
  }));
}

/** Heights at least `gap` apart and within 0 to `most` where they fit, near those wanted, in their order. */
function spreadHeights(wanted: readonly number[], gap: number, most: number): number[] {
  const order = wanted.map((_, at) => at).sort((a, b) => wanted[a] - wanted[b] || a - b);
  const out = [...wanted];
  // Blocks of touching names, each centred on its wanted heights' mean; blocks that meet become one.
  const blocks: { members: number[]; centre: number }[] = [];
  for (const at of order) {
    blocks.push({ members: [at], centre: wanted[at] });
    while (blocks.length > 1) {
      const [below, above] = blocks.slice(-2);
      const reach = ((below.members.length + above.members.length) * gap) / 2;
      if (above.centre - below.centre >= reach) break;
      const members = [...below.members, ...above.members];
      const centre = members.reduce((sum, member) => sum + wanted[member], 0) / members.length;
      blocks.splice(-2, 2, { members, centre: clamp(centre, members.length * gap, most) });
    }
  }
  for (const { members, centre } of blocks) {
    for (const [i, at] of members.entries()) {
      out[at] = centre + (i - (members.length - 1) / 2) * gap;
    }
  }
  return out;
}

function clamp(centre: number, length: number, most: number): number {
  return Math.max(length / 2, Math.min(most - length / 2, centre));
}
