import test from "ava";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createCodes, invertCodes } from "../../src/core/index.js";
import {
  type CatalogRow,
  buildCatalog,
  diffCatalogs,
  catalogToJsonl,
} from "../../src/catalog/index.js";
import type { LabelSource } from "../../src/records/index.js";
import { inFolder } from "../support/folder.js";
import { runCli } from "../support/cli/run-cli.js";

function catalog(
  labels: { latent: number; label: string; source: LabelSource; score: number }[],
): CatalogRow[] {
  const codes = createCodes(1, 4, 4, Uint32Array.of(0, 1, 2, 3), Float32Array.of(1, 1, 1, 1));
  return buildCatalog({
    postings: invertCodes(codes),
    documents: [{ id: "a", title: "a" }],
    labels: labels.map(({ latent, label, source, score }) => ({
      of: "latent",
      id: latent,
      text: label,
      source,
      scores: [{ name: "f1", value: score, n: 9 }],
    })),
  });
}

const before = catalog([
  { latent: 0, label: "dogs", source: "keywords", score: 0.5 },
  { latent: 1, label: "cats", source: "keywords", score: 0.5 },
  { latent: 2, label: "birds", source: "llm", score: 0.5 },
  { latent: 3, label: "fish", source: "llm", score: 0.5 },
]);
const after = catalog([
  { latent: 0, label: "dogs", source: "keywords", score: 0.503 },
  { latent: 1, label: "wild cats", source: "llm", score: 0.9 },
  { latent: 2, label: "birds", source: "human", score: 0.5 },
  { latent: 3, label: "fish", source: "llm", score: 0.7 },
]);

test("labels, sources and scores that differ are told once each, by the first of them", (t) => {
  t.deepEqual(
    diffCatalogs(before, after).map(({ index, kind }) => [index, kind]),
    [
      [1, "label"],
      [2, "source"],
      [3, "score"],
    ],
  );
  t.deepEqual(diffCatalogs(before, before), []);
  t.like(diffCatalogs(before, after)[0], { before: "cats", after: "wild cats", scoreAfter: 0.9 });
});

test("latents of one catalog alone are added or removed; a latent twice is refused", (t) => {
  const kinds = diffCatalogs(before.slice(1), before.slice(0, 3)).map(({ index, kind }) => [
    index,
    kind,
  ]);
  t.deepEqual(kinds, [
    [0, "added"],
    [3, "removed"],
  ]);
  t.throws(() => diffCatalogs([before[0], before[0]], []), { instanceOf: RangeError });
});

test("catalog diff tells the changes of two files", async (t) => {
  await inFolder(async (folder) => {
    const files = ["a.jsonl", "b.jsonl"].map((name) => path.join(folder, name));
    await writeFile(files[0], catalogToJsonl(before));
    await writeFile(files[1], catalogToJsonl(after));
    const run = async (...args: string[]): Promise<{ code: number; text: string }> => {
      const { code, stdout, stderr } = await runCli(["catalog", "diff", ...args]);
      return { code, text: stdout + stderr };
    };
    const { text } = await run(...files);
    t.regex(text, /1 +label +cats \[keywords\] +wild cats \[llm\] +0\.50 to 0\.90/);
    t.regex(text, /3 of 3 changes: 1 label, 1 source, 1 score/);
    t.regex((await run(files[0], files[0])).text, /are the same/);
    t.is((await run(files[0])).code, 2);
    t.is((await run(files[0], "none.jsonl")).code, 1);
  });
});
