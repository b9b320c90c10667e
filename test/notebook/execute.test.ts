import test, { type ExecutionContext } from "ava";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import {
  type ExecuteOptions,
  type Execution,
  executeNotebook,
  type CodeCell,
  type Notebook,
  codeCells,
  formatNotebook,
  findJupyter,
  writeKernelSpec,
  pathReplacements,
  tidyNotebook,
} from "../../src/notebook/index.js";
import { atLength } from "../support/campaign.js";

const packageRoot = process.cwd();

function notebookOf(...sources: string[]): Notebook {
  const cells = sources.map((source): CodeCell => {
    return { cell_type: "code", source, metadata: {}, execution_count: null, outputs: [] };
  });
  return { nbformat: 4, nbformat_minor: 5, metadata: {}, cells };
}

async function inFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(parent, "notebook-test-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Executes with a program in Jupyter's place that runs `script` with the name of the output in `output`. */
function executeWith(script: string, notebook: Notebook, options: Partial<ExecuteOptions> = {}) {
  return inFolder(os.tmpdir(), async (folder) => {
    const program = path.join(folder, "jupyter");
    const start = `#!${process.execPath}\nconst fs = require("fs"); const args = process.argv.slice(2);`;
    const output = 'const output = args[args.indexOf("--output") + 1];';
    await writeFile(program, `${start}${output}\n${script}\n`, { mode: 0o755 });
    const file = path.join(folder, "a.ipynb");
    await writeFile(file, formatNotebook(notebook));
    const jupyter = { program, part: "nbconvert" as const };
    return executeNotebook(file, { jupyter, packageRoot, ...options });
  });
}

test("what Jupyter wrote is read, and it is given the kernel and the limits", async (t) => {
  const script =
    'fs.writeFileSync(output, JSON.stringify({ ...JSON.parse(fs.readFileSync(args.at(-1), "utf8")), ' +
    "metadata: { args, path: process.env.JUPYTER_PATH } }));";
  const run = await executeWith(script, notebookOf("1"), { timeout: 7, allowErrors: true });
  if (!("notebook" in run)) return t.fail(JSON.stringify(run));
  const { args, path: places } = run.notebook.metadata as { args: string[]; path: string };
  t.is(args[0], "nbconvert");
  t.true(args.includes("--ExecutePreprocessor.timeout=7"));
  t.true(args.includes("--ExecutePreprocessor.kernel_name=tslab"));
  t.true(args.includes("--allow-errors"));
  t.is(places.split(path.delimiter)[0], path.join(packageRoot, ".jupyter"));
});

const REPORTS: Record<string, [log: string, failure: object]> = {
  "a cell that throws": [
    "Traceback (most recent call last):\n" +
      '  File "nbclient/client.py", line 918, in _check_raise_for_error\n' +
      "nbclient.exceptions.CellExecutionError: An error occurred while executing the following cell:\n" +
      "------------------\nf();\ng();\n------------------\n\n" +
      "----- stderr -----\nRangeError: thrown\n    at evalmachine.<anonymous>:2:7\n------------------\n\n",
    { cell: 2, message: "RangeError: thrown" },
  ],
  "a cell that takes too long": [
    "[NbConvertApp] ERROR | Timeout waiting for execute reply (20s).\n" +
      "nbclient.exceptions.CellTimeoutError: A cell timed out while it was being executed, after 20 seconds.\n" +
      "The message was: Cell execution timed out.\nHere is a preview of the cell contents:\n" +
      "-------------------\nf();\ng();\n-------------------\n\n",
    { cell: 2, message: "A cell timed out while it was being executed, after 20 seconds." },
  ],
  "a kernel that died": [
    "[NbConvertApp] ERROR | Kernel died while waiting for execute reply.\nTraceback:\n  File\n" +
      "nbclient.exceptions.DeadKernelError: Kernel died\n",
    { cell: undefined, message: "Kernel died" },
  ],
  "anything else": [
    "No such kernel named tslab\n",
    { cell: undefined, message: "No such kernel named tslab" },
  ],
};

for (const [what, [log, failure]] of Object.entries(REPORTS)) {
  test(`Jupyter's report of ${what} becomes one message`, async (t) => {
    const script = `process.stderr.write(${JSON.stringify(log)}); process.exitCode = 1;`;
    const run = await executeWith(script, notebookOf("1", "f();\ng();"));
    t.deepEqual(run, { failure } as Execution);
  });
}

test("an abort interrupts Jupyter and is what the call throws", async (t) => {
  const stop = new AbortController();
  const reason = new Error("stopped by the reader");
  await inFolder(os.tmpdir(), async (folder) => {
    const ready = path.join(folder, "ready");
    // It ends on an interrupt, as Jupyter does; the test aborts once it has started.
    const script =
      `process.on("SIGINT", () => process.exit(1)); fs.writeFileSync(${JSON.stringify(ready)}, "");` +
      " setInterval(() => undefined, 1000);";
    const running = executeWith(script, notebookOf("1"), { signal: stop.signal });
    const abort = (async () => {
      while (!existsSync(ready)) await new Promise((resolve) => setTimeout(resolve, 20));
      stop.abort(reason);
    })();
    const error = await t.throwsAsync(running);
    await abort;
    t.is(error, reason);
  });
});

test("a program that cannot be started is an error", async (t) => {
  await inFolder(os.tmpdir(), async (folder) => {
    const file = path.join(folder, "a.ipynb");
    await writeFile(file, formatNotebook(notebookOf("1")));
    const jupyter = { program: path.join(folder, "none"), part: "nbconvert" as const };
    await t.throwsAsync(executeNotebook(file, { jupyter, packageRoot }), { code: "ENOENT" });
  });
});

test("a clone without tslab is refused, naming what to run", async (t) => {
  await inFolder(os.tmpdir(), async (folder) => {
    await t.throwsAsync(writeKernelSpec(folder), { message: /tslab is not installed: run npm/ });
  });
});

test("Deno's kernel is that of the notebooks' packages, and imports files without an ending", async (t) => {
  await inFolder(os.tmpdir(), async (folder) => {
    const bin = path.join(folder, "notebooks/node_modules/.bin");
    await mkdir(bin, { recursive: true });
    await symlink(process.execPath, path.join(bin, "deno"));
    await t.throwsAsync(writeKernelSpec(folder, "deno"), { message: /not built: run npm run/ });
    await mkdir(path.join(folder, "dist"));
    await writeFile(path.join(folder, "dist/index.js"), "");
    const file = await writeKernelSpec(folder, "deno");
    t.is(file, path.join(folder, ".jupyter/kernels/deno/kernel.json"));
    t.like(JSON.parse(await readFile(file, "utf8")) as object, {
      argv: [path.join(bin, "deno"), "jupyter", "--kernel", "--conn", "{connection_file}"],
      env: { DENO_UNSTABLE_SLOPPY_IMPORTS: "1" },
    });
  });
});

// Starting Jupyter takes its time.
const atLengthOnly = atLength ? test.serial : test.serial.skip;

// In notebooks/, as cells import the packages that lie there.
async function inJupyter(
  t: ExecutionContext,
  notebook: Notebook,
  { timeout = 300, kernel }: Pick<ExecuteOptions, "timeout" | "kernel"> = {},
) {
  const jupyter = findJupyter(packageRoot, ["nbconvert"] as const);
  if (!existsSync("notebooks/node_modules/tslab") || !existsSync("dist/index.js") || !jupyter) {
    t.log("skipped: needs Jupyter's nbconvert, npm --prefix notebooks ci and npm run build");
    t.pass();
    return undefined;
  }
  await writeKernelSpec(packageRoot, kernel);
  return inFolder(path.resolve("notebooks"), async (folder) => {
    const file = path.join(folder, "a.ipynb");
    const text = formatNotebook(notebook);
    await writeFile(file, text);
    const run = await executeNotebook(file, { jupyter, packageRoot, timeout, kernel });
    t.is(await readFile(file, "utf8"), text);
    if ("failure" in run) return { failure: run.failure, outputs: [] };
    const { cells } = tidyNotebook(run.notebook, pathReplacements(packageRoot, folder)) as {
      cells: CodeCell[];
    };
    return { outputs: codeCells({ ...notebook, cells }).map(({ cell }) => cell.outputs) };
  });
}

atLengthOnly(
  "in Jupyter, cells share their variables, and streams and displays come out in order",
  async (t) => {
    const run = await inJupyter(
      t,
      notebookOf(
        'import { display, newDisplay } from "tslab";\nconst n: number = 41;\nconsole.log(1);',
        'const shown = newDisplay();\nshown.text("0 %");\nconsole.error("w");\ndisplay.html("<b>x</b>");\nshown.text("100 %");',
        "const later = Promise.resolve(n + 1);\nawait later;",
      ),
    );
    if (!run) return;
    t.is(run.failure, undefined);
    t.deepEqual(run.outputs, [
      [{ output_type: "stream", name: "stdout", text: "1\n" }],
      [
        { output_type: "display_data", data: { "text/plain": ["100 %"] }, metadata: {} },
        { output_type: "stream", name: "stderr", text: "w\n" },
        { output_type: "display_data", data: { "text/html": ["<b>x</b>"] }, metadata: {} },
      ],
      [{ output_type: "stream", name: "stdout", text: "42\n" }],
    ]);
  },
);

atLengthOnly("in Jupyter, a cell that throws and one of a wrong type are named", async (t) => {
  const thrown = await inJupyter(t, notebookOf("1", 'throw new RangeError("thrown");', "2"));
  if (!thrown) return;
  t.is(thrown.failure?.cell, 2);
  // tslab answers before it prints, and Jupyter stops listening at the answer: what was thrown may come too late.
  t.regex(thrown.failure?.message ?? "", /RangeError: thrown$|^An error occurred while executing/);
  const typed = await inJupyter(t, notebookOf('const n: number = "text";'));
  t.is(typed?.failure?.cell, 1);
  t.regex(
    typed?.failure?.message ?? "",
    /^1:7 - Type 'string' is not assignable to type 'number'\.$|^An error occurred while executing/,
  );
});

atLengthOnly("in Deno's kernel sound cells pass and a failed one is found", async (t) => {
  const folder = path.resolve("test/consumers/node_modules/@deno/linux-x64-glibc");
  if (!existsSync(folder)) {
    t.log("skipped: npm --prefix test/consumers ci was not run");
    t.pass();
    return;
  }
  const { PATH } = process.env;
  process.env.PATH = `${folder}:${PATH}`;
  try {
    const library = 'import { typicalActivations } from "feature-families/search";';
    const sound = await inJupyter(t, notebookOf(library, "typicalActivations.name;"), {
      kernel: "deno",
    });
    t.is(sound?.failure, undefined);
    const failed = await inJupyter(t, notebookOf("1;", 'throw new RangeError("too far");'), {
      kernel: "deno",
    });
    if (failed === undefined) return;
    t.is(failed.failure?.cell, 2);
    t.regex(failed.failure?.message ?? "", /RangeError: too far/);
  } finally {
    process.env.PATH = PATH;
  }
});
