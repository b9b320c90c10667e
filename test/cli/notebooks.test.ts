import test, { type ExecutionContext } from "ava";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { runNotebook } from "../../src/cli/commands/notebook-runner.js";
import type { CodeCell, Notebook } from "../../src/notebook/ipynb.js";

// One after the other: each starts a process that type-checks.
function testWithTslab(title: string, implementation: (t: ExecutionContext) => Promise<void>) {
  test.serial(title, async (t) => {
    if (existsSync("notebooks/node_modules/tslab")) return implementation(t);
    t.log("skipped: npm --prefix notebooks install was not run");
    t.pass();
  });
}

function notebookOf(...sources: string[]): Notebook {
  const cells = sources.map((source): CodeCell => {
    return { cell_type: "code", source, metadata: {}, execution_count: null, outputs: [] };
  });
  return { nbformat: 4, nbformat_minor: 5, metadata: {}, cells };
}

async function run(notebook: Notebook, options: { timeout?: number; allowErrors?: boolean } = {}) {
  const folder = path.resolve("notebooks");
  const result = await runNotebook(notebook, { folder, packageRoot: process.cwd(), ...options });
  return { ...result, cells: result.notebook.cells as CodeCell[] };
}

testWithTslab(
  "cells share their variables, and streams and displays come out in order",
  async (t) => {
    const { cells, failures } = await run(
      notebookOf(
        'import { display, newDisplay } from "tslab";\nconst n: number = 41;\nconsole.log(process.cwd());',
        'const shown = newDisplay();\nshown.text("0 %");\nconsole.error("w");\ndisplay.html("<b>x</b>");\nshown.text("100 %");',
        "const later = Promise.resolve(n + 1);\nawait later;",
      ),
    );
    t.deepEqual(failures, []);
    const outputs = cells.map((cell) => cell.outputs);
    t.deepEqual(outputs[0], [{ output_type: "stream", name: "stdout", text: "./notebooks\n" }]);
    t.deepEqual(outputs[1], [
      { output_type: "display_data", data: { "text/plain": "100 %" }, metadata: {} },
      { output_type: "stream", name: "stderr", text: "w\n" },
      { output_type: "display_data", data: { "text/html": "<b>x</b>" }, metadata: {} },
    ]);
    t.deepEqual(outputs[2], [{ output_type: "stream", name: "stdout", text: "42\n" }]);
    t.deepEqual(
      cells.map((cell) => cell.execution_count),
      [1, 2, 3],
    );
  },
);

testWithTslab("every way of failing fails its cell, and the run can go on behind it", async (t) => {
  const { cells, failures } = await run(
    notebookOf(
      'throw new RangeError("thrown");',
      'const n: number = "text";',
      'const p = Promise.reject(new Error("floating"));',
      'console.log("still here");',
      "process.exit(3);",
    ),
    { allowErrors: true },
  );
  t.deepEqual(failures, [
    { cell: 1, message: "RangeError: thrown" },
    {
      cell: 2,
      message: "TypeScript: 1:7 - Type 'string' is not assignable to type 'number'.",
    },
    { cell: 3, message: "Error: floating" },
    { cell: 5, message: "ProcessEnded: the process ended with code 3 while the cell ran" },
  ]);
  t.deepEqual(cells[3].outputs, [{ output_type: "stream", name: "stdout", text: "still here\n" }]);
});

testWithTslab(
  "a cell that never ends is stopped, and the cells behind it are not run",
  async (t) => {
    const { cells, failures } = await run(notebookOf("while (true) {}", "1"), { timeout: 2 });
    t.deepEqual(failures, [{ cell: 1, message: "Timeout: the cell took longer than 2 s" }]);
    t.deepEqual(
      cells.map((cell) => cell.execution_count),
      [1, null],
    );
  },
);

test.serial("a folder without tslab is refused with a message", async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "notebook-"));
  try {
    const running = runNotebook(notebookOf("1"), { folder, packageRoot: folder });
    await t.throwsAsync(running, { message: /tslab/ });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
