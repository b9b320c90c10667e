import test from "ava";
import { cp, mkdtemp, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readAtlasOptions } from "../../src/atlas/files/index.js";
import { auditAtlas, writePaperFiles } from "../../src/atlas/labels/index.js";
import { buildFolder, refreshLabels } from "../../src/atlas/steps/index.js";
import { evaluateAtlasSteering } from "../../src/atlas/search/index.js";
import { openStore } from "../../src/atlas/index.js";
import { FormatError, createRandom } from "../../src/core/index.js";
import { writeJson } from "../../src/files/index.js";
import {
  readFamilyNames,
  readLabels,
  readModelLabels,
  readOverrides,
  readScores,
} from "../../src/records/index.js";
import { makeSmallAtlas } from "../support/atlases/small-atlas.js";
import { atLength, campaign } from "../support/campaign.js";
import { damageStructure } from "../support/mutation/damage-structure.js";

const N = 32;
const K = 4;

/** Files that an atlas may lack: what is read is then nothing. */
const OPTIONAL = [
  "taxonomy.json",
  "stability.json",
  "steering.json",
  "labels.llm.jsonl",
  "families.llm.jsonl",
  "labels.import.jsonl",
  "labels.overrides.jsonl",
  "labels.scores.jsonl",
  "labels.evidence.jsonl",
  "map-quality.json",
  "document-map.npy",
  "document-map-quality.json",
  // The count of families is checked against it where it is there.
  "family-statistics.json",
];
/** Files of lines of which there may be none. */
const MAY_BE_EMPTY = OPTIONAL.filter((name) => name.endsWith(".jsonl"));

const FILES = [
  "manifest.json",
  "sae.safetensors",
  `topk_indices_${K}_${N}.npy`,
  `topk_values_${K}_${N}.npy`,
  "train-log.jsonl",
  "metrics.json",
  "labels.jsonl",
  "families.json",
  "spanning-forest.graphml",
  "map.npy",
  "catalog.jsonl",
  ...OPTIONAL,
];

const DAMAGES = ["deleted", "half", "empty", "{}", "[]", "null", "other types"] as const;

let whole = "";
test.before(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "feature-families-"));
  const dir = await makeSmallAtlas(folder, 600);
  await addOptionalFiles(dir);
  whole = folder;
});
test.after.always(() => rm(whole, { recursive: true, force: true }));

