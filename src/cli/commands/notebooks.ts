import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { access, readFile, readdir } from "node:fs/promises";
import path from "node:path";
import type { CellFailure } from "../../notebook/execute.js";
import type { Jupyter, Kernel } from "../../notebook/jupyter.js";
import * as option from "../option-kinds.js";
import { kernelOption } from "../options.js";
import { type Command, type CommandContext, UsageError, defineCommand } from "../command.js";

interface NotebookReport {
  notebook: string;
  cells: number;
  changed: boolean;
  seconds: number;
  failures: CellFailure[];
}

interface NotebookOptions {
  kernel: Kernel | undefined;
  check: boolean;
  allowErrors: boolean;
  timeout: number | undefined;
}

/** `feature-families notebooks`: runs notebooks in Jupyter and writes their outputs into them. */
export const notebooksCommand: Command = defineCommand({
  name: "notebooks",
  group: "set-up",
  summary: "Run the TypeScript notebooks in Jupyter and write their outputs into them.",
  details:
    "NOTEBOOK defaults to every notebook in notebooks/. Each runs from top to bottom in its own kernel (jupyter nbconvert). Its file is written only if every cell " +
    "succeeded and an output changed; paths of this machine are removed from the outputs.",
  example: "feature-families notebooks notebooks/01-explore-families.ipynb --check",
  positionals: "[NOTEBOOK...]",
  options: {
    check: option.flag(
      "write nothing; fail if a cell's outputs differ from those in the file in anything but times and pictures",
    ),
    "allow-errors": option.flag("continue after a failed cell, and write the outputs anyway"),
    ...kernelOption,
    timeout: option.number("time limit per cell, in seconds (default 600)", { value: "SECONDS" }),
  },
  async run(options, positionals, context) {
    const { timeout } = options;
    const { packageRoot } = context;
    if (timeout !== undefined && !(timeout > 0)) {
      throw new UsageError(`notebooks: --timeout takes seconds above 0, got ${timeout}`);
    }
    const { findJupyter, writeKernelSpec } = await import("../../notebook/jupyter.js");
    const files = positionals.length > 0 ? positionals : await listNotebooks(packageRoot);
    for (const file of files) await access(file);
    if (options.kernel === "deno" && !options.check) {
      throw new UsageError(
        "notebooks: --kernel deno needs --check, as the committed outputs are tslab's",
      );
    }
    await writeKernelSpec(packageRoot, options.kernel);
    const jupyter = findJupyter(packageRoot, ["nbconvert"] as const);
    if (!jupyter) {
      throw new Error(
        "notebooks: Jupyter's nbconvert is not installed: install it with `pip install nbconvert jupyter-client` " +
          "(or, on Debian and Ubuntu, `apt-get install jupyter-nbconvert jupyter-client`)",
      );
    }
    const reports: NotebookReport[] = [];
    for (const file of files) reports.push(await runFile(file, jupyter, options, context));
    const failed = reports.filter(({ failures }) => failures.length > 0);
    if (failed.length > 0) throw new Error(failureText(failed));
    return { json: { notebooks: reports }, lines: reports.map(describe) };
  },
});

async function listNotebooks(packageRoot: string): Promise<string[]> {
  const folder = path.join(packageRoot, "notebooks");
  const names = existsSync(folder) ? await readdir(folder) : [];
  const notebooks = names.filter((name) => name.endsWith(".ipynb")).sort();
  if (notebooks.length === 0) throw new UsageError("notebooks: no .ipynb file in notebooks/");
  return notebooks.map((name) => path.relative(process.cwd(), path.join(folder, name)));
}

