import { type ChildProcess, fork } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Notebook, NOTEBOOK_METADATA, codeCells, joinText } from "../../notebook/ipynb.js";
import { OutputCollector, type OutputEvent, type Replacement } from "../../notebook/outputs.js";
import type { KernelMessage, KernelRequest } from "./notebook-kernel.js";

export interface RunNotebookOptions {
  /** Folder in which the cells run. */
  folder: string;
  /** Root folder of the package; shown as "." in outputs. */
  packageRoot: string;
  /** Longest time for one cell, in seconds. Default 600. */
  timeout?: number;
  /** Go on after a failed cell. Default false. */
  allowErrors?: boolean;
  signal?: AbortSignal;
  /** Called when a cell ends, with the number of finished cells. */
  onCell?: (done: number) => void;
}

/** A cell that failed. */
export interface CellFailure {
  /** Its number among all cells, from 1, as a reader counts them. */
  cell: number;
  message: string;
}

export interface NotebookRun {
  /** The notebook with the outputs and execution counts of this run. */
  notebook: Notebook;
  failures: CellFailure[];
}

const KERNEL = fileURLToPath(new URL("./notebook-kernel.js", import.meta.url));
const START_SECONDS = 120;

/**
 * Runs the code cells of a notebook in a process of their own. A cell fails by throwing, by a type error, by a
 * promise that it left to fail, by ending the process, or by taking longer than `timeout`.
 */
export async function runNotebook(
  notebook: Notebook,
  options: RunNotebookOptions,
): Promise<NotebookRun> {
  const cells = codeCells(notebook);
  const collector = new OutputCollector(replacements(options));
  const sources = cells.map(({ cell }) => joinText(cell.source));
  const { failed, begun } = await runInKernel(sources, collector, options);
  const fresh = new Map(
    cells.map(({ cell }, i) => {
      const outputs = collector.outputs(i);
      return [cell, { ...cell, outputs, execution_count: i < begun ? i + 1 : null }];
    }),
  );
  return {
    notebook: {
      ...notebook,
      cells: notebook.cells.map((cell) => {
        const ran = cell.cell_type === "code" ? (fresh.get(cell) ?? cell) : cell;
        return { ...ran, metadata: stableMetadata(ran.metadata) };
      }),
      metadata: { ...notebook.metadata, ...NOTEBOOK_METADATA },
    },
    failures: failed.map(({ cell, message }) => ({ cell: cells[cell].position + 1, message })),
  };
}

/** Front ends note times and scroll states in cells; they differ from run to run. */
function stableMetadata(metadata: Record<string, unknown>): Record<string, unknown> {
  const volatile = ["execution", "ExecuteTime", "scrolled", "collapsed"];
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !volatile.includes(key)));
}

function replacements({ packageRoot, folder }: RunNotebookOptions): Replacement[] {
  const inRoot = path.relative(packageRoot, folder);
  const shownFolder = inRoot.startsWith("..") ? "." : `./${inRoot}`.replace(/\/$/, "");
  const places: Replacement[] = [
    { from: folder, to: shownFolder },
    { from: packageRoot, to: "." },
    { from: os.homedir(), to: "~" },
  ];
  return places.flatMap(({ from, to }) => [
    { from: `file://${from}`, to },
    { from, to },
  ]);
}

interface KernelResult {
  /** Cells begun. */
  begun: number;
  failed: { cell: number; message: string }[];
}

async function runInKernel(
  sources: string[],
  collector: OutputCollector,
  options: RunNotebookOptions,
): Promise<KernelResult> {
  const { folder, allowErrors = false, signal } = options;
  signal?.throwIfAborted();
  // What native code writes past Node goes to standard error: standard output belongs to the command's result.
  const child = fork(KERNEL, [], {
    cwd: folder,
    env: { FEATURE_FAMILIES_PICTURE_SCALE: "2", ...process.env },
    execArgv: ["--enable-source-maps"],
    stdio: ["ignore", 2, 2, "ipc"],
  });
  const session = new KernelSession(collector, options);
  const onAbort = (): void => session.stopFor(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  child.on("error", (error) => session.stopFor(error));
  child.on("exit", (code, by) =>
    session.onExit(by ? `was ended by ${by}` : `ended with code ${code}`),
  );
  child.on("message", (message) => session.onMessage(message as KernelMessage));
  child.send({ sources, allowErrors } satisfies KernelRequest);
  try {
    return await session.result;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stop(child);
  }
}

/** Follows one run of the kernel process: which cell is running, for how long it may, and how the run ended. */
class KernelSession {
  readonly result: Promise<KernelResult>;
  private readonly collector: OutputCollector;
  private readonly options: RunNotebookOptions;
  private readonly state: KernelResult = { begun: 0, failed: [] };
  private lastError = "";
  private isOver = false;
  private timer: NodeJS.Timeout | undefined;
  private resolve: (result: KernelResult) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(collector: OutputCollector, options: RunNotebookOptions) {
    this.collector = collector;
    this.options = options;
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.startTimer(START_SECONDS, () => this.stopFor(new Error("tslab did not start in time")));
  }

  onMessage(message: KernelMessage): void {
    if (this.isOver) return;
    if (message.type === "output") {
      this.lastError = errorText(message.event) ?? this.lastError;
      this.collector.add(message.event);
    } else if (message.type === "begin") this.beginCell(message.cell);
    else if (message.type === "end") {
      clearTimeout(this.timer);
      if (!message.ok) this.state.failed.push({ cell: message.cell, message: this.lastError });
      this.options.onCell?.(message.cell + 1);
    } else if (message.type === "done") this.finish();
  }

  onExit(how: string): void {
    if (this.isOver) return;
    if (this.state.begun > 0)
      this.failCell("ProcessEnded", `the process ${how} while the cell ran`);
    else this.stopFor(new Error(this.lastError || `the process for the cells ${how}`));
  }

  stopFor(error: unknown): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.reject(error);
  }

  private beginCell(cell: number): void {
    const { timeout = 600 } = this.options;
    this.state.begun = cell + 1;
    this.collector.beginCell();
    this.startTimer(timeout, () => {
      this.failCell("Timeout", `the cell took longer than ${timeout} s`);
    });
  }

  private failCell(ename: string, evalue: string): void {
    this.onMessage({
      type: "output",
      event: { type: "error", ename, evalue, traceback: [`${ename}: ${evalue}`] },
    });
    this.state.failed.push({ cell: this.state.begun - 1, message: this.lastError });
    this.finish();
  }

  private finish(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.resolve(this.state);
  }

  private startTimer(seconds: number, then: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(then, seconds * 1000);
  }
}

function errorText(event: OutputEvent): string | undefined {
  return event.type === "error" ? `${event.ename}: ${event.evalue}` : undefined;
}

function stop(child: ChildProcess): void {
  if (child.connected) child.disconnect();
  if (child.exitCode === null) child.kill("SIGKILL");
}
