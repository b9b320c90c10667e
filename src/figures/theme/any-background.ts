import type { Figure, PlotlyObject } from "../figure.js";
import { luminance, parseColour } from "./colour.js";

const CLEAR = "rgba(0,0,0,0)";
/** Grid lines and what else is pale on white. */
const FAINT = "rgba(127,127,127,0.4)";
/**
 * Luminance of text and of marks that shows on white and on a dark page (#111111): text at 4.5 and 4.1 to 1, about the most
 * that both can have, and marks at 3 to 1 or more.
 */
const TEXT = [0.178, 0.183] as const;
const MARK = [0.13, 0.3] as const;

/** The figure without a ground of its own, in colours that show on a light and on a dark page. */
export function onAnyBackground(figure: Figure): Figure {
  return {
    ...figure,
    data: figure.data.map((trace) => adapt(trace, "") as PlotlyObject),
    layout: adapt(figure.layout, "") as PlotlyObject,
  };
}

/** `value` with its colours adapted; `role` is the key that it stands under, "font" for all within a font. */
function adapt(value: unknown, role: string): unknown {
  if (typeof value === "string") return adaptText(value, role);
  if (Array.isArray(value)) return value.map((part) => adapt(part, role));
  if (typeof value !== "object" || value === null) return value;
  const given = value as PlotlyObject;
  // Numbers in cells stand on the cells, and a hover label on a ground of its own.
  const hasGround = given.mode === "text" || given.type === "heatmap" || given.type === "contour";
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, part]) => {
      if (key === "shadow") return [];
      if (key === "hoverlabel" || (hasGround && key !== "colorbar")) return [[key, part]];
      const isFont = role === "font" || /font$/.test(key);
      return [[key, adapt(part, isFont ? "font" : key)]];
    }),
  );
}

function adaptText(text: string, role: string): string {
  if (/bgcolor$/.test(role)) return CLEAR;
  if (role === "text") {
    return text.replace(
      /color:(#[0-9a-f]{6})/gi,
      (_, colour: string) => `color:${bring(colour, TEXT)}`,
    );
  }
  if (/^#[0-9a-f]{6}$/i.test(text)) return bring(text, role === "font" ? TEXT : MARK);
  const [, rgb, opacity] = /^rgba\((\d+,\d+,\d+),([\d.]+)\)$/.exec(text) ?? [];
  if (opacity === undefined) return text;
  const hex = rgb.split(",").map((part) => Number(part).toString(16).padStart(2, "0"));
  const [r, g, b] = parseColour(bring(`#${hex.join("")}`, MARK, "#7f7f7f"));
  return `rgba(${r},${g},${b},${opacity})`;
}

/** The colour with its luminance brought between two others; white is nothing, and a pale grey is faint. */
function bring(colour: string, [low, high]: readonly [number, number], pale?: string): string {
  const rgb = parseColour(colour);
  const now = luminance(rgb);
  if (now > 0.5 && Math.max(...rgb) - Math.min(...rgb) < 8) {
    return pale ?? (now > 0.98 ? CLEAR : FAINT);
  }
  // Towards black or white, in steps that are too small to miss the band.
  const end = now > high ? 0 : 255;
  let mixed = rgb;
  for (let part = 0; part <= 1; part += 0.002) {
    mixed = rgb.map((value) => Math.round(value + part * (end - value))) as typeof rgb;
    const reached = luminance(mixed);
    if (end === 0 ? reached <= high : reached >= low) break;
  }
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
