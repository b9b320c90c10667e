import test, { type ExecutionContext } from "ava";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { commands, parseCall } from "../../src/cli/index.js";
import { refusal } from "../support/refusal.js";
import { makeSmallAtlas } from "../support/atlases/small-atlas.js";
import { runCli } from "../support/cli/run-cli.js";

async function folder(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), "ff-cli-"));
  t.teardown(() => rm(dir, { recursive: true }));
  return dir;
}

test("what options exclude and need are options of the same command", (t) => {
  for (const { name, options } of commands) {
    for (const [flag, { excludes = [], needs = [] }] of Object.entries(options)) {
      for (const other of [...excludes, ...needs]) {
        t.true(other in options && other !== flag, `${name} --${flag}: ${other}`);
      }
    }
  }
});

const BUILD = "build --corpus c.jsonl --embeddings e.npy";
const TRAIN = "train --embeddings e.npy --out s.pth";
const refusedAtOnce: [string, string][] = [
  [`${BUILD} --sae x.pth --k 4 --n 8`, "build: --sae and --n exclude each other"],
  [`${BUILD} --sae x.pth --epochs 3`, "build: --sae and --epochs exclude each other"],
  [`${BUILD} --sae x.pth --lr 1e-3`, "build: --sae and --lr exclude each other"],
  [`${BUILD} --sae x.pth --batch 8`, "build: --sae and --batch exclude each other"],
  [`${BUILD} --figures x --no-figures`, "build: --no-figures and --figures exclude each other"],
  [`${BUILD} --name x --out y`, "build: --name and --out exclude each other"],
  [
    `${BUILD} --compat --threshold 0.2 --analysis a.json`,
    "build: --compat and --threshold exclude each other",
  ],
  [
    `${BUILD} --name ../evil`,
    'build: --name takes a plain name without path separators, got "../evil"',
  ],
  [`${BUILD} --name ..`, 'build: --name takes a plain name without path separators, got ".."'],
  [`${BUILD} --name a\\b`, 'build: --name takes a plain name without path separators, got "a\\b"'],
  ["demo --figures x --no-figures", "demo: --no-figures and --figures exclude each other"],
  [`${TRAIN} --steps 3 --epochs 4`, "train: --epochs and --steps exclude each other"],
  [`${TRAIN} --grid k=2:n=8 --log l`, "train: --grid and --log exclude each other"],
  [`${TRAIN} --k 2 --n 8 --own-seeds`, "train: --own-seeds needs --grid"],
  [`${TRAIN} --k 2 --n 8 --patience 3`, "train: --patience needs --holdout"],
  ["match --small a --large b --trees t.json", "match: --trees needs --middle"],
  ["map --sae a --codes b --out m.npy", "map: --sae and --codes exclude each other"],
  ["map --atlas a --codes b", "map: --atlas and --codes exclude each other"],
  [
    "build c.jsonl --document-map --no-document-map",
    "build: --no-document-map and --document-map exclude each other",
  ],
  ["map --codes b --k 3 --out m.npy", "map: --k needs --sae"],
  ["embed --corpus c --out o --compat --clean", "embed: --compat and --clean exclude each other"],
  ["families --codes c --compat --out f", "families: --compat needs --analysis"],
  [
    "families --forest-in g --passes 2 --out f",
    "families: --forest-in and --passes exclude each other",
  ],
  ["figures --list --formats svg", "figures: --list and --formats exclude each other"],
  ["search dog --metadata m.csv", "search: --metadata needs --year or --class or --where"],
  ["search --vector v --dimensions 8", "search: --vector and --dimensions exclude each other"],
  [
    "stability --bootstrap --subsample 0.3",
    "stability: --bootstrap and --subsample exclude each other",
  ],
  ["steering --judged 3", "steering: --judged needs --judge"],
  ["steering --max-cost 3", "steering: --max-cost needs --judge or --rewrite or --model"],
  [
    "steering --texts t --with-replacement",
    "steering: --with-replacement and --texts exclude each other",
  ],
  ["inspect x.pth --engine cpu", "inspect: --engine needs --embeddings"],
  ["scaling t.json --size page", "scaling: --size needs --out"],
  ["scaling t.json --width 85mm", "scaling: --width needs --out"],
  ["scaling t.json --formats pdf", "scaling: --formats needs --out"],
  ["jupyter --setup --frontend lab", "jupyter: --setup and --frontend exclude each other"],
  ["catalog dog --out a.csv --limit 3", "catalog: --out and --limit exclude each other"],
  ["nope", "unknown command 'nope'"],
  ["buld", "unknown command 'buld' (did you mean build?)"],
  ["search dog --limt=3", "search: unknown option '--limt=3' (did you mean --limit?)"],
  ["search dog --zz", "search: unknown option '--zz'"],
];
for (const [line, message] of refusedAtOnce) {
  test(`refused when parsed: ${line}`, (t) => {
    t.throws(() => parseCall(line.split(" "), commands, "1.0.0"), { name: "UsageError", message });
  });
}

