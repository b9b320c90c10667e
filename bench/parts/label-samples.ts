import { existsSync } from "node:fs";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { openAtlas } from "../../src/index.js";
import { createMatrix, createRandom, matrixRow, normalizeRows } from "../../src/core/index.js";
import { type Matrix, sampleIndices } from "../../src/core/index.js";
import { writeFileAtomic, writeNpy } from "../../src/files/index.js";
import type { Bench, Part, Section } from "../part.js";

const LABELS = 30;
const SEED = 1;
/** Documents shown for each label, and the characters of each. */
const SHOWN = { documents: 4, characters: 110 };
/** Width of the embeddings of writing that the offline embedder does not know. */
const WIDTH = 256;
/** TypeScript's messages in these languages are corpora of writing without spaces, and installed here. */
const LANGUAGES = ["ja", "zh-cn"];

/** Labels to read, drawn with a fixed seed; whether they name what their documents share is for a person to say. */
export const labelSamplesPart: Part = {
  name: "label-samples",
  title: "Random labels",
  onlyByName: true,
  async run(bench: Bench): Promise<Section> {
    const folder = join(bench.folder, "labels");
    await mkdir(folder, { recursive: true });
    const sections: string[] = [];
    for (const language of LANGUAGES) await writeMessages(folder, language);
    const corpora = (await readdir(folder)).filter((name) => /\.jsonl(\.gz)?$/.test(name)).sort();
    for (const name of corpora) {
      const corpus = name.replace(/\.jsonl(\.gz)?$/, "");
      const atlas = join(folder, `${corpus}-atlas`);
      const embeddings = join(folder, `${corpus}.npy`);
      if (!existsSync(join(atlas, "manifest.json"))) {
        await bench.cli(
          ...["build", join(folder, name), "--out", atlas, "--no-figures"],
          ...(existsSync(embeddings) ? ["--embeddings", embeddings] : []),
        );
      }
      const labels = await drawLabels(atlas);
      for (const { label, documents } of labels) {
        process.stdout.write(
          `\n${corpus}: ${label}\n${documents.map((one) => `    ${one}\n`).join("")}`,
        );
      }
      sections.push(`- ${corpus}: ${labels.map(({ label }) => label).join(" · ")}`);
    }
    return {
      body: `${LABELS} keyword labels of each corpus, drawn with the seed ${SEED} from the latents that have one, with no option given to the build.
The corpora are the files of FOLDER/labels; "ja" and "zh-cn" are the messages of the installed TypeScript, embedded by their character
pairs. The part prints the strongest documents beside each label.

${sections.join("\n")}`,
    };
  },
};

async function drawLabels(dir: string): Promise<{ label: string; documents: string[] }[]> {
  const atlas = await openAtlas(dir);
  try {
    const rows = (await atlas.catalog()).filter(({ label }) => label !== "");
    const texts = await atlas.store.documents();
    const byId = new Map(texts.map((document) => [document.id, document]));
    const drawn = sampleIndices(rows.length, Math.min(LABELS, rows.length), createRandom(SEED));
    return Array.from(drawn, (at) => ({
      label: rows[at].label,
      documents: rows[at].top_documents.slice(0, SHOWN.documents).map(({ id, title }) => {
        const { text = title } = byId.get(id) ?? {};
        return (title || text).replace(/\s+/g, " ").slice(0, SHOWN.characters);
      }),
    }));
  } finally {
    await atlas.close();
  }
}

async function writeMessages(folder: string, language: string): Promise<void> {
  const corpus = join(folder, `${language}.jsonl`);
  if (existsSync(corpus)) return;
  const typescript = dirname(createRequire(import.meta.url).resolve("typescript"));
  const file = join(typescript, language, "diagnosticMessages.generated.json");
  const messages = Object.values(JSON.parse(await readFile(file, "utf8")) as object).map(String);
  const { rows, cols, data } = embedPairs(messages);
  await writeNpy(join(folder, `${language}.npy`), { shape: [rows, cols], data, dtype: "f2" });
  const lines = messages.map((text, i) => `${JSON.stringify({ id: String(i), text })}\n`);
  await writeFileAtomic(corpus, lines.join(""));
}

/** Unit rows of texts by the pairs of characters that they hold, rarer ones counting more, projected at random [N, WIDTH]. */
function embedPairs(texts: readonly string[]): Matrix {
  const pairs = texts.map((text) => {
    const letters = [...text.toLowerCase()];
    return new Set(letters.slice(1).map((letter, i) => letters[i] + letter));
  });
  const counts = new Map<string, number>();
  for (const each of pairs) {
    for (const pair of each) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  const random = createRandom(SEED);
  const directions = new Map<string, Float32Array>();
  for (const pair of counts.keys()) {
    directions.set(
      pair,
      Float32Array.from({ length: WIDTH }, () => random() - 0.5),
    );
  }
  const out = createMatrix(texts.length, WIDTH);
  pairs.forEach((each, i) => {
    const row = matrixRow(out, i);
    for (const pair of each) {
      const weight = Math.log(texts.length / (counts.get(pair) ?? 1));
      directions.get(pair)?.forEach((value, j) => (row[j] += weight * value));
    }
  });
  return normalizeRows(out);
}
