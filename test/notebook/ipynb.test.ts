import test from "ava";
import { FormatError } from "../../src/core/index.js";
import { type Notebook, formatNotebook, parseNotebook } from "../../src/notebook/index.js";

const notebook: Notebook = {
  nbformat: 4,
  nbformat_minor: 4,
  metadata: {},
  cells: [
    { cell_type: "markdown", metadata: {}, source: "# A\nb" },
    {
      cell_type: "code",
      metadata: {},
      source: "f();\n",
      execution_count: 1,
      outputs: [
        {
          output_type: "display_data",
          metadata: {},
          data: {
            "text/plain": "x\ny",
            "application/vnd.plotly.v1+json": { layout: {}, data: [{ y: [1, 2] }] },
            "image/png": "aGk=",
          },
        },
      ],
    },
  ],
};

test("formatNotebook writes as Jupyter does, with a JSON output on one line", (t) => {
  t.is(
    formatNotebook(notebook),
    `{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "cell-0",
   "metadata": {},
   "source": [
    "# A\\n",
    "b"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "id": "cell-1",
   "metadata": {},
   "outputs": [
    {
     "data": {
      "application/vnd.plotly.v1+json": {"data":[{"y":[1,2]}],"layout":{}},
      "image/png": "aGk=",
      "text/plain": [
       "x\\n",
       "y"
      ]
     },
     "metadata": {},
     "output_type": "display_data"
    }
   ],
   "source": [
    "f();\\n"
   ]
  }
 ],
 "metadata": {},
 "nbformat": 4,
 "nbformat_minor": 5
}
`,
  );
});

test("a written notebook reads back and is written the same", (t) => {
  const text = formatNotebook(notebook);
  t.is(formatNotebook(parseNotebook(text, "a.ipynb")), text);
});

for (const [what, text] of [
  ["text that is not JSON", "{"],
  ["null", "null"],
  ["another nbformat", '{"nbformat":3,"worksheets":[]}'],
  ["a cell without a source", '{"nbformat":4,"cells":[{"cell_type":"code","outputs":[]}]}'],
  ["a code cell without outputs", '{"nbformat":4,"cells":[{"cell_type":"code","source":""}]}'],
  ["a cell that is null", '{"nbformat":4,"cells":[null]}'],
]) {
  test(`parseNotebook refuses ${what}, naming the file`, (t) => {
    t.throws(() => parseNotebook(text, "a.ipynb"), {
      instanceOf: FormatError,
      message: /^a\.ipynb: /,
    });
  });
}
