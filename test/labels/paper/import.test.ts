import test from "ava";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { FormatError } from "../../../src/core/index.js";
import { readNpyIndices } from "../../../src/files/index.js";
import {
  catalogToJsonl,
  parseCatalogRow,
  checkDensities,
  readLabelImport,
} from "../../../src/catalog/index.js";
import { parseFamilyAnalysis, namesFromFamilyAnalysis } from "../../../src/labels/index.js";
import { inFolder } from "../../support/folder.js";
import { sharedPath } from "../../support/shared.js";

const analysis = (index: number, label: string, more: object = {}): object => ({
  index,
  label,
  reasoning: "",
  f1: 0.5,
  pearson_correlation: 0.5,
  density: 0.1,
  ...more,
});

test("an analysis gives labels of source import, ascending, the last of several, without NaN", async (t) => {
  await inFolder(async (folder) => {
    const file = path.join(folder, "feature_analysis_results_2.json");
    const rows = [
      analysis(3, "dogs", { pearson_correlation: "NAN" }),
      analysis(1, "cats"),
      analysis(3, "wild dogs", { pearson_correlation: "NAN", reasoning: "so" }),
      analysis(0, ""),
    ];
    await writeFile(file, JSON.stringify(rows).replaceAll('"NAN"', "NaN"));
    const found = await readLabelImport(file, 4);
    t.is(found.kind, "feature analysis");
    t.deepEqual(
      found.labels.map(({ id, text, source }) => [id, text, source]),
      [
        [1, "cats", "import"],
        [3, "wild dogs", "import"],
      ],
    );
    t.is(found.labels[1].scores.length, 1);
    t.is(found.labels[1].reasoning, "so");
    t.like(found, { leftOut: 1, repeated: 1 });
    await t.throwsAsync(readLabelImport(file, 3), {
      instanceOf: FormatError,
      message: /entry 0: latent must be from 0 to 2, got 3/,
    });
  });
});