test("--k is allowed beside --sae, whose file may not declare it", (t) => {
  t.is(parseCall(`${BUILD} --sae x.pth --k 4`.split(" "), commands, "1.0.0")?.values.k, 4);
});

const refusedBeforeWork: [string, string][] = [
  ["map --out m.npy", "map: --sae, --codes, --embeddings or --atlas is required"],
  ["map --codes b", "map: --out is required"],
  ["map --codes b --of documents --out m.npy", "map: --of documents needs --embeddings or --atlas"],
  [
    "map --embeddings EXISTS --of latents --out m.npy",
    "map: --embeddings places documents, not latents",
  ],
  ["map --atlas a --out m.npy", "map: --atlas takes no --out"],
  [`${BUILD} --k 4 --n 8 --compat --embeddings EXISTS`, "build: --compat needs --analysis"],
  ["build --corpus csLG --epochs 3", "build: --corpus csLG takes no --epochs"],
  ["build --corpus csLG --k 16 --compat", "build: --compat needs --analysis"],
  ["catalog dog --dry-run", "catalog: a search takes no --dry-run"],
  ["catalog import a.json --out x.csv", "catalog import takes no --out"],
  ["catalog diff a b --atlas c", "catalog diff takes no --atlas"],
  ["catalog label 12 dog --limit 3", "catalog label takes no --limit"],
  ["export site --splits 3", "export site takes no --splits"],
  ["export delphi --examples 3", "export delphi takes no --examples"],
  ["pull csLG --list", "pull csLG takes no --list"],
  ["pull me/data --k 3", "pull me/data takes no --k"],
  ["pull me/data a.npy --list", "pull: --list takes no paths; it shows all files"],
  ["stability --k 3", "stability: a call without SAE files takes no --k"],
  ["stability --seeds 0 --lr 1", "stability: a call that trains no SAEs takes no --lr"],
  [
    "search dog --method additive",
    "search: --method needs --more, --less, --set, --remove or --family",
  ],
  ["embed --corpus c --out o --dimensions 8", "the offline embedder takes no --dimensions"],
  [
    "search dog --embedder onnx:m --embedder-url http://h/v1",
    "an onnx:FOLDER embedder takes no --embedder-url",
  ],
];
for (const [line, message] of refusedBeforeWork) {
  test.serial(`refused before any work: ${line}`, async (t) => {
    const words = line.replace("EXISTS", "data/wordnet/embeddings.npy").split(" ");
    t.is(await refusal(words), message);
  });
}

const WORDNET = "data/wordnet";
const missing: [string, Record<string, string>][] = [
  ["corpus", { corpus: "nope" }],
  ["embeddings", { embeddings: "nope" }],
  ["sae", { sae: "nope" }],
  ["class-tree", { "class-tree": "nope" }],
  ["analysis", { analysis: "nope" }],
];
for (const [option, changed] of missing) {
  test(`a build whose --${option} is missing makes no folder`, async (t) => {
    const dir = await folder(t);
    const given = {
      corpus: `${WORDNET}/documents.jsonl`,
      embeddings: `${WORDNET}/embeddings.npy`,
      out: path.join(dir, "atlas"),
      k: "4",
      ...(option === "sae" ? {} : { n: "8" }),
      ...changed,
    };
    const words = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
    const { code, stderr } = await runCli(["build", ...words]);
    t.deepEqual([code, stderr], [1, "feature-families: nope: no such file\n"]);
    t.deepEqual(await readdir(dir), []);
  });
}

test("a label is corrected by number or by words, and what cannot be is a usage error", async (t) => {
  const atlas = await makeSmallAtlas(await folder(t), 200);
  const catalog = (...words: string[]): ReturnType<typeof runCli> =>
    runCli(["catalog", ...words, "--atlas", atlas]);
  const wrong: [string[], RegExp][] = [
    [
      ["--latent", "9999"],
      /^feature-families: catalog: no latent 9999 in .*, which has 32 latents\n$/,
    ],
    [["label", "9999", "x"], /no latent 9999; the SAE has 32 latents\n$/],
    [["label", "12", ""], /catalog label: pass a latent and its label/],
    [["label", "12", " "], /catalog label: pass a latent and its label/],
    [["label", "", "dogs"], /catalog label: pass a latent and its label/],
    [["label", "hunting", "dogs", "bark"], /catalog label: pass a latent and its label/],
    [["label", "zzzz", "dogs"], /no latent is called "zzzz"/],
    [["label", "dogs", "--family", "zzzz"], /no family "zzzz"/],
  ];
  for (const [words, message] of wrong) {
    const { code, stderr } = await catalog(...words);
    t.is(code, 2, words.join(" "));
    t.regex(stderr, message);
  }
  t.is((await catalog("label", "12", "hunting", "zebras")).code, 0);
  const { code, stdout, stderr } = await catalog("label", "hunting zebras", "striped horses");
  t.is(code, 0, stderr);
  t.regex(stdout, /^latent 12 is now "striped horses"/);
});
