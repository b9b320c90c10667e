import anyTest, { type TestFn } from "ava";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readNpyMatrix, writeNpy } from "../../src/files/index.js";
import { dot, matrixRow, postingsOf, topDocuments } from "../../src/core/index.js";
import { openAtlas } from "../../src/index.js";
import { describeResults } from "../../src/cli/results/index.js";
import type { Explanation } from "../../src/search/index.js";
import { sumOf } from "../support/atlases/explained.js";
import { startEmbeddingServer } from "../support/servers/embedding-server.js";
import { refusal } from "../support/refusal.js";
import { makeSmallAtlas } from "../support/atlases/small-atlas.js";
import { runCli } from "../support/cli/run-cli.js";

const ROWS = 600;

interface Results {
  results: {
    row: number;
    id: string;
    score: number;
    explanation?: Explanation;
  }[];
  cosine?: number;
  left?: { row: number; before: number }[];
  moved?: { latent: number; before: number; after: number }[];
}

const test = anyTest as TestFn<{ dir: string; atlas: string }>;

test.before("an atlas of the sample's first rows", async (t) => {
  const dir = await mkdtemp(path.join(tmpdir(), "ff-search-"));
  t.context = { dir, atlas: await makeSmallAtlas(dir, ROWS) };
});

test.after.always((t) => rm(t.context.dir, { recursive: true }));

async function search(
  { dir, atlas }: { dir: string; atlas: string },
  ...args: string[]
): Promise<Results> {
  const vector = `${path.join(dir, "embeddings.npy")}:7`;
  const call = ["search", "--atlas", atlas, "--vector", vector, "--json", ...args];
  const { code, stdout, stderr } = await runCli(call);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Results;
}

test("a vector finds itself, then what a brute force finds, and each score is a sum", async (t) => {
  const { results } = await search(t.context, "--limit", "5", "--explain");
  const rows = await readNpyMatrix(path.join(t.context.dir, "embeddings.npy"));
  const query = matrixRow(rows, 7);
  const best = Array.from({ length: ROWS }, (_, row) => {
    const x = matrixRow(rows, row);
    return { row, score: dot(x, query) / Math.sqrt(dot(x, x) * dot(query, query)) };
  }).sort((a, b) => b.score - a.score || a.row - b.row);
  t.deepEqual(
    results.map(({ row }) => row),
    best.slice(0, 5).map(({ row }) => row),
  );
  for (const { score, explanation } of results) {
    if (!explanation) return void t.fail("no explanation");
    t.true(Math.abs(sumOf(explanation) - score) < 1e-12);
    t.not(explanation.mean, 0);
  }
  const zero = await search(t.context, "--limit", "1", "--explain", "--explain-from", "zero");
  t.is(zero.results[0].explanation?.mean, 0);
});

test("the example of a steered search turns up a latent that shares documents with the query's own", async (t) => {
  const atlas = await openAtlas(t.context.atlas);
  t.teardown(() => atlas.close());
  const drawn = await atlas.figure("steering-before-after");
  const towards = Number(/more of latent (\d+)/.exec(JSON.stringify(drawn.layout))?.[1]);
  const postings = await atlas.postings();
  const active = (latent: number): Set<number> => new Set(postingsOf(postings, latent).rows);
  const documents = await atlas.documents();
  const holders = (await atlas.families()).filter(({ parent, members }) => {
    const [{ document }] = topDocuments(postings, parent, 1);
    return (
      drawn.title.includes(documents[document].title) &&
      !active(towards).has(document) &&
      members.some(({ latent }) => latent === towards) &&
      [...active(parent)].some((row) => active(towards).has(row))
    );
  });
  t.true(holders.length > 0, `${drawn.title}, towards ${towards}`);
});

