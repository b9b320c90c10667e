import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import test from "ava";
import { FormatError } from "../../src/core/index.js";
import { readClassTree, readCorpus } from "../../src/corpus/index.js";

let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "corpus-"));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

let written = 0;
async function put(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, `${written++}-${name}`);
  await writeFile(path, content);
  return path;
}

test("readCorpus reads JSON lines with text and classes as they are", async (t) => {
  const path = await put(
    "a.jsonl",
    '{"id":"n1","title":"dog","text":"dog: a canine","classes":["n1"]}\n{"id":"n2","text":"x"}\n',
  );
  t.deepEqual(await readCorpus(path), [
    { id: "n1", title: "dog", text: "dog: a canine", classes: ["n1"] },
    { id: "n2", title: "", text: "x", classes: [] },
  ]);
});

test("readCorpus puts an abstract behind its title and takes categories, gzipped too", async (t) => {
  const line = { id: "2505.00020", title: "T", abstract: "A\nb", categories: ["cs.LG", "cs.LG"] };
  const path = await put("a.jsonl.gz", gzipSync(JSON.stringify(line)));
  t.deepEqual(await readCorpus(path), [
    { id: "2505.00020", title: "T", text: "T\n\nA\nb", classes: ["cs.LG"] },
  ]);
});

test("readCorpus reads CSV, keeping ids as strings", async (t) => {
  const path = await put(
    "a.csv",
    'arxiv_id,title,abstract,categories\n2505.00020,"A, b",long,cs.LG stat.ML\n007,,short,\n',
  );
  t.deepEqual(await readCorpus(path), [
    { id: "2505.00020", title: "A, b", text: "A, b\n\nlong", classes: ["cs.LG", "stat.ML"] },
    { id: "007", title: "", text: "short", classes: [] },
  ]);
});

test("readCorpus reads the paper's abstract_texts.json and lists of rows", async (t) => {
  const paper = await put(
    "abstract_texts.json",
    JSON.stringify({ doc_ids: ["1", "2"], abstracts: ["T\n\nabc", "no title"] }),
  );
  t.deepEqual(await readCorpus(paper), [
    { id: "1", title: "T", text: "T\n\nabc", classes: [] },
    { id: "2", title: "", text: "no title", classes: [] },
  ]);
  const list = await put("list.json", '[{"id": 5, "title": ["Wrapped"], "abstract": "x"}]');
  t.deepEqual(await readCorpus(list), [
    { id: "5", title: "Wrapped", text: "Wrapped\n\nx", classes: [] },
  ]);
});

test("readCorpus takes the columns that it is told", async (t) => {
  const path = await put("a.csv", "bibcode,name,body,tags\nb1,N,long text,red car; blue\n");
  const columns = { id: "bibcode", title: "name", text: "body", classes: "tags" };
  t.deepEqual(await readCorpus(path, { columns }), [
    { id: "b1", title: "N", text: "N\n\nlong text", classes: ["red car", "blue"] },
  ]);
});

const BAD: [name: string, content: string, message: RegExp][] = [
  [
    "a.jsonl",
    '{"id":"1","text":"x"}\n{"text":"y"}',
    /line 2: expected id or arxiv_id or doc_id, got the columns text$/,
  ],
  ["a.jsonl", '{"id":"1"}', /line 1: expected text or abstract, got the columns id$/],
  ["a.jsonl", '{"id":"1","text":5}', /line 1: expected a string as text, got 5$/],
  ["a.jsonl", '{"id":1.5,"text":"x"}', /line 1: expected a string as id, got 1.5$/],
  [
    "a.jsonl",
    '{"id":"1","text":"x","classes":[1]}',
    /line 1: expected a list of strings as classes/,
  ],
  [
    "a.jsonl",
    '{"id":"1","text":"x"}\n\n{"id":"1","text":"y"}',
    /line 3: id "1" repeats that of line 1$/,
  ],
  ["a.jsonl", "[1]", /line 1: expected an object$/],
  ["a.json", "{}", /expected a list of rows or \{doc_ids, abstracts\}$/],
  ["a.json", '{"doc_ids":["1"],"abstracts":[]}', /expected 1 abstracts, one per doc_id, got 0$/],
  ["a.txt", "x", /expected a name that ends in \.jsonl, \.csv or \.json/],
];
for (const [name, content, message] of BAD) {
  test(`readCorpus refuses ${name} with ${content}`, async (t) => {
    const path = await put(name, content);
    const error = await t.throwsAsync(readCorpus(path), { instanceOf: FormatError, message });
    t.true(error.message.startsWith(path));
  });
}

test("readCorpus refuses a named column that is not there", async (t) => {
  const path = await put("a.csv", "id,text\n1,x\n");
  await t.throwsAsync(readCorpus(path, { columns: { text: "body" } }), {
    message: /row 1: expected a column "body" for the text$/,
  });
});

test("readClassTree reads names and several parents", async (t) => {
  const path = await put(
    "classes.jsonl",
    '{"id":"a","name":"animal","parents":[]}\n{"id":"b","parents":["a","c"]}\n{"id":"c"}\n',
  );
  const { parents, names } = await readClassTree(path);
  t.deepEqual(Object.fromEntries(parents), { a: [], b: ["a", "c"], c: [] });
  t.deepEqual(Object.fromEntries(names), { a: "animal" });
  const json = await put("classes.json", '{"cs.LG": "cs", "cs": []}');
  t.deepEqual(Object.fromEntries((await readClassTree(json)).parents), { "cs.LG": ["cs"], cs: [] });
});

test("readClassTree refuses repeated classes and parents that are no ids", async (t) => {
  const twice = await put("c.jsonl", '{"id":"a"}\n{"id":"a"}\n');
  await t.throwsAsync(readClassTree(twice), { message: /line 2: class "a" is defined twice/ });
  const number = await put("c.json", '{"a": 3}');
  await t.throwsAsync(readClassTree(number), { message: /class "a": expected a list of ids/ });
});

test("the sample's documents and classes fit together", async (t) => {
  const documents = await readCorpus("data/wordnet/documents.jsonl");
  const { parents, names } = await readClassTree("data/wordnet/classes.jsonl");
  t.is(documents.length, 13087);
  t.true(documents.every(({ classes }) => classes.every((id) => parents.has(id))));
  t.true([...parents.values()].flat().every((id) => parents.has(id)));
  t.is(names.size, parents.size);
  t.is(new Set(names.values()).size, names.size);
});
