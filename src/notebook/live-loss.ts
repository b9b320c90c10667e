import { randomBytes } from "node:crypto";
import { type Figure, type FigureOptions } from "../figures/figure.js";
import { figureMime } from "../figures/render/fragment.js";
import { type LossRow, drawLossCurve } from "../figures/training.js";
import { type SendDisplay, findDisplay } from "./display.js";
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
  const send = (figure: Figure, text: string, png?: Uint8Array): void => {
    const { width, height } = figure;
    const metadata = png ? { "image/png": { width, height } } : {};
    display({ ...figureMime(figure, png), "text/plain": text }, { id, update: isShown, metadata });
    isShown = true;
  };
  return {
    onLog: (row) => {
      if (rows.length === 0) first.step = row.step - 1;
      rows.push(row);
      if (now() - lastShown < interval) return;
      lastShown = now();
      const speed = (row.step - first.step) / Math.max(1e-3, (lastShown - start) / 1000);
      send(drawLossCurve(rows, figureOptions), describeStep(row, speed, steps));
    },
    end: async () => {
      const last = rows.at(-1);
      if (!last) return;
      const figure = drawLossCurve(rows, figureOptions);
      const scale = Number(process.env.FEATURE_FAMILIES_PICTURE_SCALE);
      const drawn = await drawPicture(figure, scale > 0 ? scale : 1);
      send(figure, describeEnd(last), "png" in drawn ? drawn.png : undefined);
    },
  };
}

function describeStep(row: LossRow, speed: number, steps: number | undefined): string {
  const left =
    steps === undefined ? "" : `, ${Math.max(0, Math.ceil((steps - row.step) / speed))} s left`;
  const of = steps === undefined ? "" : ` of ${steps}`;
  return `step ${row.step}${of}: ${describeLoss(row)}, ${speed.toFixed(1)} steps/s${left}`;
}

function describeEnd(row: LossRow): string {
  return `${row.step} steps: ${describeLoss(row)}`;
}

function describeLoss({ reconstruction, dead }: LossRow): string {
  return `error ${reconstruction.toFixed(4)}${dead === undefined ? "" : `, ${dead} dead`}`;
}
