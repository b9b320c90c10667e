// The process that runs the cells of one notebook on tslab's converter and executor, without Jupyter. Started by
// notebook-runner.ts with the notebook's folder as working directory; talks to it by messages.
import { createRequire } from "node:module";
import path from "node:path";
import { inspect, format } from "node:util";
import type { OutputEvent } from "../../notebook/outputs.js";

/** What the runner sends once. */
export interface KernelRequest {
  sources: string[];
  allowErrors: boolean;
}

/** What the kernel sends, in order. */
export type KernelMessage =
  | { type: "ready" }
  | { type: "begin"; cell: number }
  | { type: "output"; event: OutputEvent }
  | { type: "end"; cell: number; ok: boolean }
  | { type: "done" };

interface Executor {
  execute(source: string): Promise<boolean>;
}

interface Tslab {
  createConverter(options: { isJS: boolean; isBrowser: boolean }): { close(): void };
  createExecutor(
    folder: string,
    converters: unknown,
    console: { log(...args: unknown[]): void; error(...args: unknown[]): void },
  ): Executor;
  jupyter: { lastWriteDisplayData: unknown };
}

interface DisplayMessage {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  transient?: { display_id?: string };
}

type Failure = Extract<OutputEvent, { type: "error" }>;

// Time for promises that a cell left floating to fail before the notebook counts as done.
const SETTLE_MS = 50;

let onFloatingFailure: (failure: Failure) => void = () => undefined;

function send(message: KernelMessage, then?: () => void): void {
  process.send?.(message, undefined, undefined, then);
}

function loadTslab(): Tslab {
  const require = createRequire(path.join(process.cwd(), "notebook.js"));
  const load = (name: string): unknown => require(`tslab/dist/${name}.js`);
  const { createConverter } = load("converter") as Pick<Tslab, "createConverter">;
  const { createExecutor } = load("executor") as Pick<Tslab, "createExecutor">;
  return { createConverter, createExecutor, jupyter: load("jupyter") as Tslab["jupyter"] };
}

function captureOutputs(tslab: Tslab): void {
  for (const name of ["stdout", "stderr"] as const) {
    const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      send({ type: "output", event: { type: "stream", name, text } });
      const callback = rest.at(-1);
      if (typeof callback === "function") process.nextTick(callback);
      return true;
    };
    process[name].write = write;
  }
  tslab.jupyter.lastWriteDisplayData = (message: DisplayMessage, update?: boolean): void => {
    const { data, metadata, transient } = message;
    const event = { type: "display" as const, data, metadata, id: transient?.display_id, update };
    send({ type: "output", event });
  };
}

function createCellRunner(tslab: Tslab): (source: string) => Promise<Failure | undefined> {
  const converters = {
    node: tslab.createConverter({ isJS: false, isBrowser: false }),
    browser: undefined,
    close: () => undefined,
  };
  let failure: Failure | undefined;
  const executor = tslab.createExecutor(process.cwd(), converters, {
    log: (...args) => console.log(...args),
    error: (...args) => {
      failure = args.length === 1 ? failureOf(args[0]) : addDiagnostic(failure, format(...args));
    },
  });
  return async (source) => {
    failure = undefined;
    const floating = new Promise<Failure>((resolve) => (onFloatingFailure = resolve));
    const run = async (): Promise<Failure | undefined> => {
      const ok = await executor.execute(source);
      await new Promise((resolve) => setImmediate(resolve));
      return ok ? undefined : (failure ?? failureOf(new Error("the cell failed and said nothing")));
    };
    return Promise.race([run(), floating]);
  };
}

/** An error as an output; frames of this process and of tslab are left out. */
function failureOf(thrown: unknown): Failure {
  const isError = thrown instanceof Error;
  const lines = inspect(thrown).split("\n");
  const traceback = lines.filter(
    (line) =>
      !/^\s+at .*(?:node:internal|node:vm|[\\/]tslab[\\/]|notebook-kernel|<anonymous>\)?$)/.test(
        line,
      ),
  );
  return {
    type: "error",
    ename: isError ? thrown.name : "Thrown",
    evalue: isError ? thrown.message : inspect(thrown),
    traceback,
  };
}

/** The type checker reports one line a problem; together they are one error. */
function addDiagnostic(failure: Failure | undefined, line: string): Failure {
  const traceback = [...(failure?.traceback ?? []), line];
  return { type: "error", ename: "TypeScript", evalue: traceback[0], traceback };
}

async function runCells({ sources, allowErrors }: KernelRequest): Promise<void> {
  const tslab = loadTslab();
  const runCell = createCellRunner(tslab);
  captureOutputs(tslab);
  send({ type: "ready" });
  for (const [cell, source] of sources.entries()) {
    send({ type: "begin", cell });
    let failure = await runCell(source);
    if (!failure && cell === sources.length - 1) failure = await floatingFailure();
    if (failure) send({ type: "output", event: failure });
    send({ type: "end", cell, ok: !failure });
    if (failure && !allowErrors) break;
  }
  // The file watchers of tslab would keep the process alive.
  send({ type: "done" }, () => process.exit(0));
}

function floatingFailure(): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    onFloatingFailure = resolve;
    setTimeout(() => resolve(undefined), SETTLE_MS);
  });
}

process.on("unhandledRejection", (reason) => onFloatingFailure(failureOf(reason)));
process.on("uncaughtException", (error) => onFloatingFailure(failureOf(error)));
process.on("disconnect", () => process.exit(1));
process.once("message", (request) => {
  runCells(request as KernelRequest).catch((error: unknown) => {
    send({ type: "output", event: failureOf(error) }, () => process.exit(1));
  });
});