async function runFile(
  file: string,
  jupyter: Jupyter<"nbconvert">,
  options: NotebookOptions,
  context: CommandContext,
): Promise<NotebookReport> {
  const { packageRoot, signal, onProgress } = context;
  const { writeFileAtomic } = await import("../../files/atomic-file.js");
  const { executeNotebook } = await import("../../notebook/execute.js");
  const { codeCells, formatNotebook, parseNotebook } = await import("../../notebook/ipynb.js");
  const { compareOutputs, lintNotebook } = await import("../../notebook/lint.js");
  const { pathReplacements, tidyNotebook } = await import("../../notebook/tidy.js");
  const started = Date.now();
  const before = await readFile(file, "utf8");
  const notebook = parseNotebook(before, file);
  for (const finding of lintNotebook(notebook)) context.note(`${file}: ${finding}`);
  const cells = codeCells(notebook).length;
  const step = path.basename(file, ".ipynb");
  onProgress({ step, done: 0, total: cells });
  const { kernel, timeout, allowErrors } = options;
  const run = await executeNotebook(file, {
    ...{ jupyter, packageRoot, kernel, timeout, allowErrors, signal },
  });
  onProgress({ step, done: cells, total: cells });
  const seconds = Math.round((Date.now() - started) / 100) / 10;
  const report = { notebook: file, cells, changed: false, seconds, failures: [] };
  if ("failure" in run) return { ...report, failures: [run.failure] };
  const folder = path.dirname(path.resolve(file));
  const fresh = tidyNotebook(run.notebook, pathReplacements(packageRoot, folder));
  // What Deno's kernel sends after a cell's end may be lost or come with the next: only failures count.
  if (kernel === "deno") return report;
  if (options.check) {
    const failures = compareOutputs(notebook, fresh).map((message) => ({ message }));
    return { ...report, failures };
  }
  const after = formatNotebook(fresh);
  if (after !== before) await writeFileAtomic(file, after);
  return { ...report, changed: after !== before };
}

function describe({ notebook, cells, changed, seconds }: NotebookReport): string {
  return `${notebook}: ${cells} cells succeeded, ${changed ? "outputs changed" : "file unchanged"}, ${seconds} s`;
}

function failureText(reports: NotebookReport[]): string {
  const texts = reports.map(({ notebook, failures }) => {
    const cells = failures.map(({ cell, message }) =>
      cell === undefined ? message : `cell ${cell} failed: ${message}`,
    );
    return `${notebook}: ${cells.join("; ")}`;
  });
  return `${texts.join("; ")}; its file was not changed`;
}

type Frontend = "lab" | "notebook";

/** `feature-families jupyter`: sets up the TypeScript kernel and starts Jupyter. */
export const jupyterCommand: Command = defineCommand({
  name: "jupyter",
  group: "set-up",
  summary: "Set up the TypeScript kernel and start Jupyter on the notebooks.",
  details:
    "The kernel is registered in .jupyter/ of this clone; nothing is installed outside it. All other options are passed to " +
    "Jupyter, such as --no-browser --port 8890.",
  example: "feature-families jupyter --no-browser",
  positionals: "[ARGUMENT...]",
  passesThrough: true,
  options: {
    ...kernelOption,
    setup: option.flag("register the kernel without starting Jupyter", {
      excludes: ["frontend"],
    }),
    frontend: option.text("Jupyter front end to start (default: lab if installed, else notebook)", {
      choices: ["lab", "notebook"],
    }),
  },
  async run({ setup, frontend: wanted, kernel: name }, positionals, context) {
    const { findJupyter, jupyterEnvironment, writeKernelSpec } =
      await import("../../notebook/jupyter.js");
    const { packageRoot } = context;
    const kernel = await writeKernelSpec(packageRoot, name);
    const jupyterPath = path.join(packageRoot, ".jupyter");
    const json = { kernel, jupyterPath };
    if (setup) {
      return { json, lines: [`kernel registered; start Jupyter with JUPYTER_PATH=${jupyterPath}`] };
    }
    const jupyter = findJupyter(packageRoot, wanted ? [wanted] : (["lab", "notebook"] as const));
    if (!jupyter) {
      throw new Error(
        `jupyter: ${wanted ? `Jupyter's ${wanted}` : "Jupyter"} is not installed; install it with ` +
          "`pip install jupyterlab plotly` (or, on Debian and Ubuntu, `apt-get install jupyter-notebook`) " +
          "and run npm run jupyter again",
      );
    }
    context.note(`starting ${jupyter.program} ${jupyter.part}`);
    const forNew = name === undefined ? [] : [`--MultiKernelManager.default_kernel_name=${name}`];
    const args = [...forNew, ...positionals];
    await startJupyter(jupyter, args, context, jupyterEnvironment(packageRoot));
    return { json, lines: [] };
  },
});

function startJupyter(
  { program, part }: Jupyter<Frontend>,
  args: string[],
  { packageRoot, signal }: CommandContext,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const child = spawn(program, [part, ...args], {
    cwd: path.join(packageRoot, "notebooks"),
    env,
    stdio: "inherit",
  });
  // Ctrl-C reaches Jupyter by itself, as it shares the terminal; SIGTERM comes to this process alone.
  const forward = (): void => {
    if ((signal.reason as Error).cause === "SIGTERM") child.kill();
  };
  signal.addEventListener("abort", forward);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      signal.removeEventListener("abort", forward);
      if (code === 0 || code === null) resolve();
      else reject(new Error(`jupyter: ${program} ${part} ended with code ${code}`));
    });
  });
}
