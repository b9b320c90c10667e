import test from "ava";
import {
  NOTEBOOK_METADATA,
  type Notebook,
  type Output,
  type Replacement,
  pathReplacements,
  tidyNotebook,
} from "../../src/notebook/index.js";

function stream(name: "stdout" | "stderr", text: string | string[]): Output {
  return { output_type: "stream", name, text };
}

function notebookOf(...cells: Output[][]): Notebook {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: [
      { cell_type: "markdown", source: "# Title", metadata: { collapsed: true } },
      ...cells.map((outputs) => ({
        cell_type: "code" as const,
        source: "f();",
        metadata: { execution: { "iopub.status.busy": "2026-01-01" }, tags: ["a"] },
        execution_count: null,
        outputs,
      })),
    ],
  };
}

function tidied(outputs: Output[], replacements: Replacement[] = []): unknown {
  const { cells } = tidyNotebook(notebookOf(outputs), replacements);
  return cells[1].cell_type === "code" && cells[1].outputs;
}

test("text of one stream is joined until another output comes between", (t) => {
  t.deepEqual(
    tidied([
      stream("stdout", "a"),
      stream("stdout", ["b", "\n"]),
      stream("stderr", "w\n"),
      stream("stdout", "c\n"),
    ]),
    [stream("stdout", "ab\n"), stream("stderr", "w\n"), stream("stdout", "c\n")],
  );
});

test("a carriage return overwrites the line, and a longer rest stays", (t) => {
  t.deepEqual(tidied([stream("stdout", ["step 1\rstep 22", "\rok\nend\r\n"])]), [
    stream("stdout", "okep 22\nend\n"),
  ]);
});

test("paths of this machine are replaced in text, the longest first, but not in pictures", (t) => {
  const replacements = [
    { from: "/r", to: "~" },
    { from: "/r/proj", to: "." },
  ];
  const data = { "image/png": "ab/r/proj/x", "application/json": { at: ["/r/proj"] } };
  t.deepEqual(
    tidied(
      [
        stream("stdout", "/r/proj/a /r/projector /r/b /road"),
        { output_type: "display_data", data, metadata: {} },
      ],
      replacements,
    ),
    [
      stream("stdout", "./a ~/projector ~/b /road"),
      {
        output_type: "display_data",
        data: { "image/png": "ab/r/proj/x", "application/json": { at: ["."] } },
        metadata: {},
      },
    ],
  );
});

test("frames of a server that ended with its kernel are left out, and their addresses with the token", (t) => {
  const url = "http://127.0.0.1:4123/#token=0af9&view=search&q=a+dog";
  const output = (html: string, text: string): Output => ({
    output_type: "display_data",
    data: { "text/html": html, "text/plain": text },
    metadata: {},
  });
  const style = "<style>.dark .page { color-scheme: dark }</style>";
  const frame = `${style}<iframe src="${url.replaceAll("&", "&amp;")}" class="page"></iframe>`;
  t.deepEqual(tidied([output(`<p>The explorer.</p>\n${frame}`, `The explorer.\n\n${url}`)]), [
    output("<p>The explorer.</p>", "The explorer."),
  ]);
  const other = '<iframe src="https://example.org/"></iframe>';
  t.deepEqual(tidied([output(other, "see http://127.0.0.1:80/")]), [
    output(other, "see http://127.0.0.1:80/"),
  ]);
});

test("a notebook's own folder is shown from the package's root", (t) => {
  const replacements = pathReplacements("/p", "/p/notebooks");
  t.deepEqual(tidied([stream("stdout", "file:///p/notebooks/a.ts /p/x\n")], replacements), [
    stream("stdout", "./notebooks/a.ts ./x\n"),
  ]);
});

test("cells are counted from 1, and times and scroll states are left out", (t) => {
  const { cells, metadata } = tidyNotebook(notebookOf([], []), []);
  t.deepEqual(
    cells.map((cell) => [cell.metadata, "execution_count" in cell && cell.execution_count]),
    [
      [{}, false],
      [{ tags: ["a"] }, 1],
      [{ tags: ["a"] }, 2],
    ],
  );
  t.deepEqual(metadata, NOTEBOOK_METADATA);
});
