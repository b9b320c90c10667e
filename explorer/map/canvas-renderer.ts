import type { Camera, Size } from "./camera.js";
import {
  GROWN,
  type PointRenderer,
  drawingOrder,
  faintness,
  litPlaces,
  resize,
} from "./renderer.js";

/**
 * Points as pixels of a 2D canvas, for machines without WebGL2: as the fragment shader draws them. The canvas's own circles
 * and squares take ten times as long, most of it to set a colour per point.
 */
export function canvasRenderer(canvas: HTMLCanvasElement): PointRenderer {
  const context = canvas.getContext("2d");
  let points: Float32Array = new Float32Array();
  let order = new Uint32Array();
  let colours: Uint8Array = new Uint8Array();
  let sizes: Float32Array = new Float32Array();
  let lit: Uint32Array | undefined;
  let image: ImageData | undefined;
  // Premultiplied red, green, blue and alpha of each pixel.
  let sums = new Float32Array();
  return {
    kind: "canvas",
    setPoints(given) {
      points = given;
      order = drawingOrder(points.length / 2);
    },
    setStyle(givenColours, givenSizes) {
      colours = givenColours;
      sizes = givenSizes;
    },
    setLit(given) {
      lit = litPlaces(order, given)?.map((place) => order[place]);
    },
    draw({ x: cx, y: cy, scale }: Camera, size: Size, most) {
      if (!context) return;
      const ratio = resize(canvas, size);
      const { width, height } = canvas;
      if (width === 0 || height === 0) return;
      if (image?.width !== width || image.height !== height) {
        image = context.createImageData(width, height);
        sums = new Float32Array(4 * width * height);
      } else sums.fill(0);
      const paint = (at: number, growth: number, faint?: number): void => {
        const radius = (sizes[at] * ratio * growth) / 2;
        const x = width / 2 + (points[2 * at] - cx) * scale * ratio - 0.5;
        const y = height / 2 - (points[2 * at + 1] - cy) * scale * ratio - 0.5;
        const reach = radius + 0.5;
        if (!(radius > 0 && x > -reach && y > -reach && x < width + reach && y < height + reach))
          return;
        const red = colours[4 * at];
        const green = colours[4 * at + 1];
        const blue = colours[4 * at + 2];
        const opacity = faint ?? colours[4 * at + 3] / 255;
        const left = Math.max(0, Math.ceil(x - reach));
        const right = Math.min(width - 1, x + reach);
        const bottom = Math.min(height - 1, y + reach);
        for (let row = Math.max(0, Math.ceil(y - reach)); row <= bottom; row++) {
          for (let column = left; column <= right; column++) {
            const away = (column - x) * (column - x) + (row - y) * (row - y);
            if (away >= reach * reach) continue;
            const alpha = opacity * Math.min(1, reach - Math.sqrt(away));
            if (alpha < 0.004) continue;
            const pixel = 4 * (row * width + column);
            const rest = 1 - alpha;
            sums[pixel] = sums[pixel] * rest + red * alpha;
            sums[pixel + 1] = sums[pixel + 1] * rest + green * alpha;
            sums[pixel + 2] = sums[pixel + 2] * rest + blue * alpha;
            sums[pixel + 3] = sums[pixel + 3] * rest + alpha;
          }
        }
      };
      const first = Math.max(0, order.length + (lit?.length ?? 0) - most);
      const faint = lit === undefined ? undefined : faintness(order.length);
      for (let i = first; i < order.length; i++) paint(order[i], 1, faint);
      for (const at of lit?.subarray(-most) ?? []) paint(at, GROWN);
      const { data } = image;
      for (let pixel = 0; pixel < sums.length; pixel += 4) {
        const alpha = sums[pixel + 3];
        data[pixel + 3] = 255 * alpha;
        if (alpha === 0) continue;
        data[pixel] = sums[pixel] / alpha;
        data[pixel + 1] = sums[pixel + 1] / alpha;
        data[pixel + 2] = sums[pixel + 2] / alpha;
      }
      context.putImageData(image, 0, 0);
    },
    dispose: () => undefined,
  };
}
