import test from "ava";
import { inspect } from "node:util";
import { showsItself } from "../../src/core/index.js";
import type { Figure } from "../../src/figures/index.js";
import {
  type DisplayOptions,
  type MimeBundle,
  inNotebook,
  show,
  tableFromRecords,
  cellProgress,
} from "../../src/notebook/index.js";

interface Shown {
  data: MimeBundle;
  options: DisplayOptions;
}

function recorder(): { shown: Shown[]; display: (d: MimeBundle, o?: DisplayOptions) => void } {
  const shown: Shown[] = [];
  return { shown, display: (data, options = {}) => void shown.push({ data, options }) };
}

const figure: Figure = {
  name: "dots",
  title: "Two </script> dots",
  data: [{ type: "scatter", x: [1, 2], y: [3, 4], text: ["</script><b>", "b"] }],
  layout: { width: 300, height: 200 },
  width: 300,
  height: 200,
};

/** Stands in for a running kernel: tslab leaves its require, with the module cache, in a global. */
function withKernel<T>(messages: unknown[], work: () => T): T {
  const jupyter = {
    lastWriteDisplayData: (message: unknown, update: boolean) => messages.push([message, update]),
  };
  const cache = { "/x/node_modules/tslab/dist/jupyter.js": { exports: jupyter } };
  const holder = globalThis as { __tslab__?: unknown };
  holder.__tslab__ = { require: { cache } };
  try {
    return work();
  } finally {
    delete holder.__tslab__;
  }
}

test("show refuses to work outside a notebook, and cellProgress does nothing there", async (t) => {
  t.false(inNotebook());
  await t.throwsAsync(show("text"), { message: /expected a cell of a notebook/ });
  t.notThrows(() => cellProgress()({ step: "encode", done: 1 }));
});

test.serial("show finds the running kernel and sends it the bundle", (t) => {
  const messages: unknown[] = [];
  withKernel(messages, () => {
    t.true(inNotebook());
    void show("**x**", { as: "markdown" });
  });
  const data = { "text/markdown": "**x**", "text/plain": "**x**" };
  t.deepEqual(messages, [[{ data, metadata: {}, transient: {} }, false]]);
});

test.serial(
  "the last value of a cell shows itself in tslab, and prints as before elsewhere",
  async (t) => {
    const messages: unknown[] = [];
    const card = showsItself({ id: 7, present: () => [{ heading: "Latent 7: <dog>" }] });
    const table = tableFromRecords([{ label: "dog" }]);
    // tslab prints the last value.
    withKernel(messages, () => {
      t.is(inspect(card), "");
      t.is(inspect(table), "");
      t.regex(inspect({ card }), /card: \{ id: 7/, "within another value it prints");
    });
    const html = messages.map(
      (message) => (message as [{ data: Record<string, string> }])[0].data["text/html"],
    );
    t.deepEqual([html.length, html[0]], [2, "<h4>Latent 7: &lt;dog&gt;</h4>"]);
    t.regex(html[1], /<table>/);
    t.regex(inspect(card), /^\{ id: 7, present: \[Function: present\] \}$/);
    // Deno asks by a symbol.
    const shown = (card as { [key: symbol]: () => Promise<MimeBundle> })[
      Symbol.for("Jupyter.display")
    ]();
    t.is((await shown)["text/plain"], "Latent 7: <dog>");
    t.deepEqual(Object.keys(card), ["id", "present"]);
  },
);

test("show gives plain text one format only", async (t) => {
  const { shown, display } = recorder();
  await show("<b>", { display });
  t.deepEqual(shown, [{ data: { "text/plain": "<b>" }, options: {} }]);
});

test("show lays records out as a table in HTML and text", async (t) => {
  const { shown, display } = recorder();
  await show([{ label: "<dog>" }], { display });
  t.deepEqual(Object.keys(shown[0].data), ["text/html", "text/plain"]);
  t.true(String(shown[0].data["text/html"]).includes("&lt;dog&gt;"));
});

test("show gives a figure as plotly data and text when no picture is asked for", async (t) => {
  const { shown, display } = recorder();
  await show(figure, { display, picture: false });
  t.deepEqual(shown[0].data["application/vnd.plotly.v1+json"], {
    data: figure.data,
    layout: figure.layout,
  });
  t.is(shown[0].data["image/png"], undefined);
  t.regex(String(shown[0].data["text/plain"]), /dots/);
});

test.serial("an interactive figure carries plotly once and cannot end its script", async (t) => {
  const { shown, display } = recorder();
  await show(figure, { display, interactive: true });
  await show(figure, { display, interactive: true });
  await show(figure, { display, interactive: "alone" });
  const pages = shown.map(({ data }) => String(data["text/html"]));
  t.deepEqual(
    pages.map((html) => html.length > 1_000_000),
    [true, false, true],
  );
  t.is(pages[1].match(/<\/script>/g)?.length, 1);
  t.false(pages[1].includes("<b>"));
});

test("show refuses what it cannot show", async (t) => {
  const { display } = recorder();
  await t.throwsAsync(show(7 as unknown as string, { display }), { instanceOf: TypeError });
});

test("cellProgress updates one output, at most once an interval, and always shows the end", (t) => {
  const { shown, display } = recorder();
  let time = 0;
  const onProgress = cellProgress({ display, interval: 100, now: () => time });
  for (let done = 0; done <= 1000; done += 100) {
    onProgress({ step: "encode", done, total: 1000 });
    time += 30;
  }
  t.deepEqual(
    shown.map(({ options }) => options.update),
    [false, true, true, true],
  );
  t.is(new Set(shown.map(({ options }) => options.id)).size, 1);
  t.is(shown.at(-1)?.data["text/plain"], `encode  ${"█".repeat(24)} 1,000 of 1,000`);
});

test("cellProgress keeps a line for each step", (t) => {
  const { shown, display } = recorder();
  const onProgress = cellProgress({ display });
  onProgress({ step: "read", done: 2, total: 4, note: "half" });
  onProgress({ step: "count", done: 3 });
  const bar = "█".repeat(12) + "░".repeat(12);
  t.is(shown.at(-1)?.data["text/plain"], `read   ${bar} 2 of 4  half\ncount  3`);
});
