import anyTest, { type TestFn } from "ava";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import { readCatalog } from "../src/catalog/index.js";
import { makeSampleAtlas } from "./support/atlases/sample-atlas.js";
import { labelAsked, readShown } from "./support/atlases/planted.js";
import { importBuilt } from "./support/package-imports.js";
import { type LlmCall, type LlmReply, startLlmServer } from "./support/servers/llm-server.js";

const test = anyTest as TestFn<{ folder: string; atlas: string }>;

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs an example in this thread as it stands, but for the place that it imports the package from; one after the other. */
async function runExample(
  folder: string,
  name: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const code = importBuilt(await readFile(`examples/${name}`, "utf8"));
  // A module of its own for each run.
  const file = path.join(await mkdtemp(path.join(folder, "run-")), name.replace(/\.js$/, ".mjs"));
  await writeFile(file, code);
  const { argv, env: before } = process;
  const { log } = console;
  let stdout = "";
  process.argv = [process.execPath, file, ...args];
  process.env = { ...before, ...env };
  console.log = (...parts: unknown[]) => (stdout += `${format(...parts)}\n`);
  try {
    await import(pathToFileURL(file).href);
    return { code: 0, stdout, stderr: "" };
  } catch (error) {
    return { code: 1, stdout, stderr: String(error) };
  } finally {
    Object.assign(process, { argv, env: before });
    console.log = log;
  }
}

/** A model that labels by the word that most of the texts have, and judges by the words of a label. */
function answerByWords(call: LlmCall): LlmReply {
  const user = call.body.messages[1].content;
  const wordsOf = (text: string): string[] => [...new Set(text.toLowerCase().match(/[a-z]{4,}/g))];
  if (call.body.response_format?.json_schema !== undefined) {
    const counts = new Map<string, number>();
    const words = readShown(user).flatMap(({ text }) => wordsOf(text));
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    const [first] = [...counts].sort((a, b) => b[1] - a[1]);
    return JSON.stringify({ label: first[0] });
  }
  const label = wordsOf(labelAsked(user));
  const { text } = JSON.parse(user.split("\n")[1]) as { text: string };
  const content = wordsOf(text).some((word) => label.includes(word)) ? "Yes" : "No";
  return { content, finish: "length" };
}

test.before("a small atlas of the sample's first nouns", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "feature-families-"));
  const atlas = path.join(folder, "atlas");
  await makeSampleAtlas(atlas);
  t.context = { folder, atlas };
});

test.after.always("the folder is removed", async (t) => {
  await rm((t.context as { folder: string }).folder, { recursive: true, force: true });
});

test.serial("README lists every example", async (t) => {
  const files = (await readdir("examples")).filter((name) => name.endsWith(".js"));
  t.is(files.length, 6);
  const text = await readFile("examples/README.md", "utf8");
  for (const file of files) t.true(text.includes(`[${file}](${file})`), file);
});

test.serial("an example without an atlas says which command builds one", async (t) => {
  const { folder } = t.context;
  const { code, stderr } = await runExample(folder, "explore.js", [path.join(folder, "none")]);
  t.is(code, 1);
  t.regex(stderr, /no atlas here.*feature-families demo/);
});

