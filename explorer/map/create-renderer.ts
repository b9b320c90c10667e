import { canvasRenderer } from "./canvas-renderer.js";
import { glRenderer } from "./gl-renderer.js";
import type { PointRenderer } from "./renderer.js";

/** By the graphics card where there is one, else by the canvas's own drawing. */
export function createRenderer(canvas: HTMLCanvasElement): PointRenderer {
  return glRenderer(canvas) ?? canvasRenderer(canvas);
}
