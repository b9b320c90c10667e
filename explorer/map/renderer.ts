import type { Camera, Size } from "./camera.js";

/** Draws points on a canvas. */
export interface PointRenderer {
  readonly kind: "webgl2" | "canvas";
  /** Places [count, 2], once. */
  setPoints: (points: Float32Array) => void;
  /** Colour and opacity [count, 4] and diameter in pixels [count] of every point; 0 hides it. */
  setStyle: (colours: Uint8Array, sizes: Float32Array) => void;
  /** Points that stand out, larger and on top of the others, which are faint; undefined where all are alike. */
  setLit: (lit: ReadonlySet<number> | undefined) => void;
  /** Draws at most `most` of the points: those that are lit, and others spread over all. */
  draw: (camera: Camera, size: Size, most: number) => void;
  dispose: () => void;
}

/** Device pixels of a canvas, which is set to them. */
export function resize(canvas: HTMLCanvasElement, { width, height }: Size): number {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== tall) [canvas.width, canvas.height] = [wide, tall];
  return ratio;
}

/** How much larger points are that are lit. */
export const GROWN = 1.25;

/** Opacity of each of `count` points that are not lit: together they stay a ground for those that are. */
export function faintness(count: number): number {
  return Math.max(0.015, Math.min(0.09, 3 / Math.sqrt(count)));
}

/** Places in the order of the points that are lit. */
export function litPlaces(
  order: Uint32Array,
  lit: ReadonlySet<number> | undefined,
): Uint32Array<ArrayBuffer> | undefined {
  if (lit === undefined) return undefined;
  const isLit = new Uint8Array(order.length);
  for (const at of lit) isLit[at] = 1;
  const places = new Uint32Array(Math.min(lit.size, order.length));
  let count = 0;
  for (let i = 0; i < order.length; i++) if (isLit[order[i]] === 1) places[count++] = i;
  return places.subarray(0, count);
}

/** A random order of points, always the same: any last of them are spread over all. */
export function drawingOrder(count: number): Uint32Array<ArrayBuffer> {
  const out = Uint32Array.from({ length: count }, (_, i) => i);
  let seed = 1;
  for (let i = count - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const j = seed % (i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}