test("edits move their latent, and filters hold", async (t) => {
  const up = await search(t.context, "--more", "5:3", "--method", "iterative");
  const [move] = up.moved ?? [];
  t.is(move.latent, 5);
  t.true(move.after > move.before);
  const byDocuments = await search(t.context, "--more", "5:3", "--method", "documents");
  t.true((byDocuments.moved?.[0].after ?? 0) > move.before);
  const [plain, now] = [(await search(t.context)).results, up.results].map((list) =>
    list.map(({ row }) => row),
  );
  t.deepEqual(
    up.left?.map(({ row, before }) => [row, before]),
    plain.flatMap((row, i) => (now.includes(row) ? [] : [[row, i + 1]])),
  );
  t.true((up.cosine ?? 2) < 1);
  const documents = (await readFile(path.join(t.context.dir, "corpus.jsonl"), "utf8"))
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string; classes: string[] });
  const metadata = path.join(t.context.dir, "metadata.csv");
  const years = documents.slice(0, 100).map(({ id }, i) => `${id},${2000 + (i % 10)}`);
  await writeFile(metadata, ["arxiv_id,year", ...years].join("\n"));
  const dated = await search(
    t.context,
    ...["--metadata", metadata, "--year", "2003-2004", "--limit", "50"],
  );
  t.is(dated.results.length, 20);
  t.true(dated.results.every(({ row }) => row < 100 && [3, 4].includes(row % 10)));
  const where = await search(
    t.context,
    ...[
      "--metadata",
      metadata,
      "--where",
      "year>=2002,year<=2005",
      "--year=-2003",
      "--limit",
      "50",
    ],
  );
  t.deepEqual(where.results.map(({ row }) => row % 10).sort(), [
    ...new Array<number>(10).fill(2),
    ...new Array<number>(10).fill(3),
  ]);
  const { classes } = documents[7];
  const same = await search(t.context, "--class", classes[0], "--limit", "600");
  t.deepEqual(
    same.results.map(({ row }) => row).sort((a, b) => a - b),
    documents.flatMap((document, row) => (document.classes.includes(classes[0]) ? [row] : [])),
  );
  const own = await search(t.context, "--where", `id=${documents[4].id}`);
  t.deepEqual(
    own.results.map(({ row }) => row),
    [4],
  );
  const ids = await search(t.context, "--ids", `${documents[3].id},${documents[9].id}`);
  t.deepEqual(ids.results.map(({ row }) => row).sort(), [3, 9]);
});

test("a rank before the edits that is not known is told as beyond those looked at", (t) => {
  const result = { row: 0, id: "a", title: "hare", score: 0.5 };
  const results = [
    { ...result, rank: 1, before: 7 },
    { ...result, rank: 2 },
  ];
  const [, first, second] = describeResults({ hits: results, edits: [], cosine: 0.9 }).slice(-3);
  t.regex(first, /^1 +7 /);
  t.regex(second, /^2 +>1000 /);
});

