import cliProgress from "cli-progress";
import { plainLine } from "../core/shown.js";
import type { OnProgress, Progress } from "../core/progress.js";
import { printLines } from "./print.js";

/** Shows progress on standard error until closed. */
export interface ProgressDisplay {
  onProgress: OnProgress;
  /** Ends the bar's line, so that others may be printed. */
  pause(): void;
  close(): void;
}

const LINE_INTERVAL_MS = 10_000;
const NOTE_WIDTH = 28;

/** A bar on a terminal; elsewhere a line when a step starts, at most one every ten seconds, and one when it ends. */
export function createProgressDisplay(
  stream: NodeJS.WritableStream & { isTTY?: boolean },
): ProgressDisplay {
  return stream.isTTY ? createBar(stream) : createLines(stream);
}

function createBar(stream: NodeJS.WritableStream): ProgressDisplay {
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format: "{step} {bar} {percentage}%  {value}/{total}  {speed}  {eta_formatted}  {note}",
      clearOnComplete: false,
      hideCursor: true,
      etaBuffer: 50,
      formatTime: formatTimeLeft,
    },
    cliProgress.Presets.shades_classic,
  );
  let current: string | undefined;
  let isClosed = false;
  let first = { done: 0, at: 0 };
  const stop = (): void => {
    if (current !== undefined) bar.stop();
    current = undefined;
  };
  return {
    onProgress: (progress) => {
      if (isClosed) return;
      const { step, done, total = 0 } = progress;
      // The bar does not clear what a longer note of before left on the line.
      if (step !== current) first = { done, at: Date.now() };
      const payload = {
        step: plainLine(step).padEnd(12),
        speed: formatSpeed(done - first.done, Date.now() - first.at),
        note: plainLine(progress.note ?? "").padEnd(NOTE_WIDTH),
      };
      if (step !== current) {
        stop();
        bar.start(total, done, payload);
        current = step;
      }
      bar.setTotal(total);
      bar.update(done, payload);
      if (total > 0 && done >= total) stop();
    },
    pause: stop,
    close: () => {
      isClosed = true;
      stop();
    },
  };
}

function createLines(stream: NodeJS.WritableStream): ProgressDisplay {
  let current: string | undefined;
  let lastLine = 0;
  return {
    onProgress: (progress) => {
      const now = Date.now();
      const isNew = progress.step !== current;
      const isDone = progress.total !== undefined && progress.done >= progress.total;
      if (!isNew && !isDone && now - lastLine < LINE_INTERVAL_MS) return;
      current = isDone ? undefined : progress.step;
      lastLine = now;
      printLines(stream, [formatLine(progress)]);
    },
    pause: () => undefined,
    close: () => undefined,
  };
}

/** Units per second, such as "12.5/s"; empty before there is a time to divide by. */
function formatSpeed(count: number, milliseconds: number): string {
  if (count <= 0 || milliseconds <= 0) return "";
  const speed = (1000 * count) / milliseconds;
  return `${speed < 100 ? speed.toFixed(1) : Math.round(speed).toLocaleString("en")}/s`;
}

function formatLine({ step, done, total, note }: Progress): string {
  const count = total === undefined ? `${done}` : `${done}/${total}`;
  return `${step}: ${count}${note ? `  ${note}` : ""}`;
}

/** Empty while cli-progress does not know: it passes Infinity, NaN or the word for them. */
function formatTimeLeft(seconds: number): string {
  if (!Number.isFinite(seconds)) return "";
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.round(seconds)} s`;
}
