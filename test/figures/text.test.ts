import test from "ava";
import {
  cleanText,
  fitText,
  plotlyLines,
  plotlyText,
  textWidth,
  truncateText,
  wrapText,
} from "../../src/figures/drawing/index.js";

test("plotlyText escapes markup, entities, TeX and template variables", (t) => {
  t.is(plotlyText('<b>a</b> & "b"'), '&lt;b&gt;a&lt;/b&gt; &amp; "b"');
  t.is(plotlyText("&lt;"), "&amp;lt;");
  t.is(plotlyText("$x^2$ %{y} 5%"), "&#36;x^2&#36; &#37;{y} 5%");
});

test("cleanText keeps words and drops what cannot be shown", (t) => {
  t.is(cleanText("  Flock\n  Together\t "), "Flock Together");
  t.is(cleanText("a\u0000b\u001bc\u202ed\u2066e\ufeff"), "abcde");
  t.is(cleanText("x\ud800y"), "x\ufffdy");
  t.is(cleanText("naïve 星 🐟"), "naïve 星 🐟");
});

test("truncateText counts characters, not UTF-16 units", (t) => {
  t.is(truncateText("🐟🐟🐟", 3), "🐟🐟🐟");
  t.is(truncateText("🐟🐟🐟🐟", 3), "🐟🐟…");
  t.is(truncateText("deep learning", 6), "deep…");
  t.is(truncateText("", 6), "");
});

test("wrapText breaks at spaces and cuts what does not fit", (t) => {
  t.deepEqual(wrapText("gamma ray bursts", 10, 2), ["gamma ray", "bursts"]);
  t.deepEqual(wrapText("gamma ray bursts of very long duration", 10, 2), [
    "gamma ray",
    "bursts of…",
  ]);
  t.deepEqual(wrapText("incomprehensibility", 10, 2), ["incompreh…"]);
  t.deepEqual(wrapText("one", 10, 1), ["one"]);
  t.deepEqual(wrapText("one two three four", 13, 2), ["one two", "three four"]);
  t.deepEqual(wrapText("rag / retrieval / augmented", 18, 2), ["rag / retrieval /", "augmented"]);
  t.is(plotlyLines(["a<b", "c"]), "a&lt;b<br>c");
});

test("fitText fills the width and no more", (t) => {
  const long = "Recurrent neural networks for sequence modelling";
  const cut = fitText(long, 100, 10);
  t.true(cut.endsWith("…"));
  t.true(textWidth(cut, 10) <= 100);
  t.true(textWidth(cut.slice(0, -1) + "nn…", 10) > 100);
  t.is(fitText("short", 100, 10), "short");
});