test("latents are found by the words of their labels, and by meaning behind those", async (t) => {
  const labels = (await readFile(path.join(t.context.atlas, "labels.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { latent: number; label: string });
  const known = labels.find(({ label }) => label !== "");
  if (!known) return void t.fail("no label");
  const base = ["search", "--atlas", t.context.atlas, "--in", "latents", "--json"];
  const words = await runCli([...base, "--words", known.label]);
  const found = JSON.parse(words.stdout) as { id: number; by: string }[];
  t.deepEqual([found[0].id, found[0].by], [known.latent, "words"]);
  for (const top of [4, 25]) {
    const meaning = await runCli([...base, "puppy", "--limit", String(top)]);
    t.is((JSON.parse(meaning.stdout) as unknown[]).length, top, meaning.stderr);
  }
});

test("a label or family's name with commas is one item in quotes", async (t) => {
  const labels = (await readFile(path.join(t.context.atlas, "labels.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { latent: number; label: string });
  const known = labels.find(({ label }) => label.includes(","));
  if (!known) return void t.fail("no label with a comma");
  const { moved } = await search(t.context, "--more", `"${known.label}":2,5`);
  t.deepEqual(
    moved?.map(({ latent }) => latent),
    [known.latent, 5],
  );
});

test("a text goes to the server that is named, and another width is refused", async (t) => {
  const rows = await readNpyMatrix(path.join(t.context.dir, "embeddings.npy"));
  let vector = Array.from(matrixRow(rows, 44));
  const server = await startEmbeddingServer(({ input }) => ({ vectors: input.map(() => vector) }));
  const call = ["search", "--atlas", t.context.atlas, "birds of prey", "--json"];
  const model = ["--embedder", "some-model", "--embedder-url", server.baseUrl];
  const found = await runCli([...call, ...model]);
  t.is(found.code, 0, found.stderr);
  t.is((JSON.parse(found.stdout) as Results).results[0].row, 44);
  t.true(server.requests.some(({ input }) => input.includes("birds of prey")));
  const asked = server.requests.length;
  const unknown = await runCli([...call, ...model, "--family", "zzzz"]);
  t.is(unknown.code, 2);
  t.is(server.requests.length, asked, "nothing is paid for a search that cannot be");
  vector = [1, 2, 3];
  const narrow = await runCli([...call, ...model]);
  t.is(narrow.code, 2);
  t.regex(
    narrow.stderr,
    /some-model.* are 3 wide, those of the corpus 512: pass the corpus's own embedder/,
  );
  await server.close();
  const file = path.join(t.context.dir, "narrow.npy");
  await writeNpy(file, { shape: [1, 3], data: new Float32Array(3), dtype: "f4" });
  const other = await runCli(["search", "--atlas", t.context.atlas, "--vector", `${file}:0`]);
  t.is(other.code, 2);
  t.regex(other.stderr, /narrow\.npy are 3 wide, those of the corpus 512/);
});

test.serial("a second search by meaning takes the labels' vectors from the atlas", async (t) => {
  const folder = path.join(t.context.atlas, "name-vectors");
  const call = ["search", "--atlas", t.context.atlas, "--in", "families", "--json", "a small dog"];
  const first = await runCli(call);
  t.is(first.code, 0, first.stderr);
  const files = await readdir(folder);
  t.true(files.length > 0);
  const { rows, cols, data } = await readNpyMatrix(path.join(folder, files[0]));
  const again = await runCli(call);
  t.is(again.stdout, first.stdout);
  // What is read is what counts: other vectors give other scores.
  const content = { shape: [rows, cols], data: data.map((value) => -value), dtype: "f4" } as const;
  for (const name of files) await writeNpy(path.join(folder, name), content);
  t.not((await runCli(call)).stdout, first.stdout);
  for (const name of files) await writeFile(path.join(folder, name), "torn");
  t.is((await runCli(call)).stdout, first.stdout);
});

const wrong: [string, string[], RegExp][] = [
  ["a year without metadata", ["x", "--year", "2010"], /year needs metadata/],
  ["a column that is not there", ["x", "--where", "venue=NeurIPS"], /no column "venue".*title/],
  ["a condition without a sign", ["x", "--where", "title"], /where takes COLUMN=VALUE/],
  ["a bound that is no number", ["x", "--where", "title>=x"], /where takes COLUMN=VALUE/],
  ["no query", [], /pass a query or --vector, or use "feature-families explore"/],
  ["a strength below 0", ["x", "--more", "5:-1"], /strength must be a number of 0 or more/],
  ["an unknown family", ["x", "--family", "zzzz"], /no family "zzzz"/],
  ["an unknown family with a comma", ["x", "--family", "zz, y"], /no family "zz, y"/],
  ["an empty query", [" "], /the query is empty/],
  ["a query beside a vector", ["x", "--vector", "x.npy"], /exclude each other/],
  [
    "an edit of latents' names",
    ["x", "--in", "latents", "--more", "3"],
    /--more does not apply to --in latents/,
  ],
  ["words of documents", ["x", "--words"], /--words does not apply to --in documents/],
  ["a class of no document", ["x", "--class", "dog"], /no document is of class "dog"; .* as n\d+/],
  [
    "a row that is not there",
    ["--vector", "data/wordnet/embeddings.npy:99999"],
    /embeddings\.npy has no row 99999; it has 13087 rows/,
  ],
];
for (const [title, args, message] of wrong) {
  test.serial(`${title} is refused`, async (t) => {
    t.regex(await refusal(["search", "--atlas", t.context.atlas, ...args]), message);
  });
}
