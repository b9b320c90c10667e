import type { Figure, PlotlyObject } from "../figure.js";
import { onAnyBackground } from "../theme/any-background.js";
import { cleanText } from "../drawing/text.js";

/** A notebook output in three forms, by MIME type; a front end shows the richest one it knows. */
export interface FigureMime {
  "application/vnd.plotly.v1+json": {
    data: PlotlyObject[];
    layout: PlotlyObject;
    config?: PlotlyObject;
  };
  /** In base64; left out where no picture was made. */
  "image/png"?: string;
  "text/plain": string;
}

/**
 * The MIME bundle of a figure for a notebook, in colours that show in a light and in a dark theme; `png` is the picture for
 * front ends that do not know plotly.
 */
export function figureMime(figure: Figure, png?: Uint8Array): FigureMime {
  const { data, layout, name, title } = onAnyBackground(figure);
  return {
    "application/vnd.plotly.v1+json": {
      ...{ data, layout },
      // A map is zoomed by the wheel; other figures leave it to the page.
      ...(layout.dragmode === "pan" && { config: { scrollZoom: true } }),
    },
    ...(png ? { "image/png": Buffer.from(png).toString("base64") } : {}),
    "text/plain": title === "" ? `Figure ${name}` : `Figure ${name}: ${cleanText(title)}`,
  };
}
