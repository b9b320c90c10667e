import { type Camera, type Point, type Size, toScreen } from "./camera.js";
import { typeScale } from "../data/text.js";
import { resize } from "./renderer.js";

/** A name at a place of the map; the first ones are placed first. */
export interface MapName {
  x: number;
  y: number;
  /** Asked for when there is room for it. */
  text: () => string;
  /** Names of families are larger. */
  isFamily: boolean;
  colour?: string;
  /** Shown from this zoom on, relative to the whole map. */
  from: number;
}

/** A family as an outlined region: the places of its latents. */
export interface Region {
  points: readonly Point[];
  colour: string;
  isChosen: boolean;
}

/** What is drawn above the points. */
export interface Overlay {
  names: readonly MapName[];
  regions: readonly Region[];
  /** Edges of the chosen family, as pairs of places, with weights. */
  edges: readonly { from: Point; to: Point; weight: number }[];
  /** Rings around points. */
  rings: readonly { at: Point; isHovered: boolean }[];
  /** The lasso or rectangle that is being drawn, in pixels. */
  lasso: readonly Point[];
  /** Whether the cross that keys act on is shown. */
  hasCross: boolean;
}

const PAD = 11;
/** Width and height of the cells that remember where names stand, in pixels. */
const CELL = [16, 9] as const;

/** Draws names, regions, edges and the lasso. `zoom` is the scale relative to the whole map. */
export function drawOverlay(
  canvas: HTMLCanvasElement,
  camera: Camera,
  size: Size,
  zoom: number,
  overlay: Overlay,
): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const ratio = resize(canvas, size);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  const style = getComputedStyle(canvas);
  const [ink, paper, accent] = ["--ink", "--paper", "--accent"].map((name) =>
    style.getPropertyValue(name).trim(),
  );
  const screen = ([x, y]: Point): Point => toScreen(camera, size, x, y);
  for (const { points, colour, isChosen } of overlay.regions) {
    const outline = padded(points.map(screen));
    context.beginPath();
    outline.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
    context.closePath();
    context.globalAlpha = isChosen ? 0.14 : 0.06;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = isChosen ? 0.95 : 0.4;
    context.strokeStyle = colour;
    context.lineWidth = isChosen ? 2 : 1;
    context.stroke();
  }
  context.strokeStyle = ink;
  for (const { from, to, weight } of overlay.edges) {
    context.globalAlpha = 0.25 + 0.6 * Math.min(1, weight);
    context.lineWidth = 0.6 + 2.2 * Math.min(1, weight);
    context.beginPath();
    context.moveTo(...screen(from));
    context.lineTo(...screen(to));
    context.stroke();
  }
  context.globalAlpha = 1;
  for (const { at, isHovered } of overlay.rings) {
    const [x, y] = screen(at);
    context.lineWidth = 2;
    context.strokeStyle = isHovered ? ink : accent;
    context.beginPath();
    context.arc(x, y, isHovered ? 7 : 8.5, 0, 7);
    context.stroke();
  }
  drawNames(context, overlay.names, { screen, size, zoom, ink, paper });
  if (overlay.lasso.length > 1) {
    context.beginPath();
    overlay.lasso.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
    context.closePath();
    context.fillStyle = accent;
    context.globalAlpha = 0.12;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = accent;
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    context.stroke();
    context.setLineDash([]);
  }
  if (overlay.hasCross) {
    const [x, y] = [size.width / 2, size.height / 2];
    context.strokeStyle = accent;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      context.moveTo(x + 5 * dx, y + 5 * dy);
      context.lineTo(x + 13 * dx, y + 13 * dy);
    }
    context.stroke();
  }
}

function drawNames(
  context: CanvasRenderingContext2D,
  names: readonly MapName[],
  {
    screen,
    size,
    zoom,
    ink,
    paper,
  }: { screen: (at: Point) => Point; size: Size; zoom: number; ink: string; paper: string },
): void {
  const scale = typeScale();
  const cell = CELL.map((side) => side * scale);
  const [columns, rows] = [Math.ceil(size.width / cell[0]), Math.ceil(size.height / cell[1])];
  const taken = new Uint8Array(columns * rows);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const { x, y, text, isFamily, from } of names) {
    if (zoom < from) continue;
    const [sx, sy] = screen([x, y]);
    const at = isFamily ? sy : sy - 11 * scale;
    if (!(sx >= 0 && at >= 11 * scale && sx < size.width && sy < size.height)) continue;
    const row = Math.floor(at / cell[1]);
    // Most of a large atlas's names end here, before their width is measured.
    if (taken[row * columns + Math.floor(sx / cell[0])] !== 0) continue;
    const font = isFamily ? `600 ${12.5 * scale}px` : `${11.5 * scale}px`;
    context.font = `${font} system-ui, sans-serif`;
    const whole = text();
    const shown = whole.length > 34 ? `${whole.slice(0, 33)}…` : whole;
    const half = context.measureText(shown).width / 2 + 4;
    if (sx - half < 2 || sx + half > size.width - 2) continue;
    const [left, right] = [sx - half, sx + half].map((side) => Math.floor(side / cell[0]));
    const cells = [row - 1, row, row + 1]
      .filter((one) => one >= 0 && one < rows)
      .map((one) => [one * columns + left, one * columns + right + 1] as const);
    if (cells.some(([start, end]) => taken.subarray(start, end).includes(1))) continue;
    for (const [start, end] of cells) taken.fill(1, start, end);
    context.strokeStyle = paper;
    context.lineWidth = 3.5;
    context.globalAlpha = 0.85;
    context.strokeText(shown, sx, at);
    context.globalAlpha = isFamily ? 1 : 0.85;
    context.fillStyle = ink;
    context.fillText(shown, sx, at);
  }
  context.globalAlpha = 1;
}

/** The convex hull of circles around the points, by Andrew's monotone chain. */
function padded(points: readonly Point[]): Point[] {
  const around = points.flatMap(([x, y]) =>
    Array.from({ length: 10 }, (_, i): Point => {
      const angle = (2 * Math.PI * i) / 10;
      return [x + PAD * Math.cos(angle), y + PAD * Math.sin(angle)];
    }),
  );
  const sorted = around.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list: readonly Point[]): Point[] => {
    const hull: Point[] = [];
    for (const point of list) {
      while (hull.length > 1 && turn(hull[hull.length - 2], hull[hull.length - 1], point) <= 0) {
        hull.pop();
      }
      hull.push(point);
    }
    return hull.slice(0, -1);
  };
  return [...half(sorted), ...half([...sorted].reverse())];
}

function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}
