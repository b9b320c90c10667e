import test from "ava";
import { figureMime, escapeHtml, scriptJson } from "../../../src/figures/render/index.js";
import { standaloneHtml } from "../../../src/figures/index.js";

const HOSTILE = `</script><script>alert(1)</script><!-- "' & \u2028`;

test("escapeHtml leaves nothing that could end text or an attribute", (t) => {
  t.is(escapeHtml(`<a href="x" b='y'>&`), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
});

test("scriptJson cannot end its script and reads back the same", (t) => {
  const json = scriptJson({ text: HOSTILE });
  t.notRegex(json, /[<>\u2028]/);
  t.deepEqual(JSON.parse(json), { text: HOSTILE });
});

test("a standalone page holds the figure, and hostile text stays text", (t) => {
  const figure = {
    name: "plot",
    title: HOSTILE,
    data: [{ type: "scatter", text: [HOSTILE] }],
    layout: {},
    width: 300,
    height: 200,
  };
  const page = standaloneHtml(figure, { source: "/* plotly's own $& </script> */" });
  t.is(page.match(/<script/g)?.length, 2);
  t.is(page.match(/<\/script/g)?.length, 2);
  t.notRegex(page, /https?:/);
  t.true(page.includes("plotly's own $&"));
  const beside = standaloneHtml(figure, { src: 'plotly.min.js" onload="x' });
  t.true(beside.includes('src="plotly.min.js&quot; onload=&quot;x"'));
});

test("figureMime gives plotly's JSON, the picture in base64 and a line of text", (t) => {
  const figure = { name: "plot", title: "A plot", data: [], layout: {}, width: 300, height: 200 };
  t.deepEqual(figureMime(figure, Uint8Array.of(1, 2, 3)), {
    "application/vnd.plotly.v1+json": { data: [], layout: {} },
    "image/png": "AQID",
    "text/plain": "Figure plot: A plot",
  });
  t.false("image/png" in figureMime(figure));
});
