import { randomBytes } from "node:crypto";
import { type Figure, type FigureOptions } from "../figures/figure.js";
import { figureMime } from "../figures/fragment.js";
import { type LossRow, drawLossCurve } from "../figures/charts/loss-curve.js";
import { type SendDisplay, findDisplay } from "./display.js";
import { drawPicture } from "./picture.js";

/** How a live loss plot is shown. */
export interface LiveLossOptions extends FigureOptions {
  /** Steps of the whole run, for the time left. */
  steps?: number;
  /** Least time between two updates, in milliseconds. Default 400. */
  interval?: number;
  /** Where outputs go. Default: the running cell. */
  display?: SendDisplay;
  /** The clock, in milliseconds. Default Date.now. */
  now?: () => number;
}

/** A loss plot that grows while a training runs. */
export interface LiveLoss {
  /** Takes a step; give it to `trainSae` as it stands. */
  onLog: (row: LossRow) => void;
  /** Shows the whole curve with a picture beside and without times; await it when the training has ended. */
  end(): Promise<void>;
}

/**
 * The loss curve of a training as one output of the cell that calls this, updated in place: error and dead latents by
 * step, with steps per second and time left below. After `end` it holds no times, so a notebook run again gives the
 * same output. Outside a notebook it does nothing.
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
