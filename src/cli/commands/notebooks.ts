import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { writeFileAtomic } from "../../files/atomic-file.js";
import { formatNotebook, parseNotebook } from "../../notebook/ipynb.js";
import { lintNotebook } from "../../notebook/lint.js";
import { type Command, type CommandContext, UsageError, defineCommand } from "../command.js";
import { type CellFailure, runNotebook } from "./notebook-runner.js";

interface NotebookReport {
  notebook: string;
  cells: number;
  changed: boolean;
  seconds: number;
  failures: CellFailure[];
}

interface NotebookOptions {
  check: boolean;
  "allow-errors": boolean;
  timeout: number | undefined;
}

/** `feature-families notebooks`: runs notebooks without Jupyter and writes their outputs into them. */
export const notebooksCommand: Command = defineCommand({
  name: "notebooks",
  summary: "Run the TypeScript notebooks and write their outputs into them, without Jupyter.",
  details:
    "Each notebook runs from top to bottom in a process of its own. It is written only if every cell worked,\n" +
    "and only if something changed; paths of this machine are taken out of the outputs.",
  example: "feature-families notebooks notebooks/01-explore-families.ipynb --check",
  positionals: "notebook.ipynb …, by default every one in notebooks/",
  options: {
    check: { type: "boolean", about: "run the cells and write nothing" },
    "allow-errors": {
      type: "boolean",
      about: "go on after a failed cell and write the outputs as they are",
    },
    timeout: { type: "number", value: "S", about: "longest time for one cell, in seconds (600)" },
  },
  async run(options, positionals, context) {
    const { timeout } = options;
    if (timeout !== undefined && !(timeout > 0)) {
      throw new UsageError(`notebooks: --timeout takes seconds above 0, got ${timeout}`);
    }
    const files = positionals.length > 0 ? positionals : await listNotebooks(context.packageRoot);
    for (const file of files) requireKernel(path.dirname(path.resolve(file)), context.packageRoot);
    const reports: NotebookReport[] = [];
    for (const file of files) reports.push(await runFile(file, options, context));
    const failed = reports.filter(({ failures }) => failures.length > 0);
    if (failed.length > 0 && !options["allow-errors"]) throw new Error(failureText(failed));
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

function requireKernel(folder: string, packageRoot: string): void {
  let place = folder;
  while (!existsSync(path.join(place, "node_modules/tslab/package.json"))) {
    const above = path.dirname(place);
    if (above === place) {
      throw new Error("notebooks: tslab is not installed; run npm --prefix notebooks install");
    }
    place = above;
  }
  if (!existsSync(path.join(packageRoot, "dist/index.js"))) {
    throw new Error("notebooks: the library is not built; run npm run build");
  }
}

async function runFile(
  file: string,
  options: NotebookOptions,
  context: CommandContext,
): Promise<NotebookReport> {
  const { packageRoot, signal, onProgress } = context;
  const started = Date.now();
  const before = await readFile(file, "utf8");
  const notebook = parseNotebook(before, file);
  for (const finding of lintNotebook(notebook)) context.note(`${file}: ${finding}`);
  const total = notebook.cells.filter(({ cell_type: type }) => type === "code").length;
  const step = path.basename(file, ".ipynb");
  onProgress({ step, done: 0, total });
  const run = await runNotebook(notebook, {
    folder: path.dirname(path.resolve(file)),
    packageRoot,
    timeout: options.timeout,
    allowErrors: options["allow-errors"],
    signal,
    onCell: (done) => onProgress({ step, done, total }),
  });
  const after = formatNotebook(run.notebook);
  const changed = after !== before;
  const isGood = run.failures.length === 0 || options["allow-errors"];
  if (changed && isGood && !options.check) await writeFileAtomic(file, after);
  const seconds = Math.round((Date.now() - started) / 100) / 10;
  return { notebook: file, cells: total, changed, seconds, failures: run.failures };
}

function describe({ notebook, cells, changed, seconds, failures }: NotebookReport): string {
  const outcome = failures.length > 0 ? `${failures.length} failed` : "all worked";
  return `${notebook}: ${cells} cells, ${outcome}, ${changed ? "outputs changed" : "outputs as before"}, ${seconds} s`;
}

function failureText(reports: NotebookReport[]): string {
  const texts = reports.map(({ notebook, failures }) => {
    const cells = failures.map(({ cell, message }) => `cell ${cell} failed: ${message}`);
    return `${notebook}: ${cells.join("; ")}`;
  });
  return `${texts.join("; ")}; nothing was written there`;
}
