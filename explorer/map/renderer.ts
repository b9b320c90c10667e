import type { Camera, Size } from "./camera.js";

/** Draws points on a canvas. */
export interface PointRenderer {
  readonly kind: "webgl2" | "canvas";
  /** Places [count, 2], once. */
  setPoints: (points: Float32Array) => void;
  /** Colour and opacity [count, 4] and diameter in pixels [count] of every point; 0 hides it. Those that are lit lie on top. */
  setStyle: (colours: Uint8Array, sizes: Float32Array, lit?: ReadonlySet<number>) => void;
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

/** A random order of points, always the same, in which those that are lit come last: any last of them are spread over all. */
export function drawingOrder(count: number, lit?: ReadonlySet<number>): Uint32Array<ArrayBuffer> {
  const order = shuffled(count);
  if (lit === undefined) return order;
  const isLit = (at: number): boolean => lit.has(at);
  const dimmed = order.filter((at) => !isLit(at));
  const last = order.filter(isLit);
  order.set(dimmed);
  order.set(last, dimmed.length);
  return order;
}

function shuffled(count: number): Uint32Array<ArrayBuffer> {
  const out = Uint32Array.from({ length: count }, (_, i) => i);
  let seed = 1;
  for (let i = count - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const j = seed % (i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}
