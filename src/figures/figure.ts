/** Where a figure will stand. */
export type SizeName = "column" | "page" | "slide" | "screen";

/** One plotly trace or layout as plain JSON: strings, finite numbers, booleans, null, arrays and objects of these. */
export type PlotlyObject = Record<string, unknown>;

/**
 * A figure as data: plotly traces and layout, ready to be drawn, stored as JSON or shown in a notebook. All text
 * that came from outside is already escaped for plotly, except in `title`.
 */
export interface Figure {
  /** File name without extension: lower-case letters, digits and hyphens. */
  name: string;
  /** What the figure shows, as plain text. */
  title: string;
  data: PlotlyObject[];
  layout: PlotlyObject;
  /** In CSS pixels, 96 to the inch. */
  width: number;
  /** In CSS pixels, 96 to the inch. */
  height: number;
  /** The same figure for a narrow screen, which a page shows there. Default none: the page scrolls. */
  narrow?: Omit<Figure, "narrow">;
}

/** A side of a figure: a number of CSS pixels, 96 to the inch, or a length such as "85mm", "3.3in" or "240pt". */
export type Length = number | string;

/** Options that every figure takes. */
export interface FigureOptions {
  /**
   * Where the figure will stand: sets width, height and type size. Default "screen"; where a side is a length for print,
   * "column" up to 120 mm of width and "page" beyond.
   */
  size?: SizeName;
  /** File name without extension. Default: the figure's kind, such as "latent-map". */
  name?: string;
  /** Plain text above the figure; "" for none. Default: each figure's own, which sizes for print do not show. */
  title?: string;
  /** In place of the size's own. */
  width?: Length;
  /** In place of the size's own. */
  height?: Length;
}

/** What every chart takes. */
export interface ChartOptions extends FigureOptions {
  /** File name where `name` is not given. Default: the chart's kind. */
  defaultName?: string;
  /** Title where `title` is not given; on slides and screens alone, as in print the caption says it. Default none. */
  defaultTitle?: string;
}

/** `value` rounded to `digits` decimals. */
export function roundValue(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

/** `values` rounded to `digits` decimals, as plain numbers for JSON; what is not finite becomes null. */
export function roundValues(values: ArrayLike<number>, digits: number): (number | null)[] {
  const out: (number | null)[] = [];
  for (let i = 0; i < values.length; i++) {
    out.push(Number.isFinite(values[i]) ? roundValue(values[i], digits) : null);
  }
  return out;
}

/**
 * Throws RangeError where the arrays differ in length: `figure` is named in the message, the keys of `arrays` name
 * what was given.
 */
export function requireEqualLengths(
  figure: string,
  arrays: Record<string, { length: number } | undefined>,
): void {
  const given = Object.entries(arrays).flatMap(([name, array]) => (array ? [{ name, array }] : []));
  for (const { name, array } of given) {
    if (array.length !== given[0].array.length) {
      throw new RangeError(
        `${figure}: ${name} must be as long as ${given[0].name} (${given[0].array.length}), got ${array.length}`,
      );
    }
  }
}

/** Throws RangeError, naming `figure`, where there is nothing to draw. */
export function requireSome(figure: string, list: readonly unknown[], what = "a series"): void {
  if (list.length === 0) throw new RangeError(`${figure}: expected ${what}, got none`);
}
