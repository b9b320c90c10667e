// A whole atlas of invented documents, written by the library's own steps but for what takes a model or a training.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ATLAS_FILES } from "../src/atlas/files/index.js";
import {
  type AtlasBuild,
  type Step,
  catalogStep,
  findFamilies,
  runSteps,
} from "../src/atlas/steps/index.js";
import {
  type Codes,
  type Random,
  createMatrix,
  createRandom,
  matrixRow,
  normalizeRows,
  topDocuments,
} from "../src/core/index.js";
import {
  familyStatistics,
  forestToGraphml,
  statisticsRecord,
  toFamiliesJson,
} from "../src/families/index.js";
import {
  createNpyWriter,
  writeFileAtomic,
  writeJson,
  writeJsonl,
  writeNpy,
} from "../src/files/index.js";
import { type Label, writeLabels } from "../src/records/index.js";
import { type Sae, loadSae } from "../src/sae/index.js";
import { topicOf, topicalCodes, writeRandomSae } from "./synthetic.js";

/** How large the atlas is. */
export interface SyntheticSize {
  rows: number;
  n: number;
  k: number;
  d: number;
}

const WORDS_PER_TOPIC = 40;
const WORDS_PER_TEXT = 150;
const CATEGORIES = 12;
const JUDGED = 20;
const MODEL = "invented-1";
const BLOCK = 4096;

/** Writes the atlas into `folder`/atlas, with what it is made from beside it, and gives the atlas's folder. */
export async function writeSyntheticAtlas(folder: string, size: SyntheticSize): Promise<string> {
  const { rows, n, k, d } = size;
  const file = (name: string): string => join(folder, name);
  const sae = file("sae.safetensors");
  await writeRandomSae(sae, { d, n, k });
  const codes = topicalCodes(rows, k, n, 1);
  await writeJsonl(file("documents.jsonl"), documents(codes));
  await writeDecoded(file("embeddings.npy"), codes, await loadSae(sae));
  const dir = file("atlas");
  const encoded: Step = (build) => encodeStep(build, codes);
  await runSteps(
    { dir, sae, corpus: file("documents.jsonl"), embeddings: file("embeddings.npy") },
    [encoded, labelsStep, familiesStep, mapStep, catalogStep],
  );
  return dir;
}

async function encodeStep({ runner, options, hashes }: AtlasBuild, codes: Codes): Promise<void> {
  const { rows, k, n } = codes;
  const names = { indices: `topk_indices_${k}_${n}.npy`, values: `topk_values_${k}_${n}.npy` };
  runner.manifest.k = k;
  await runner.step(
    plan("encode", { sae: hashes.sae }, [names.indices, names.values], { k }),
    async () => {
      const [shape, write] = [[rows, k], (name: string) => join(options.dir, name)];
      await writeNpy(write(names.indices), { shape, data: codes.indices, dtype: "i4" });
      await writeNpy(write(names.values), { shape, data: codes.values, dtype: "f4" });
    },
  );
  hashes.codes = `${runner.outputHash(names.indices)} ${runner.outputHash(names.values)}`;
}

/** Labels of a model with scores and the evidence behind them; one in ten has words only. */
async function labelsStep({ runner, options, hashes, data }: AtlasBuild): Promise<void> {
  await runner.step(
    plan("labels", { codes: hashes.codes }, [ATLAS_FILES.labels, ATLAS_FILES.evidence]),
    async () => {
      const [postings, documents] = [await data.postings(), await data.documents()];
      const labels = Array.from({ length: postings.n }, (_, latent) => label(latent, postings.n));
      await writeLabels(join(options.dir, ATLAS_FILES.labels), labels);
      const evidence = labels
        .filter(({ source }) => source === "llm")
        .map(({ id, text }) => {
          const top = topDocuments(postings, id, JUDGED).map(({ document }) => document);
          return evidenceOf(
            { id, text },
            top.map((row) => documents[row].id),
          );
        });
      await writeJsonl(join(options.dir, ATLAS_FILES.evidence), evidence);
    },
  );
}

async function familiesStep({ runner, options, hashes, data }: AtlasBuild): Promise<void> {
  const { families, familyStatistics: statistics, forest } = ATLAS_FILES;
  await runner.step(
    plan("families", { codes: hashes.codes }, [families, statistics, forest]),
    async () => {
      const file = (name: string): string => join(options.dir, name);
      const coactivation = await data.coactivation();
      const found = findFamilies(coactivation);
      const named = found.families.map((family) => {
        const random = createRandom(family.parent + 7);
        const text = phrase(topicOf(family.parent, coactivation.n), 3, random);
        const score = { name: "balanced-accuracy", value: 0.5 + random() / 2, n: 40 };
        const name: Label = {
          ...{ of: "family", id: family.parent, text, source: "llm" },
          scores: [score],
        };
        return { ...family, label: name };
      });
      await writeJson(
        file(families),
        toFamiliesJson(named, (latent) => `latent ${latent}`),
      );
      const sums = familyStatistics(named, found.forest.nodes, coactivation, {});
      await writeJson(file(statistics), statisticsRecord(sums));
      await writeFileAtomic(
        file(forest),
        forestToGraphml(found.forest, { densities: await data.densities(), families: named }),
      );
    },
  );
}

