/** A colour scale as plotly takes it: places from 0 to 1, ascending, with their colours. */
export type ColourScale = readonly (readonly [number, string])[];

/** Red, green and blue, 0 to 255, of "#rrggbb". Throws RangeError for another form of colour. */
export function parseColour(colour: string): [number, number, number] {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  if (!match) throw new RangeError(`colour: expected #rrggbb, got ${JSON.stringify(colour)}`);
  return [parseInt(match[1], 16), parseInt(match[2], 16), parseInt(match[3], 16)];
}

/** `colour` (#rrggbb) with an opacity from 0 to 1, as rgba(). Throws RangeError for another form of colour. */
export function transparent(colour: string, opacity: number): string {
  return `rgba(${parseColour(colour).join(",")},${opacity})`;
}

/**
 * `colour` (#rrggbb) mixed with black until it has a contrast of at least 5.5 to 1 with white, so that it can be
 * text. Throws RangeError for another form of colour.
 */
export function textColour(colour: string): string {
  const rgb = parseColour(colour);
  for (let share = 1; share >= 0; share -= 0.05) {
    const mixed = rgb.map((part) => Math.round(part * share));
    if (1.05 / (luminance(mixed) + 0.05) >= 5.5) {
      return `#${mixed.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
    }
  }
  return "#000000";
}

/**
 * A colour of `count` for each point of the plane, so that points of one colour lie far apart: each takes, in turn,
 * the colour whose nearest bearer is farthest, the least used one on a tie. Gives numbers from 0 to count - 1.
 */
export function spreadColours(
  points: readonly { x: number; y: number }[],
  count: number,
): number[] {
  const colours: number[] = [];
  const used = new Array<number>(count).fill(0);
  for (const point of points) {
    const nearest = new Array<number>(count).fill(Infinity);
    for (const [i, colour] of colours.entries()) {
      const distance = Math.hypot(point.x - points[i].x, point.y - points[i].y);
      nearest[colour] = Math.min(nearest[colour], distance);
    }
    let best = 0;
    for (let c = 1; c < count; c++) {
      if (nearest[c] > nearest[best] || (nearest[c] === nearest[best] && used[c] < used[best])) {
        best = c;
      }
    }
    used[best]++;
    colours.push(best);
  }
  return colours;
}

/** Black or white, whichever shows better on the colour at `share` of `scale`, from 0 to 1: at least 4.5 to 1. */
export function inkOnScale(scale: ColourScale, share: number): string {
  const above = Math.max(
    1,
    scale.findIndex(([at]) => at >= share),
  );
  const [[low, from], [high, to]] = [scale[above - 1], scale[above]];
  const part = Math.min(1, Math.max(0, (share - low) / (high - low)));
  const [a, b] = [parseColour(from), parseColour(to)];
  return luminance(a.map((value, i) => value + part * (b[i] - value))) > 0.179
    ? "#000000"
    : "#ffffff";
}

/** Relative luminance of red, green and blue from 0 to 255, as WCAG measures it. */
export function luminance(rgb: readonly number[]): number {
  const [r, g, b] = rgb.map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
