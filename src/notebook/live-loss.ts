import { randomBytes } from "node:crypto";
import type { FigureOptions } from "../figures/figure.js";
import { figureMime } from "../figures/render/fragment.js";
import { type LossRow, lossCurve } from "../figures/loss-curve.js";
import { type MimeBundle, type SendDisplay, findDisplay } from "./display.js";
import { drawPicture } from "./picture.js";

/** Options of a live loss plot. */
export interface LiveLossOptions extends FigureOptions {
  /** Total number of steps, for the remaining time. */
  steps?: number;
  /** Minimum time between two updates, in milliseconds. Default 400. */
  interval?: number;
  /** Where to send outputs. Default: the running cell. */
  display?: SendDisplay;
  /** The clock, in milliseconds. Default Date.now. */
  now?: () => number;
}

/** A loss plot that grows during training. */
export interface LiveLoss {
  /** Receives a step; pass it to `trainSae`. */
  onLog: (row: LossRow) => void;
  /** Shows the final curve with a static picture and without times; await it after training. */
  end(): Promise<void>;
}

/**
 * The loss curve of a training as a single output of the calling cell, updated in place: error and dead latents by
 * step, with steps per second and remaining time below. After `end` it contains no times, so running the notebook again
 * gives the same output. Outside a notebook it does nothing.
 */
export function liveLoss({
  steps,
  interval = 400,
  display = findDisplay(),
  now = Date.now,
  ...figureOptions
}: LiveLossOptions = {}): LiveLoss {
  const rows: LossRow[] = [];
  if (!display) return { onLog: () => undefined, end: async () => Promise.resolve() };
  const id = randomBytes(8).toString("hex");
  const start = now();
  const first = { step: 0 };
  let lastShown = start;
  let isShown = false;
  const send = (data: MimeBundle, text: string, metadata = {}): void => {
    display({ ...data, "text/plain": text }, { id, update: isShown, metadata });
    isShown = true;
  };
  return {
    onLog: (row) => {
      if (rows.length === 0) first.step = row.step - 1;
      rows.push(row);
      if (now() - lastShown < interval) return;
      lastShown = now();
      const speed = (row.step - first.step) / Math.max(1e-3, (lastShown - start) / 1000);
      const text = describeStep(row, speed, steps);
      send({ "image/svg+xml": sketchLoss(rows, text) }, text);
    },
    end: async () => {
      const last = rows.at(-1);
      if (!last) return;
      const figure = lossCurve(rows, figureOptions);
      const drawn = await drawPicture(figure, 1);
      const png = "png" in drawn ? drawn.png : undefined;
      const { width, height } = figure;
      const metadata = png ? { "image/png": { width, height } } : {};
      send({ ...figureMime(figure, png) }, `${last.step} steps: ${describeLoss(last)}`, metadata);
    },
  };
}

function describeStep(row: LossRow, speed: number, steps: number | undefined): string {
  const left =
    steps === undefined ? "" : `, ${Math.max(0, Math.ceil((steps - row.step) / speed))} s left`;
  const of = steps === undefined ? "" : ` of ${steps}`;
  return `step ${row.step}${of}: ${describeLoss(row)}, ${speed.toFixed(1)} steps/s${left}`;
}

function describeLoss({ reconstruction, dead }: LossRow): string {
  return `error ${reconstruction.toFixed(4)}${dead === undefined ? "" : `, ${dead} dead`}`;
}

const SKETCH = { width: 640, height: 240, margin: 24, points: 400 };

/**
 * The curve so far as SVG, on a logarithmic scale: JupyterLab's plotly extension does not redraw a figure that is
 * updated, and a browser for a PNG would take longer than the steps.
 */
function sketchLoss(rows: readonly LossRow[], caption: string): string {
  const { width, height, margin, points } = SKETCH;
  const every = Math.ceil(rows.length / points);
  const shown = rows.filter(
    ({ reconstruction }, i) => reconstruction > 0 && (i % every === 0 || i === rows.length - 1),
  );
  const logs = shown.map(({ reconstruction }) => Math.log(reconstruction));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const [from, to] = [shown.at(0)?.step ?? 0, shown.at(-1)?.step ?? 0];
  const place = (share: number, size: number): string =>
    (margin + share * (size - 2 * margin)).toFixed(1);
  const path = shown.map(({ step }, i) => {
    const x = place((step - from) / Math.max(1, to - from), width);
    return `${x},${place((high - logs[i]) / Math.max(1e-9, high - low), height)}`;
  });
  const text = (x: number, y: number, words: string): string =>
    `<text x="${x}" y="${y}">${words}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#7a7f85">
${text(margin, 14, `error, from ${Math.exp(high).toPrecision(3)} to ${Math.exp(low).toPrecision(3)}`)}
${text(margin, height - 6, caption)}
<polyline points="${path.join(" ")}" fill="none" stroke="#2f7ebc" stroke-width="1.5"/>
</svg>`;
}