/** Topics on a spiral, their latents around them. */
async function mapStep({ runner, options, hashes, data }: AtlasBuild): Promise<void> {
  await runner.step(plan("map", { codes: hashes.codes }, [ATLAS_FILES.map]), async () => {
    const { n } = await data.sae();
    const random = createRandom(3);
    const places = new Float32Array(2 * n);
    const around = (): number => random() + random() + random() - 1.5;
    for (let latent = 0; latent < n; latent++) {
      const topic = topicOf(latent, n);
      const [radius, angle] = [Math.sqrt(topic + 1), 2.399963 * topic];
      places[2 * latent] = radius * Math.cos(angle) + 0.6 * around();
      places[2 * latent + 1] = radius * Math.sin(angle) + 0.6 * around();
    }
    const shape = [n, 2];
    await writeNpy(join(options.dir, ATLAS_FILES.map), { shape, data: places, dtype: "f4" });
  });
}

function plan(
  name: string,
  inputs: Record<string, string>,
  outputs: string[],
  options: object = {},
): Parameters<AtlasBuild["runner"]["step"]>[0] {
  return { name, version: 0, inputs, options, outputs };
}

/** Documents of words of their latents' topics, with a year and a category. */
function* documents({ rows, k, n, indices }: Codes): Generator<object> {
  for (let row = 0; row < rows; row++) {
    const random = createRandom(row + 1);
    const topic = (): number => topicOf(indices[row * k + Math.floor(random() * random() * k)], n);
    const words = (count: number): string =>
      Array.from({ length: count }, () => wordOf(topic(), random)).join(" ");
    const main = topicOf(indices[row * k], n) % CATEGORIES;
    yield {
      id: `d${row}`,
      title: words(8),
      text: words(WORDS_PER_TEXT),
      year: 1992 + Math.floor(32 * random()),
      category: `category ${main}`,
    };
  }
}

/** The codes decoded, at length 1, in blocks. */
async function writeDecoded(path: string, codes: Codes, { d, decoder }: Sae): Promise<void> {
  if (existsSync(path)) return;
  const writer = await createNpyWriter(path, { dtype: "f4", cols: d });
  for (let start = 0; start < codes.rows; start += BLOCK) {
    const block = createMatrix(Math.min(BLOCK, codes.rows - start), d);
    for (let i = 0; i < block.rows; i++) {
      const row = matrixRow(block, i);
      for (let slot = (start + i) * codes.k; slot < (start + i + 1) * codes.k; slot++) {
        const direction = matrixRow(decoder, codes.indices[slot]);
        const value = codes.values[slot];
        for (let j = 0; j < d; j++) row[j] += value * direction[j];
      }
    }
    await writer.append(normalizeRows(block).data);
  }
  await writer.finish();
}

function label(latent: number, n: number): Label {
  const random = createRandom(latent + 1);
  const topic = topicOf(latent, n);
  const keywords = Array.from({ length: 6 }, () => wordOf(topic, random));
  const own = { of: "latent", id: latent, keywords } as const;
  if (latent % 10 === 0) {
    const coverage = { name: "keyword-coverage", value: random(), n: 100 };
    return {
      ...own,
      text: keywords.slice(0, 3).join(", "),
      source: "keywords",
      scores: [coverage],
    };
  }
  const value = 0.4 + 0.6 * random();
  const interval: [number, number] = [Math.max(0, value - 0.15), Math.min(1, value + 0.15)];
  return {
    ...{ ...own, text: phrase(topic, 4, random), source: "llm", model: MODEL, promptVersion: "1" },
    scores: [{ name: "balanced-accuracy", value, n: JUDGED, interval }],
  };
}

function evidenceOf({ id, text }: { id: number; text: string }, shown: string[]): object {
  const random = createRandom(id + 5);
  const key = id.toString(16).padStart(64, "0");
  return {
    ...{ of: "latent", latent: id, label: text, explainer: MODEL, judge: MODEL },
    ...{ promptVersion: "1", date: "2026-01-01T00:00:00Z", limit: { characters: 400 } },
    shown: shown.map((one, i) => ({
      ...{ id: one, set: i % 2 === 0 ? "explain" : "score", kind: "active", activation: random() },
    })),
    explanations: [{ key, status: "ok", labels: [text], reasoning: text }],
    verdicts: shown.flatMap((one, i) =>
      i % 2 === 0
        ? []
        : [{ id: one, label: text, set: "score", expected: true, answer: random() < 0.8, key }],
    ),
  };
}

function phrase(topic: number, count: number, random: Random): string {
  return Array.from({ length: count }, () => wordOf(topic, random)).join(" ");
}

const SYLLABLES = ["ba", "cor", "del", "fi", "gan", "lo", "mer", "nu", "po", "ra", "sti", "ve"];

/** One of a topic's own words, of three to five syllables. */
function wordOf(topic: number, random: Random): string {
  let rest = topic * WORDS_PER_TOPIC + Math.floor(random() * random() * WORDS_PER_TOPIC);
  let word = "";
  for (let i = 0; i < 3 || rest > 0; i++) {
    word += SYLLABLES[rest % SYLLABLES.length];
    rest = Math.floor(rest / SYLLABLES.length);
  }
  return word;
}