test("files of the paper and of its authors' code are read whole", async (t) => {
  const partial = sharedPath("data/paper/feature_analysis_results_16_partial.json");
  const whole = sharedPath("reference/feature_analysis_results_16.json");
  if (partial === undefined || whole === undefined) {
    t.log("skipped: no shared data");
    t.pass();
    return;
  }
  const found = await readLabelImport(partial, 9216);
  t.like(found, { kind: "feature analysis", leftOut: 0, repeated: 0 });
  t.is(found.labels.length, 910);
  t.like(found.labels[3], { id: 3, text: "Neutron stars and their properties" });
  t.regex(found.labels[3].reasoning ?? "", /^### Step 1/);
  t.is(found.labels.filter(({ scores }) => scores.length === 1).length, 1, "the bare NaN");
  await t.throwsAsync(readLabelImport(partial, 768), { message: /got 768$|latent must be/ });

  const codes = await readNpyIndices(
    sharedPath("reference/expected/topk_indices_16_1024.npy") ?? "",
  );
  const densities = Array.from({ length: 1024 }, () => 0);
  for (const latent of codes.data) densities[latent] += 1 / codes.rows;
  const own = await readLabelImport(whole, 1024);
  t.is(own.labels.length, 1024);
  t.notThrows(() => checkDensities(own, densities));
  t.throws(() => checkDensities(found, densities), {
    instanceOf: FormatError,
    message: /910 latents do not match this atlas's .* belong to another SAE/,
  });
});

test("an atlas's labels and catalog are imported but for keywords, with model, date and intervals", async (t) => {
  await inFolder(async (folder) => {
    const labels = path.join(folder, "labels.jsonl");
    const lines = [
      {
        latent: 2,
        label: "birds",
        source: "llm",
        model: "m",
        score: 0.5,
        scoreName: "f1",
        n: 9,
        scores: null,
      },
      { latent: 1, label: "cat, cats", source: "keywords" },
      { latent: 0, label: "fish", source: "human" },
      { of: "family", latent: 2, label: "animals", source: "llm", other: 1 },
    ];
    await writeFile(labels, lines.map((line) => JSON.stringify(line)).join("\n"));
    const found = await readLabelImport(labels, 3);
    t.deepEqual(found.labels, [
      { of: "latent", id: 0, text: "fish", source: "import", scores: [] },
      {
        of: "latent",
        id: 2,
        text: "birds",
        source: "import",
        model: "m",
        scores: [{ name: "f1", value: 0.5, n: 9 }],
      },
    ]);
    t.deepEqual(found.names, [
      { of: "family", id: 2, text: "animals", source: "import", scores: [] },
    ]);
    t.is(found.leftOut, 1);

    const catalog = path.join(folder, "catalog.jsonl");
    const score = { name: "f1", value: 0.5, n: 9, low: 0.4, high: 0.6 };
    const row = parseCatalogRow(
      {
        index: 1,
        label: "birds",
        label_source: "llm",
        score: 0.5,
        score_name: "f1",
        score_n: 9,
        scores: [score, { ...score, name: "pearson" }],
        model: "m",
        prompt_version: "2",
        label_date: "2026-01-01T00:00:00Z",
        active: 5,
        density: 0.25,
      },
      "row",
    );
    await writeFile(catalog, catalogToJsonl([row]));
    const fromCatalog = await readLabelImport(catalog, 2);
    t.is(fromCatalog.kind, "catalog");
    t.deepEqual(fromCatalog.labels, [
      {
        of: "latent",
        id: 1,
        text: "birds",
        source: "import",
        scores: [
          { name: "f1", value: 0.5, n: 9, interval: [0.4, 0.6] },
          { name: "pearson", value: 0.5, n: 9, interval: [0.4, 0.6] },
        ],
        model: "m",
        promptVersion: "2",
        date: "2026-01-01T00:00:00Z",
      },
    ]);
    t.deepEqual([...fromCatalog.densities], [[1, 0.25]]);
  });
});

const refused: [string, string, string, RegExp][] = [
  ["an object", "a.json", "{}", /a\.json: expected a list of analysed latents or families/],
  ["an empty list", "a.json", "[]", /expected a list of analysed/],
  ["a latent that is no number", "a.json", '[{"index":"3","label":"x"}]', /entry 0: index must be/],
  ["a score that is text", "a.json", '[{"index":0,"label":"x","f1":"1"}]', /entry 0: f1 must be/],
  [
    "a family without members",
    "a.json",
    '[{"superfeature":"x"}]',
    /family 0: expected feature_names, a list of labels/,
  ],
  [
    "a label of a wrong kind",
    "a.jsonl",
    '{"latent":0,"label":3,"source":"llm"}',
    /line 1: label: /,
  ],
  ["an unknown source", "a.jsonl", '{"latent":0,"label":"x","source":"me"}', /line 1: source: /],
  ["a latent too many", "a.jsonl", '{"latent":9,"label":"x","source":"llm"}', /line 1: .*got 9/],
  ["a catalog of a wider SAE", "a.jsonl", '{"index":9,"label":"x"}', /line 1: .*got 9/],
];
for (const [title, name, content, message] of refused) {
  test(`an import refuses ${title}`, async (t) => {
    await inFolder(async (folder) => {
      const file = path.join(folder, name);
      await writeFile(file, content);
      await t.throwsAsync(readLabelImport(file, 4), { instanceOf: FormatError, message });
    });
  });
}

test("names of families find the family with the same members, by labels cleaned or not", (t) => {
  const labels = ["dogs in astronomy", "hounds", "terriers", "cats", "lions", ""];
  const families = [
    { parent: 0, members: [{ latent: 1 }, { latent: 2 }] },
    { parent: 3, members: [{ latent: 4 }, { latent: 5 }] },
  ];
  const row = (superfeature: string, feature_names: string[]): object => ({
    superfeature,
    super_reasoning: "so",
    family_f1: 0.9,
    family_pearson: NaN,
    feature_names,
  });
  const rows = parseFamilyAnalysis([
    row("canines", ["terriers", "hounds", "dogs"]),
    row("some canines", ["hounds", "dogs"]),
    row("nothing of ours", ["stars", "planets", "cats"]),
  ]);
  const { names, unmatched } = namesFromFamilyAnalysis(rows, families, (latent) => labels[latent]);
  t.deepEqual(names, [
    {
      of: "family",
      id: 0,
      text: "canines",
      source: "import",
      scores: [{ name: "f1", value: 0.9, n: 0 }],
      reasoning: "so",
    },
  ]);
  t.deepEqual(
    unmatched.map(({ name }) => name),
    ["nothing of ours"],
  );
});
