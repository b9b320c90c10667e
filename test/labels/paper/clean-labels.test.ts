import { readFileSync } from "node:fs";
import test from "ava";
import { FormatError } from "../../../src/core/index.js";
import { cleanLabel, parseAnalysis, selectCleanLatents } from "../../../src/labels/index.js";
import { sharedPath } from "../../support/shared.js";
import { REFERENCE_SAES, readReferenceKit } from "../../support/reference-kit.js";

/** Enough for these files, which hold no such words in their texts. */
function parseWithNaN(text: string): unknown {
  return JSON.parse(text.replace(/: NaN\b/g, ": null")) as unknown;
}

const row = (latent: number, label: string, f1 = 1, pearson = 1, density = 0.01) => ({
  latent,
  label,
  reasoning: "",
  f1,
  pearson,
  density,
});

test("cleanLabel cuts the field off and drops labels that name no subject", (t) => {
  t.is(cleanLabel("Dust in astrophysical disks"), "Dust");
  t.is(cleanLabel("Graph networks in Computer Science"), "Graph networks");
  t.is(cleanLabel("Pulsars"), "Pulsars");
  t.is(cleanLabel("Titles with the letter 'q'"), undefined);
  t.is(cleanLabel("Presence of numbers"), undefined);
  t.is(cleanLabel("AI topics"), undefined);
  t.is(cleanLabel(""), undefined);
});

test("selectCleanLatents keeps good, rare latents, and of equal labels the best in the first's place", (t) => {
  const rows = [
    row(5, "Stars in astronomy", 0.8, 0.8),
    row(2, "Dust"),
    row(9, "Stars", 0.9, 0.9),
    row(3, "Weak", 0.79),
    row(4, "Unsure", 1, NaN),
    row(6, "Common", 1, 1, 0.2),
    row(7, "Stars", 0.8, 0.9),
  ];
  const brief = (options?: Parameters<typeof selectCleanLatents>[1]) =>
    selectCleanLatents(rows, options).map(({ latent, label }) => `${latent} ${label}`);
  t.deepEqual(brief(), ["9 Stars", "2 Dust"]);
  t.deepEqual(brief({ duplicates: "all" }), ["5 Stars", "2 Dust", "9 Stars", "7 Stars"]);
  t.deepEqual(brief({ minF1: 0, maxDensity: 1 }), ["9 Stars", "2 Dust", "3 Weak", "6 Common"]);
});

test("parseAnalysis takes missing, null and NaN scores as NaN", (t) => {
  const rows = parseAnalysis([
    { index: 3, label: "a", f1: null, pearson_correlation: NaN },
    { index: 1, label: "b", reasoning: "why", f1: 0.5, pearson_correlation: 1, density: 0.1 },
  ]);
  t.is(rows[0].latent, 3);
  t.true(
    Number.isNaN(rows[0].f1) && Number.isNaN(rows[0].pearson) && Number.isNaN(rows[0].density),
  );
  t.deepEqual(rows[1], {
    latent: 1,
    label: "b",
    reasoning: "why",
    f1: 0.5,
    pearson: 1,
    density: 0.1,
  });
});

for (const [content, message] of [
  [{}, /labels\.json: expected a list of analysed latents, got object/],
  [[null], /entry 0: expected an object, got null/],
  [[{ index: -1, label: "a" }], /entry 0: index must be a latent, got -1/],
  [[{ index: 0, label: 7 }], /entry 0: label must be text, got number/],
  [[{ index: 0, label: "a", f1: "1" }], /entry 0: f1 must be a number, got string/],
] as const) {
  test(`parseAnalysis refuses ${JSON.stringify(content)}`, (t) => {
    t.throws(() => parseAnalysis(content, "labels.json"), { instanceOf: FormatError, message });
  });
}

for (const { k, n } of REFERENCE_SAES) {
  test(`the clean labels of k ${k}, n ${n} are the reference's, in its order`, async (t) => {
    const kit = await readReferenceKit(k, n);
    if (kit === undefined) {
      t.log("skipped: the reference kit is not there");
      t.pass();
      return;
    }
    const { clean } = kit;
    t.deepEqual(
      clean.map(({ label, latent }) => [label, latent]),
      kit.json(`clean_labels_${k}_${n}`) as unknown[],
    );
  });
}

test("parseAnalysis reads the paper's own labels, one score of which is NaN", (t) => {
  const path = sharedPath("data/paper/feature_analysis_results_16_partial.json");
  if (path === undefined) {
    t.log("skipped: the paper's files are not there");
    t.pass();
    return;
  }
  const rows = parseAnalysis(parseWithNaN(readFileSync(path, "utf8")), path);
  t.is(rows.length, 910);
  t.is(rows.filter(({ pearson }) => Number.isNaN(pearson)).length, 1);
});
