import anyTest, { type TestFn } from "ava";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeSmallCorpus } from "../support/atlases/small-corpus.js";
import { type Outcome, runCli } from "../support/cli/run-cli.js";

const ROWS = 500;

const run = (...args: string[]): Promise<Outcome> => runCli(args);

const test = anyTest as TestFn<{ dir: string; atlas: string; demo: string[] }>;

test.before("an atlas of the sample's first rows", async (t) => {
  const dir = await mkdtemp(path.join(tmpdir(), "ff-stability-"));
  const { corpus, embeddings } = await writeSmallCorpus(dir, ROWS);
  const atlas = path.join(dir, "atlas");
  const demo = [
    ...["build", "--corpus", corpus, "--embeddings", embeddings],
    ...["--k", "4", "--n", "48", "--epochs", "4", "--lr", "0.004", "--batch", "128"],
    ...["--no-figures", "--engine", "cpu", "--out", atlas],
  ];
  t.context = { dir, atlas, demo };
  const { code, stderr } = await run(...demo);
  if (code !== 0) throw new Error(stderr);
});

test.after.always((t) => rm(t.context.dir, { recursive: true, force: true }));

test.serial(
  "a call that contradicts itself, or names no atlas, is refused before any work",
  async (t) => {
    const { atlas, dir } = t.context;
    const refused: [string[], RegExp, number][] = [
      [["--atlas", atlas, "--bootstrap", "--subsample", "0.3"], /exclude each other/, 2],
      [
        ["--atlas", atlas, "--subsample", "2"],
        /--subsample must be over 0 and at most 1, got 2/,
        2,
      ],
      [["--atlas", atlas, "--resamples", "0"], /--resamples must be 1 or more, got 0/, 2],
      [["--atlas", path.join(dir, "nowhere")], /nowhere: no atlas here/, 1],
      [[path.join(dir, "no.safetensors"), "--atlas", atlas], /no\.safetensors/, 1],
    ];
    for (const [args, message, code] of refused) {
      const outcome = await run("stability", ...args);
      t.is(outcome.code, code, args.join(" "));
      t.regex(outcome.stderr, message);
    }
    t.false((await readdir(atlas)).includes("stability.json"));
  },
);

test.serial(
  "stability tells its numbers as JSON and lines, and demo says that it dropped them",
  async (t) => {
    const { atlas, demo } = t.context;
    const call = ["stability", "--atlas", atlas, "--resamples", "3", "--seeds", "1"];
    const { code, stdout, stderr } = await run(...call, "--json");
    t.is(code, 0, stderr);
    const found = JSON.parse(stdout) as {
      documents: { resamples: number; scheme: string; share: number };
      seeds: { saes: { name: string }[] };
    };
    t.like(found.documents, { resamples: 3, scheme: "subsample", share: 0.5 });
    t.is(found.seeds.saes[0].name, "seed 1");
    const again = await run(...call);
    t.regex(again.stdout, /families, 3 x 50 % of the documents/);
    t.regex(again.stdout, /families over 1 other SAEs/);

    t.notRegex((await run(...demo)).stdout, /stability results were deleted/);
    t.regex((await run(...demo, "--threshold", "0.3")).stdout, /stability results were deleted/);
  },
);
