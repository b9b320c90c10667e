import test from "ava";
import { existsSync } from "node:fs";
import path from "node:path";
import { type Embedder, buildAtlas } from "../../src/index.js";
import {
  type BuildSize,
  type SizeLimits,
  planSizes,
  sizeProblem,
} from "../../src/atlas/steps/index.js";
import { createMatrix } from "../../src/core/index.js";
import { writeJsonl } from "../../src/files/index.js";
import { createSae, saveSae } from "../../src/sae/index.js";
import { inFolder } from "../support/folder.js";

const LARGE: BuildSize & { seeds: number } = {
  ...{ N: 100_000, d: 64, characters: 1e7, n: 131_072, k: 32 },
  ...{ isEmbedded: true, latents: "trained", seeds: 3, documentMap: false },
};
/** A machine with more of all but what Node itself limits. */
const ROOMY: SizeLimits = {
  memory: 1e15,
  heap: 1e15,
  disk: 1e15,
  array: 2 ** 32 - 1,
  text: 2 ** 29,
};

function problem(size: Partial<typeof LARGE>, limits: Partial<SizeLimits>): string {
  const whole = { ...LARGE, ...size };
  return sizeProblem(whole, planSizes(whole), { ...ROOMY, ...limits }) ?? "";
}

test("every step's memory, heap, disk and arrays are compared with what there is", (t) => {
  t.is(problem({}, { memory: 4e9, heap: 2e9, disk: 2e9 }), "");
  t.regex(
    problem({}, { disk: 1e9 }),
    /^all steps: 100000 documents with 32 of 131072 latents each take about 1\.\d GB on disk, but only 1\.0 GB are free: write to a disk with more space \(--out\)$/,
  );
  t.regex(
    problem({}, { memory: 3e8 }),
    /^train: .* of memory, but only 0\.3 GB are available: lower n \(--n\)$/,
  );
  t.regex(problem({}, { heap: 1e9 }), /^catalog: .*--max-old-space-size=\d{4}$/);
  t.regex(problem({ n: 2e6, d: 8 }, {}), /^families: .* characters in one string, .*: lower n/);
  t.regex(problem({ N: 2e8, d: 1 }, {}), /^encode: .* 6\.4e\+9 values in one array, .*--k/);
  const many = { N: 1e7, k: 64, latents: "given" } as const;
  t.regex(
    problem(many, { memory: 5e10 }),
    /^stability: .*: lower the latents of the SAE \(--sae\) or k \(--k\)$/,
  );
  t.regex(problem(many, {}), /^map: .* values in one array/);
  // The pairs that meet, and what is counted again, are those of a sample.
  t.is(problem({ ...many, sample: 1e5 }, { memory: 5e10 }), "");
  t.regex(
    problem({ N: 3e5, d: 4096, documentMap: true }, { memory: 8e9 }),
    /^document-map: .* of memory, but only 8\.0 GB are available: leave out the documents' map \(--no-document-map\)$/,
  );
  t.regex(
    problem({ figures: true }, { memory: 4e9 }),
    /^figures: .* of memory, but only 4\.0 GB are available: leave out the figures \(--no-figures\)$/,
  );
});

test("a step takes more with every size", (t) => {
  const total = (size: object): number =>
    planSizes({ ...LARGE, ...size }).reduce((sum, { takes }) => sum + takes, 0);
  for (const name of ["N", "d", "characters", "n", "k", "seeds"] as const) {
    t.true(total({ [name]: 2 * LARGE[name] }) > total({}), name);
  }
});

test("a build that cannot end is refused before a document is embedded", (t) =>
  inFolder(async (folder) => {
    const corpus = path.join(folder, "corpus.jsonl");
    await writeJsonl(
      corpus,
      Array.from({ length: 40 }, (_, id) => ({ id: `${id}`, text: `row ${id}` })),
    );
    let asked = 0;
    const embedder: Embedder = {
      id: "counting",
      d: 8,
      embed(texts) {
        asked += texts.length;
        return Promise.resolve(createMatrix(texts.length, 8));
      },
    };
    const dir = path.join(folder, "atlas");
    const build = { dir, corpus, embedder };
    await t.throwsAsync(buildAtlas({ ...build, training: { n: 1e9 } }), {
      message: /n must be at most \d+ for embeddings of width 8, .*: lower n \(--n\)/,
    });
    const weights = createMatrix(4, 16, new Float32Array(64).fill(0.25));
    const sae = path.join(folder, "sae.safetensors");
    const parts = { k: 2, encoder: weights, decoder: weights };
    const [preBias, latentBias] = [new Float32Array(16), new Float32Array(4)];
    await saveSae(sae, createSae({ ...parts, preBias, latentBias }));
    await t.throwsAsync(buildAtlas({ ...build, sae }), {
      message: "counting: embeddings must be 16 wide for this SAE, got 8",
    });
    await t.throwsAsync(buildAtlas({ ...build, training: { k: 9, n: 8 } }), {
      message: /training\.k: expected at most n, 8, got 9/,
    });
    process.env.FEATURE_FAMILIES_BROWSER = path.join(folder, "no-browser");
    t.teardown(() => void delete process.env.FEATURE_FAMILIES_BROWSER);
    await t.throwsAsync(buildAtlas({ ...build, figures: true }), {
      message: /there is no file .*no-browser \(from the browser option/,
    });
    const nothing = path.join(folder, "nothing.jsonl");
    await writeJsonl(nothing, []);
    await t.throwsAsync(buildAtlas({ ...build, corpus: nothing }), {
      message: /nothing\.jsonl: contains no documents$/,
    });
    t.is(asked, 0);
    t.false(existsSync(dir));
  }));
