import type { Axis } from "../drawing/axis.js";
import type { ChartOptions, Figure } from "../figure.js";
import { type Line, lines } from "./lines.js";

/** Points of one colour. */
export interface ScatterGroup {
  /** In the legend, as plain text; "" for none. */
  name: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
  /** Default 0.35, at which many points show how dense they lie. */
  opacity?: number;
  /** Plotly's template for hovering, and what it reads as %{customdata}. */
  hover?: string;
  customdata?: readonly unknown[];
}

/** What `scatter` shows. */
export interface ScatterOptions extends ChartOptions {
  groups: readonly ScatterGroup[];
  /** Lines over the points, such as a fit. */
  lines?: readonly Line[];
  x: Axis;
  y: Axis;
}

/** Points in the plane, in groups, with lines over them. Throws as `lines` does. */
export function scatter({ groups, lines: over = [], x, y, ...options }: ScatterOptions): Figure {
  const points = groups.map(({ opacity = 0.7, ...group }): Line => ({
    ...{ ...group, draw: "points", pointSize: 0.9, pointOpacity: opacity },
    ...(group.name === "" ? { label: "none" } : {}),
  }));
  const plot = { lines: [...points, ...over], x, y, digits: { x: 4, y: 4 } };
  return lines({ defaultName: "scatter", ...options, plots: [plot] });
}
