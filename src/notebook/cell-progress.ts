import { randomBytes } from "node:crypto";
import type { OnProgress, Progress } from "../core/progress.js";
import { type SendDisplay, findDisplay } from "./display.js";

/** Options of the progress output. */
export interface CellProgressOptions {
  /** Minimum time between two updates, in milliseconds. Default 150. */
  interval?: number;
  /** Where to send outputs. Default: the running cell. */
  display?: SendDisplay;
  /** The clock, in milliseconds. Default Date.now. */
  now?: () => number;
}

const BAR_WIDTH = 24;

/**
 * Progress as a single output of the calling cell, updated in place: one line per step, with a bar if the total is
 * known. The last report of a step (done = total) is always shown, and the text contains no times, so running the
 * notebook again gives the same output. Outside a notebook it returns a function that does nothing.
 */
export function cellProgress({
  interval = 150,
  display = findDisplay(),
  now = Date.now,
}: CellProgressOptions = {}): OnProgress {
  if (!display) return () => undefined;
  const id = randomBytes(8).toString("hex");
  const steps = new Map<string, Progress>();
  let lastShown = -Infinity;
  let isShown = false;
  return (progress) => {
    const isNew = !steps.has(progress.step);
    const isDone = progress.total !== undefined && progress.done >= progress.total;
    steps.set(progress.step, progress);
    if (!isNew && !isDone && now() - lastShown < interval) return;
    lastShown = now();
    display({ "text/plain": formatSteps([...steps.values()]) }, { id, update: isShown });
    isShown = true;
  };
}

function formatSteps(steps: Progress[]): string {
  const width = Math.max(...steps.map(({ step }) => step.length));
  return steps.map((progress) => formatStep(progress, width)).join("\n");
}

function formatStep({ step, done, total, note }: Progress, width: number): string {
  const count = total === undefined ? group(done) : `${group(done)} of ${group(total)}`;
  const share = total === undefined ? undefined : total > 0 ? Math.min(1, done / total) : 1;
  const full = Math.floor((share ?? 0) * BAR_WIDTH);
  const bar = share === undefined ? "" : `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} `;
  return `${step.padEnd(width)}  ${bar}${count}${note ? `  ${note}` : ""}`;
}

function group(count: number): string {
  return count.toLocaleString("en-US");
}
