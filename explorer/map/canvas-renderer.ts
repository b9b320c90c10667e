import { toScreen } from "./camera.js";
import { type PointRenderer, resize, shuffled } from "./renderer.js";

/** Points by the canvas's own drawing, for machines without WebGL2. */
export function canvasRenderer(canvas: HTMLCanvasElement): PointRenderer {
  const context = canvas.getContext("2d");
  let points = new Float32Array();
  let order = new Uint32Array();
  let colours = new Uint8Array();
  let sizes = new Float32Array();
  return {
    kind: "canvas",
    setPoints(given) {
      points = Float32Array.from(given);
      order = shuffled(points.length / 2);
    },
    setStyle(givenColours, givenSizes) {
      colours = Uint8Array.from(givenColours);
      sizes = Float32Array.from(givenSizes);
    },
    draw(camera, size, most) {
      if (!context) return;
      const ratio = resize(canvas, size);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, size.width, size.height);
      const count = Math.min(most, order.length);
      let last = -1;
      for (let i = 0; i < count; i++) {
        const at = order[i];
        const diameter = sizes[at];
        const [x, y] = toScreen(camera, size, points[2 * at], points[2 * at + 1]);
        if (!(diameter > 0 && x > -9 && y > -9 && x < size.width + 9 && y < size.height + 9))
          continue;
        const [red, green, blue, alpha] = colours.subarray(4 * at, 4 * at + 4);
        const key = (red << 24) | (green << 16) | (blue << 8) | alpha;
        if (key !== last) context.fillStyle = `rgba(${red},${green},${blue},${alpha / 255})`;
        last = key;
        // Circles take four times as long as squares, which look the same when they are small.
        if (diameter < 4) context.fillRect(x - diameter / 2, y - diameter / 2, diameter, diameter);
        else {
          context.beginPath();
          context.arc(x, y, diameter / 2, 0, 7);
          context.fill();
        }
      }
    },
    dispose: () => undefined,
  };
}
