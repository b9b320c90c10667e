import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { makeTemporaryFolder } from "../files/writers/temporaries.js";
import { type Notebook, codeCells, joinText, parseNotebook } from "./ipynb.js";
import { type Jupyter, type Kernel, jupyterEnvironment } from "./jupyter.js";

export interface ExecuteOptions {
  jupyter: Jupyter<"nbconvert">;
  /** Root folder of the package, whose .jupyter/ contains the kernel. */
  packageRoot: string;
  /** Default "tslab". */
  kernel?: Kernel;
  /** Time limit per cell, in seconds. Default 600. */
  timeout?: number;
  /** Continues after a failed cell. Default false. */
  allowErrors?: boolean;
  signal?: AbortSignal;
}

/** A failed cell, by its number among all cells, from 1; without a number if Jupyter itself failed. */
export interface CellFailure {
  cell?: number;
  message: string;
}

/** The notebook with the outputs of this run, or the reason why there is none. */
export type Execution = { notebook: Notebook } | { failure: CellFailure };

/**
 * Runs the notebook in `file` with `jupyter nbconvert` and a kernel of writeKernelSpec, in the notebook's folder; the file itself
 * is not changed. Throws if Jupyter cannot be started.
 */
export async function executeNotebook(file: string, options: ExecuteOptions): Promise<Execution> {
  const folder = await makeTemporaryFolder(path.join(os.tmpdir(), "feature-families-notebook"));
  try {
    const output = path.join(folder, "executed.ipynb");
    const log = await runNbconvert(file, output, options);
    const executed = await readFile(output, "utf8").catch(() => undefined);
    if (executed !== undefined) return { notebook: parseNotebook(executed, file) };
    return { failure: failureOf(log, parseNotebook(await readFile(file, "utf8"), file)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The output of Jupyter, when it has ended. */
function runNbconvert(file: string, output: string, options: ExecuteOptions): Promise<string> {
  const { jupyter, packageRoot, kernel = "tslab", timeout = 600, allowErrors = false } = options;
  const { signal } = options;
  signal?.throwIfAborted();
  const args = [jupyter.part, "--to", "notebook", "--execute", "--log-level", "ERROR"];
  args.push(`--ExecutePreprocessor.kernel_name=${kernel}`);
  args.push(`--ExecutePreprocessor.timeout=${timeout}`);
  args.push("--ExecutePreprocessor.startup_timeout=300");
  if (allowErrors) args.push("--allow-errors");
  args.push("--output", output, path.resolve(file));
  const child = spawn(jupyter.program, args, {
    env: jupyterEnvironment(packageRoot),
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Jupyter shuts down its kernel on an interrupt, but not when it is killed.
  const onAbort = (): void => void child.kill("SIGINT");
  signal?.addEventListener("abort", onAbort);
  const log: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => log.push(chunk));
  }
  return new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(Buffer.concat(log).toString("utf8")));
  }).finally(() => {
    signal?.removeEventListener("abort", onAbort);
    signal?.throwIfAborted();
  });
}

/** Parses nbclient's exception: a sentence, then for a failed cell its source between two rules and its output. */
function failureOf(log: string, notebook: Notebook): CellFailure {
  const exception = log.slice(log.lastIndexOf("\nnbclient.exceptions.") + 1);
  const [, sentence, source, printed = ""] =
    /^(.*)\n(?:.*\n){0,2}?-{6,}\n([\s\S]*?)\n-{6,}\n([\s\S]*)$/.exec(exception) ?? [];
  const failed = codeCells(notebook).find(
    ({ cell }) => joinText(cell.source).trim() === source?.trim(),
  );
  // tslab answers before it prints: where Jupyter stopped listening in between, all it has is "<Error>: ".
  const isShown = /\S/.test(printed.replace(/<Error>:/, ""));
  const shown = isShown ? printed : (sentence ?? exception);
  const lines = shown
    .replace(/^nbclient\.exceptions\.\w+: /, "")
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^-+( std(out|err) -+)?$|^\s+at /.test(line));
  return { cell: failed && failed.position + 1, message: lines.slice(-8).join("\n") };
}