test.serial("explore prints families, a latent and a document", async (t) => {
  const { code, stdout, stderr } = await runExample(t.context.folder, "explore.js", [
    t.context.atlas,
  ]);
  t.is(code, 0, stderr);
  t.regex(stdout, /^2500 documents, 128 latents, 4 active in each document$/m);
  t.true([...stdout.matchAll(/^ {2}\d+ {2}[^(]+ \(\d+ members\)$/gm)].length >= 3);
  t.false(stdout.includes("undefined"));
  const [, id, active] = /^latent (\d+): .*dog.*, active in (\d+) documents$/m.exec(stdout) ?? [];
  const row = (await readCatalog(path.join(t.context.atlas, "catalog.jsonl")))[Number(id)];
  t.is(row.active, Number(active));
  t.true(stdout.includes(row.top_documents[0].title));
});

test.serial("search-and-steer prints both rankings, and a score as a sum", async (t) => {
  const { code, stdout, stderr } = await runExample(t.context.folder, "search-and-steer.js", [
    t.context.atlas,
  ]);
  t.is(code, 0, stderr);
  t.regex(stdout, /^more \d+ \(.*bird.*\) × 4, less \d+ \(.*dog.*\) × 1$/m);
  t.is([...stdout.matchAll(/^ {2}\d {2}0\.\d{3} {2}/gm)].length, 5);
  t.is([...stdout.matchAll(/^ {2}\d \(was .*\) {2}0\.\d{3} {2}/gm)].length, 5);
  const [, cosine] = /^cosine to the query without edits (0\.\d+)$/m.exec(stdout) ?? [];
  t.true(Number(cosine) < 0.999);
  t.regex(stdout, /^why ".*": the score as a sum$/m);
});

test.serial("label labels six latents within its cap and shows their scores", async (t) => {
  const { folder, atlas } = t.context;
  const server = await startLlmServer({ answer: answerByWords });
  try {
    const { code, stdout, stderr } = await runExample(folder, "label.js", [atlas], {
      FEATURE_FAMILIES_EXPLAINER_MODEL: "gpt-4o-mini",
      OPENAI_BASE_URL: server.baseUrl,
    });
    t.is(code, 0, stderr);
    t.regex(stdout, /^gpt-4o-mini explains, gpt-4o-mini judges$/m);
    const [, most] = /^\d+ prompts, \$(0\.\d{3}) at most$/m.exec(stdout) ?? [];
    const [, labelled, failed, spent] =
      /^(\d) labelled, (\d) failed, \$(0\.\d{3}) spent$/m.exec(stdout) ?? [];
    // A word of the prompt is no label, nor is one that another latent has.
    t.true(Number(labelled) >= 3, stdout);
    t.is(Number(labelled) + Number(failed), 6);
    t.true(Number(spent) <= Number(most));
    t.is([...stdout.matchAll(/^ {5}\S+ \d\.\d\d .*documents$/gm)].length, 6);
    const rows = await readCatalog(path.join(atlas, "catalog.jsonl"));
    const byModel = rows.filter(({ label_source: source }) => source === "llm").length;
    t.true(byModel > 0 && byModel <= Number(labelled), `${byModel} of ${labelled}`);
  } finally {
    await server.close();
  }
});

test.serial(
  "export-catalog writes a page, Parquet, GraphML and a CSV of some latents",
  async (t) => {
    const { folder, atlas } = t.context;
    const out = path.join(folder, "catalog");
    const { code, stdout, stderr } = await runExample(folder, "export-catalog.js", [atlas, out]);
    t.is(code, 0, stderr);
    for (const file of ["atlas.html", "catalog.parquet", "forest.graphml"]) {
      t.true(existsSync(path.join(out, file)), file);
    }
    const lines = (await readFile(path.join(out, "rare.csv"), "utf8")).trim().split("\n");
    t.is(lines[0], "index,label,score,active,families");
    t.true(stdout.includes(`rare.csv: ${lines.length - 1} latents`));
    t.true(lines.length > 5);
  },
);

test.serial("figures draws three figures and says what others need", async (t) => {
  const { folder, atlas } = t.context;
  const out = path.join(folder, "figures");
  const { code, stdout, stderr } = await runExample(folder, "figures.js", [atlas, out]);
  t.is(code, 0, stderr);
  for (const name of ["latent-map", "family-tree", "density-histogram"]) {
    t.regex(await readFile(path.join(out, `${name}.svg`), "utf8"), /<svg/);
  }
  t.true(stdout.includes("My largest family, 1280 × 720"));
  t.regex(stdout, /^\d+ of \d+ figures can be drawn; for example$/m);
});

test.serial("own-corpus makes an atlas of a file of texts, and nothing twice", async (t) => {
  const { folder } = t.context;
  const corpus = path.join(folder, "nouns.csv");
  const lines = (await readFile("data/wordnet/documents.jsonl", "utf8")).split("\n");
  const rows = lines.slice(0, 150).map((line) => JSON.parse(line) as { id: string; text: string });
  const csv = rows.map(({ id, text }) => `${id},"${text.replaceAll('"', '""')}"`);
  await writeFile(corpus, `id,text\n${csv.join("\n")}\n`);
  const args = [corpus, path.join(folder, "own"), "150"];
  const first = await runExample(folder, "own-corpus.js", args);
  t.is(first.code, 0, first.stderr);
  t.true(first.stdout.startsWith("150 documents embedded by universal-sentence-encoder-lite"));
  t.regex(first.stdout, /^steps run: train, encode, labels, families, .*map, catalog$/m);
  t.regex(first.stdout, /^nearest to "something to eat": \w/m);
  const second = await runExample(folder, "own-corpus.js", args);
  t.regex(second.stdout, /^steps run: $/m);
});
