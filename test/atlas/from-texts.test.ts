import test from "ava";
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Embedder, buildAtlas } from "../../src/index.js";
import type { BuildOptions, BuildPlan } from "../../src/atlas/index.js";
import { chooseTraining } from "../../src/atlas/steps/index.js";
import { ApiError, createMatrix } from "../../src/core/index.js";
import { readNpyMatrix } from "../../src/files/index.js";
import { runCli } from "../support/cli/run-cli.js";
import { inFolder } from "../support/folder.js";

/** An embedder of letters: how often each is in a text, and 1. */
function letters(id: string, asked: string[]): Embedder {
  return {
    id,
    d: 27,
    embed(texts) {
      asked.push(...texts);
      const out = createMatrix(texts.length, 27);
      texts.forEach((text, i) => {
        out.data[i * 27 + 26] = 1;
        for (const letter of text.toLowerCase().match(/[a-z]/g) ?? []) {
          out.data[i * 27 + letter.charCodeAt(0) - 97]++;
        }
      });
      return Promise.resolve(out);
    },
  };
}

async function writeNouns(folder: string, count: number): Promise<string> {
  const lines = (await readFile("data/wordnet/documents.jsonl", "utf8")).split("\n");
  const file = path.join(folder, "nouns.jsonl");
  await writeFile(file, lines.slice(0, count).join("\n"));
  return file;
}

test("a file of texts alone becomes an atlas that is searched, with the offline embedder", async (t) => {
  await inFolder(async (folder) => {
    const corpus = await writeNouns(folder, 150);
    const out = path.join(folder, "atlas");
    const build = ["build", corpus, "--out", out, "--no-figures", "--engine", "cpu"];
    const first = await runCli(build);
    t.is(first.code, 0, first.stderr);
    t.regex(
      first.stderr,
      /150 documents: about \d+ s to embed with universal-sentence-encoder-lite \(.* per second\), about \d+ \S+ to train 32 latents, 4 per document/,
    );
    t.regex(first.stdout, /open it {2}npx feature-families explore --atlas \S+ --open/);
    const made = await readNpyMatrix(path.join(out, "source/embeddings.npy"));
    const sample = await readNpyMatrix("data/wordnet/embeddings.npy");
    t.true(made.data.every((value, i) => Math.abs(value - sample.data[i]) < 4e-5));
    const again = await runCli(build);
    t.regex(again.stdout, /nothing has changed/);
    t.is(again.stderr, "");
    const found = await runCli(["search", "small dog", "--atlas", out, "--json"]);
    t.is(found.code, 0, found.stderr);
  });
});

test("a build embeds with the embedder given, and only what is new", async (t) => {
  await inFolder(async (folder) => {
    const dir = path.join(folder, "atlas");
    const asked: string[] = [];
    const plans: BuildPlan[] = [];
    const options = {
      dir,
      embedder: letters("letters", asked),
      training: { epochs: 3 },
      documentMap: false,
      device: "cpu",
      onPlan: (plan: BuildPlan) => void plans.push(plan),
    } as const;
    const corpus = await writeNouns(folder, 520);
    const atlas = await buildAtlas({ ...options, corpus });
    t.is((await atlas.documents()).length, 520);
    t.is(asked.length, 520);
    t.deepEqual(plans[0].training, { k: 4, n: 32, epochs: 3, lr: 2e-3, batch: 64 });
    t.is(plans[0].embedder, "letters");
    t.true((plans[0].embedSeconds ?? 0) > 0 && (plans[0].trainSeconds ?? 0) > 0);
    const { text } = await atlas.documents().then(([document]) => document);
    t.is((await atlas.search(text, { limit: 1 })).hits[0].row, 0);
    await atlas.close();
    const { mtimeMs } = await stat(path.join(dir, "sae.safetensors"));
    const grown = await buildAtlas({ ...options, corpus: await writeNouns(folder, 525) });
    t.is(asked.length, 520 + 1 + 5);
    t.is((await grown.documents()).length, 525);
    t.not((await stat(path.join(dir, "sae.safetensors"))).mtimeMs, mtimeMs);
    await grown.close();
  });
});

test("an embedder that fails for good ends the build, and the next one continues", async (t) => {
  await inFolder(async (folder) => {
    const asked: string[] = [];
    const whole = letters("letters", asked);
    let isPaid = false;
    const url = "http://host/v1";
    const unpaid = new ApiError("no credit", { status: 402, url, retryable: false });
    const embedder: Embedder = {
      ...whole,
      parallel: 1,
      embed: (texts) =>
        isPaid || asked.length < 300 ? whole.embed(texts) : Promise.reject(unpaid),
    };
    const options: BuildOptions = {
      dir: path.join(folder, "atlas"),
      corpus: await writeNouns(folder, 520),
      embedder,
      documentMap: false,
      device: "cpu",
    };
    await t.throwsAsync(buildAtlas(options), { message: /no credit; build again to continue/ });
    t.is(asked.length, 300);
    isPaid = true;
    const atlas = await buildAtlas(options);
    t.is((await atlas.documents()).length, 520);
    t.is(asked.length, 520);
    await atlas.close();
  });
});

test("documents that cannot be embedded are left out with a warning", async (t) => {
  await inFolder(async (folder) => {
    const whole = letters("letters", []);
    const embedder: Embedder = {
      ...whole,
      embed: (texts) =>
        texts.some((text) => text.includes("pork"))
          ? Promise.reject(new Error("no pork"))
          : whole.embed(texts),
    };
    const corpus = await writeNouns(folder, 520);
    const lines = (await readFile(corpus, "utf8")).split("\n");
    const rest = lines.filter((line) => !line.includes("pork")).length;
    const warnings: string[] = [];
    const onWarning = (warning: string): void => void warnings.push(warning);
    const dir = path.join(folder, "atlas");
    const common = { documentMap: false, device: "cpu" } as const;
    const atlas = await buildAtlas({ ...common, dir, corpus, embedder, onWarning });
    t.is((await atlas.documents()).length, rest);
    t.is(
      warnings[0],
      `${520 - rest} documents could not be embedded and were left out (first reason: no pork)`,
    );
    await atlas.close();
  });
});

test("k follows from the length of texts and n from their number, in few steps", (t) => {
  const texts = (count: number, words: number): { text: string }[] =>
    Array.from({ length: count }, () => ({ text: "word ".repeat(words).trim() }));
  const chosen = (count: number, words: number): unknown => {
    const { k, n, batch } = chooseTraining(texts(count, words));
    return [k, n, batch];
  };
  // The sample's own SAE, see docs/benchmarks.md.
  t.deepEqual(chosen(13_087, 11), [8, 768, 256]);
  t.deepEqual(chosen(5000, 180), [32, 256, 128]);
  t.deepEqual(chosen(60_000, 1), [4, 3072, 1024]);
  t.deepEqual(chosen(270_000, 180), [32, 12_288, 1024]);
  t.deepEqual(chosen(1000, 40), [6, 48, 64]);
  t.deepEqual(chosen(10, 40), [4, 32, 10]);
});