/** What only some atlases have: measurements, and labels of models, other tools and people. */
async function addOptionalFiles(dir: string): Promise<void> {
  const options = await readAtlasOptions(dir);
  const stability = { resamples: 3, seeds: 0 };
  await buildFolder({ ...options, device: "cpu", documentMap: true, stability });
  const store = await openStore(dir, { device: "cpu" });
  const [{ parent, members }] = await store.families();
  const steering = await evaluateAtlasSteering(store, { queries: 5, ups: [1], downs: [1] });
  await writeJson(path.join(dir, "steering.json"), steering);
  await store.close();
  const scores = { score: 0.5, scoreName: "f1", n: 4, interval: [0.1, 0.9], scores: [] };
  const named = { source: "llm", ...scores, model: "m", cost: 0.5 };
  const latents = [parent, ...members.map(({ latent }) => latent)];
  const verdict = { label: "pets", set: "score", expected: true, answer: true, key: "k" };
  const lines: Record<string, object[]> = {
    "labels.llm.jsonl": [0, 1].map((latent) => ({ latent, label: `model ${latent}`, ...named })),
    "families.llm.jsonl": [
      {
        latent: parent,
        label: "pets",
        ...named,
        members: latents.map((latent) => ({ latent, label: "pet", f1: 0.5 })),
      },
    ],
    "labels.import.jsonl": [{ of: "latent", latent: 2, label: "imported", source: "import" }],
    "labels.overrides.jsonl": [{ of: "latent", latent: 3, label: "by hand" }],
    "labels.scores.jsonl": [{ latent: 0, label: "model 0", name: "auc", value: 0.5, n: 10 }],
    "labels.evidence.jsonl": [
      {
        of: "family",
        latent: parent,
        label: "pets",
        limit: { characters: 100 },
        shown: [],
        explanations: [],
        verdicts: [{ id: "a", ...verdict }],
      },
    ],
  };
  for (const [name, rows] of Object.entries(lines)) {
    await writeFile(path.join(dir, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }
  await refreshLabels(dir, { device: "cpu" });
}

/** Opens the atlas and reads every file of it; the errors that came. */
async function readEverything(dir: string, out: string): Promise<unknown[]> {
  const file = (name: string): string => path.join(dir, name);
  const errors: unknown[] = [];
  const attempt = async (read: () => Promise<unknown>): Promise<void> => {
    try {
      await read();
    } catch (error) {
      errors.push(error);
    }
  };
  await attempt(async () => {
    const store = await openStore(dir, { device: "cpu" });
    await attempt(() => store.sae());
    await attempt(() => store.codes());
    await attempt(() => store.trainLog());
    await attempt(() => store.metrics());
    await attempt(() => store.labels());
    await attempt(() => store.families());
    await attempt(() => store.familyStatistics());
    await attempt(() => store.forest());
    await attempt(() => store.places());
    await attempt(() => store.mapQuality());
    await attempt(() => store.documentPlaces());
    await attempt(() => store.mapQuality("documents"));
    await attempt(() => store.catalog());
    await attempt(() => store.taxonomy());
    await attempt(() => store.stability());
    await attempt(() => store.steering());
    await attempt(() => auditAtlas(store));
    await attempt(() => writePaperFiles(store, out));
    await store.close();
  });
  await attempt(() => readModelLabels(file("labels.llm.jsonl"), N));
  await attempt(() => readFamilyNames(file("families.llm.jsonl"), N));
  await attempt(() => readScores(file("labels.scores.jsonl"), N));
  await attempt(() => readOverrides(file("labels.overrides.jsonl"), N));
  await attempt(async () => {
    const imported = file("labels.import.jsonl");
    await readFile(imported).then(
      () => readLabels(imported, { n: N }),
      () => [],
    );
  });
  return errors;
}

async function damage(file: string, how: (typeof DAMAGES)[number]): Promise<void> {
  if (how === "deleted") return unlink(file);
  const bytes = await readFile(file);
  if (how === "half") {
    // In the middle of a line: whole lines may be all there are.
    const end = bytes.lastIndexOf("\n", Math.floor(bytes.length / 2));
    return writeFile(file, bytes.subarray(0, end + 6));
  }
  if (how === "empty") return writeFile(file, "");
  if (how !== "other types") return writeFile(file, how);
  if (/\.(npy|safetensors)$/.test(file)) {
    const text = bytes.toString("latin1").replace(/[fi](?=4')|F(?=32")/, "q");
    return writeFile(file, Buffer.from(text, "latin1"));
  }
  const text = bytes.toString("utf8");
  return writeFile(file, text.replace(/(?<=: ?|\[|">)-?\d+(\.\d+)?(?=[,\]}\n<])/g, '"seven"'));
}

test("every file of the whole atlas is read without an error", async (t) => {
  const out = await mkdtemp(path.join(tmpdir(), "feature-families-"));
  t.deepEqual(await readEverything(path.join(whole, "atlas"), out), []);
  await rm(out, { recursive: true });
});

for (const [at, name] of FILES.entries()) {
  // Each file and each damage have their turn in a reduced round.
  const damages = atLength ? DAMAGES : [0, 3].map((i) => DAMAGES[(at + i) % DAMAGES.length]);
  test(`an atlas whose ${name} is damaged is refused by name, or lacks it as documented`, async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), "feature-families-"));
    try {
      const dir = path.join(folder, "atlas");
      await cp(whole, folder, { recursive: true });
      const file = path.join(dir, name);
      const before = await readFile(file);
      for (const how of damages) {
        await writeFile(file, before);
        await damage(file, how);
        const errors = await readEverything(dir, folder);
        for (const error of errors) {
          t.true(error instanceof FormatError, `${how}: ${String(error)}`);
          const { message } = error as FormatError;
          t.true(message.includes(name), `${how}: ${message}`);
          t.true(message.length < 400 + dir.length, `${how}: ${message}`);
          if (name.endsWith(".jsonl") && !["deleted", "empty"].includes(how)) {
            t.regex(message, /line \d/, how);
          }
        }
        const mayBeAbsent =
          (how === "deleted" && OPTIONAL.includes(name)) ||
          (how === "empty" && MAY_BE_EMPTY.includes(name));
        if (!mayBeAbsent) t.true(errors.length > 0, `${how}: nothing was wrong`);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

const ROUNDS = campaign(150, 1);

for (const name of FILES) {
  test(`structural damage to ${name}, ${ROUNDS} times, ends in a result or a FormatError that names a file`, async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), "feature-families-"));
    const random = createRandom(name.length);
    try {
      await cp(whole, folder, { recursive: true });
      const dir = path.join(folder, "atlas");
      const file = path.join(dir, name);
      const before = await readFile(file);
      for (let round = 0; round < ROUNDS; round++) {
        await writeFile(file, await damageStructure(name, before, random));
        const wrong = (await readEverything(dir, folder)).filter(
          (error) =>
            !(error instanceof FormatError && error.message.includes(folder)) ||
            error.message.length >= 1200 + dir.length,
        );
        t.deepEqual(wrong.map(String), [], `round ${round}`);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

test("files of an atlas in each other's place are refused by name", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "feature-families-"));
  try {
    await cp(whole, folder, { recursive: true });
    const dir = path.join(folder, "atlas");
    for (const [a, b] of [
      ["labels.jsonl", "catalog.jsonl"],
      ["families.json", "metrics.json"],
      ["metrics.json", "taxonomy.json"],
      ["map.npy", `topk_values_${K}_${N}.npy`],
      [`topk_indices_${K}_${N}.npy`, `topk_values_${K}_${N}.npy`],
      ["manifest.json", "families.json"],
    ]) {
      const [first, second] = [path.join(dir, a), path.join(dir, b)];
      const bytes = [await readFile(first), await readFile(second)];
      await writeFile(first, bytes[1]);
      await writeFile(second, bytes[0]);
      const errors = await readEverything(dir, folder);
      t.true(errors.length > 0, `${a} and ${b}`);
      for (const error of errors) {
        t.true(error instanceof FormatError, `${a} and ${b}: ${String(error)}`);
        t.true(
          [a, b].some((name) => String(error).includes(name)),
          String(error),
        );
      }
      await writeFile(first, bytes[0]);
      await writeFile(second, bytes[1]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
