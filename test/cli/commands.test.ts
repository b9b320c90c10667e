import test, { type ExecutionContext } from "ava";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { commands, createParser } from "../../src/cli/index.js";
import { writeNpy } from "../../src/files/index.js";
import { type Outcome, runCli } from "../support/cli/run-cli.js";
import { sharedPath } from "../support/shared.js";

const run = (...args: string[]): Promise<Outcome> => runCli(args);

async function folder(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), "ff-cli-"));
  t.teardown(() => rm(dir, { recursive: true }));
  return dir;
}
const reference = sharedPath("reference/csLG_8_512_16.pth");
const inReference = (file: string): string => path.join(path.dirname(reference ?? ""), file);

test("the overview lists every command, and each explains itself with an example", async (t) => {
  const { code, stdout } = await run("--help");
  t.is(code, 0);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1]);
  for (const name of [
    "build",
    "demo",
    "doctor",
    "train",
    "encode",
    "metrics",
    "families",
    "map",
    "figures",
    "catalog",
    "notebooks",
  ]) {
    t.true(names.includes(name), name);
  }
  const program = createParser(commands, "1.0.0");
  t.deepEqual(
    program.commands.map((command) => command.name()),
    names,
  );
  for (const command of program.commands) {
    t.true(command.helpInformation().includes(`feature-families ${command.name()}`));
  }
  const help = await run("catalog", "--help");
  t.is(help.code, 0);
  t.regex(help.stdout, /feature-families catalog/);
});

const wrong: [string, string[], RegExp][] = [
  ["no command", [], /^$/],
  ["an unknown command", ["embiggen"], /unknown command 'embiggen'/],
  ["a missing option", ["encode"], /encode: required option '--sae <FILE>' not specified/],
  ["families from nothing", ["families", "--out", "x.json"], /pass --codes, --plan or --forest-in/],
  ["an export to nowhere", ["catalog", "export"], /catalog export: --out is required/],
  ["an import of nothing", ["catalog", "import"], /catalog import: pass at least one file/],
  [
    "a label without words",
    ["catalog", "label", "12"],
    /catalog label: pass a latent and its label/,
  ],
  ["a build of nothing", ["build"], /build: pass the file of the documents/],
  ["a corpus twice", ["build", "x.jsonl", "--corpus", "y.jsonl"], /exclude each other/],
];
for (const [title, args, message] of wrong) {
  test(`${title} exits with 2 and says what is wrong in one line`, async (t) => {
    const { code, stderr } = await run(...args);
    t.is(code, 2);
    t.regex(stderr.trim(), message);
    t.true(stderr.trim().split("\n").length <= 1);
  });
}

test("a missing file exits with 1 and one line that names it, and leaves nothing behind", async (t) => {
  const dir = await folder(t);
  const out = path.join(dir, "codes");
  const { code, stdout, stderr } = await run(
    "encode",
    "--sae",
    "nowhere_8_512.pth",
    "--embeddings",
    "e.npy",
    "--out",
    out,
  );
  t.is(code, 1);
  t.is(stdout, "");
  t.regex(stderr, /^feature-families: nowhere_8_512\.pth: .*\n$/);
  t.false(existsSync(out) && (await readdir(out)).length > 0);
});

test("a missing SAE is told in words by the commands that only look at it, too", async (t) => {
  const { code, stderr } = await run(
    ...["build", "--corpus", "data/wordnet/documents.jsonl", "--sae", "nowhere.pth"],
    ...["--embeddings", "data/wordnet/embeddings.npy", "--out", await folder(t)],
  );
  t.is(code, 1);
  t.regex(stderr, /^feature-families: nowhere\.pth: no such file\n$/m);
  t.notRegex(stderr, /ENOENT/);
});

test("metrics prints the reference's numbers as JSON and nothing else on standard output", async (t) => {
  if (reference === undefined) {
    t.pass("skipped: no reference kit");
    return;
  }
  for (const [file, k] of [
    ["csLG_8_512_16.pth", 8],
    ["csLG_16_1024_32.pth", 16],
  ] as const) {
    const { stdout, code } = await run(
      "metrics",
      "--sae",
      inReference(file),
      "--embeddings",
      inReference("abstract_embeddings.npy"),
      "--engine",
      "cpu",
      "--json",
    );
    t.is(code, 0);
    const metrics = JSON.parse(stdout) as Record<string, number>;
    const all = JSON.parse(await readFile(inReference("expected/metrics.json"), "utf8")) as Record<
      string,
      Record<string, number>
    >;
    const expected = all[file];
    t.is(metrics.k, k);
    for (const key of ["n", "d", "N", "live", "dead", "zero_valued_slots"])
      t.is(metrics[key], expected[key], key);
    for (const key of [
      "normalized_mse",
      "mean_log10_density_live",
      "mean_nonzero_activation",
      "encoder_decoder_cosine_mean",
    ]) {
      t.true(Math.abs(metrics[key] - expected[key]) < 1e-4, key);
    }
  }
});

test("encode writes the codes and families reproduces the reference's statistics from them", async (t) => {
  if (reference === undefined) {
    t.pass("skipped: no reference kit");
    return;
  }
  const dir = await folder(t);
  const encoded = await run(
    "encode",
    "--sae",
    reference,
    "--embeddings",
    inReference("abstract_embeddings.npy"),
    "--out",
    dir,
    "--engine",
    "cpu",
    "--json",
  );
  t.is(encoded.code, 0);
  t.deepEqual((await readdir(dir)).sort(), ["topk_indices_8_512.npy", "topk_values_8_512.npy"]);
  const out = path.join(dir, "families.json");
  const forest = path.join(dir, "forest.graphml");
  const { stdout, code } = await run(
    "families",
    "--codes",
    dir,
    "--analysis",
    inReference("feature_analysis_results_8.json"),
    "--compat",
    "--out",
    out,
    "--forest",
    forest,
    "--compare",
    inReference("expected/clean_families_8_512.json"),
    "--json",
  );
  t.is(code, 0);
  const statistics = JSON.parse(stdout) as Record<string, number> & {
    comparison: Record<string, number>;
  };
  const all = JSON.parse(await readFile(inReference("expected/metrics.json"), "utf8")) as Record<
    string,
    { families: Record<string, number> }
  >;
  for (const [key, value] of Object.entries(all["csLG_8_512_16.pth"].families)) {
    t.true(
      Math.abs(statistics[key] - value) < 1e-4 * Math.max(1, Math.abs(value)),
      `${key}: ${statistics[key]} for ${value}`,
    );
  }
  t.true(statistics.comparison.meanBestJaccard >= 0.98);
  t.true((await readFile(forest, "utf8")).includes("<graphml"));
});

test("train follows the reference step by step and logs a line a step", async (t) => {
  if (reference === undefined) {
    t.pass("skipped: no reference kit");
    return;
  }
  const dir = await folder(t);
  const log = path.join(dir, "log.jsonl");
  const out = path.join(dir, "sae.safetensors");
  const { code } = await run(
    "train",
    "--embeddings",
    inReference("abstract_embeddings.npy"),
    "--k",
    "4",
    "--n",
    "1024",
    "--auxk",
    "8",
    "--batch",
    "256",
    "--lr",
    "1e-3",
    "--clip",
    "1",
    "--dead-steps",
    "3",
    "--steps",
    "60",
    "--order",
    "file",
    "--init",
    inReference("training/init.pth"),
    "--log",
    log,
    "--out",
    out,
  );
  t.is(code, 0);
  const rows = (await readFile(log, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, number>);
  const { log: expected } = JSON.parse(
    await readFile(inReference("training/trajectory.json"), "utf8"),
  ) as { log: number[][] };
  t.is(rows.length, 60);
  expected.forEach(([step, loss, reconstruction, aux, norm, dead], i) => {
    const row = rows[i];
    t.is(row.step, step);
    t.is(row.dead, dead);
    for (const [got, wanted] of [
      [row.loss, loss],
      [row.reconstruction, reconstruction],
      [row.aux, aux],
      [row.grad_norm, norm],
    ]) {
      t.true(
        Math.abs(got - wanted) <= 1e-4 * Math.abs(wanted),
        `step ${step}: ${got} for ${wanted}`,
      );
    }
  });
  const metrics = await run(
    "metrics",
    "--sae",
    out,
    "--embeddings",
    inReference("abstract_embeddings.npy"),
    "--json",
  );
  t.is((JSON.parse(metrics.stdout) as { k: number }).k, 4);
});

test("families finds an atlas's families in its own forest", async (t) => {
  const dir = await folder(t);
  const sample = "families/wordnet";
  const { stdout } = await run(
    ...["families", "--forest-in", `${sample}/spanning-forest.graphml`, "--nested", "through"],
    ...["--min-children", "4", "--out", path.join(dir, "f.json")],
    ...["--compare", `${sample}/families.json`],
  );
  const count = Object.keys(
    JSON.parse(await readFile(`${sample}/families.json`, "utf8")) as object,
  ).length;
  t.true(count > 10);
  const same = `${count} families are also in families.json (of its ${count}), ${count} with the same members`;
  t.true(stdout.includes(same), stdout);
});

test("families groups the paper's own forest into the families that it names", async (t) => {
  const forest = sharedPath("data/paper/mst.graphml");
  const paper = sharedPath("data/paper/clean_families.json");
  if (forest === undefined || paper === undefined) {
    t.pass("skipped: no paper data");
    return;
  }
  const dir = await folder(t);
  const { stdout } = await run(
    "families",
    "--forest-in",
    forest,
    "--out",
    path.join(dir, "f.json"),
    "--compare",
    paper,
    "--json",
  );
  const { count, comparison } = JSON.parse(stdout) as {
    count: number;
    comparison: Record<string, number>;
  };
  t.is(count, 107);
  t.is(comparison.shared, 93);
  t.is(comparison.equal, 29);
  t.true(Math.abs(comparison.meanJaccard - 0.82) < 0.005);
});

test("an embedding row of zeros is refused by its number, or left out when asked", async (t) => {
  if (reference === undefined) {
    t.pass("skipped: no reference kit");
    return;
  }
  const dir = await folder(t);
  const bytes = await readFile(inReference("abstract_embeddings.npy"));
  bytes.fill(0, 128 + 7 * 128 * 4, 128 + 8 * 128 * 4);
  const file = path.join(dir, "zeroed.npy");
  await writeFile(file, bytes);
  const args = [
    "encode",
    "--sae",
    reference,
    "--embeddings",
    file,
    "--out",
    path.join(dir, "codes"),
    "--json",
  ];
  const refused = await run(...args);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /zeroed\.npy: .*\b7\b/);
  const skipped = await run(...args, "--skip-bad-rows");
  t.is(skipped.code, 0);
  t.deepEqual((JSON.parse(skipped.stdout) as { skipped: number[] }).skipped, [7]);
});

test("train tells of files that it could not write before it trains", async (t) => {
  const dir = await folder(t);
  const call = ["train", "--embeddings", "data/wordnet/embeddings.npy", "--k", "2", "--n", "8"];
  const isFolder = await run(...call, "--steps", "1", "--out", dir);
  t.is(isFolder.code, 2);
  t.regex(isFolder.stderr, /^feature-families: train: --out must name a file, .* is a folder\n$/);
  await writeFile(path.join(dir, "plain"), "");
  const log = path.join(dir, "plain", "log.jsonl");
  const out = path.join(dir, "sae.safetensors");
  const below = await run(...call, "--steps", "1", "--out", out, "--log", log);
  t.is(below.code, 1);
  t.regex(below.stderr, /^feature-families: train: --log cannot be written: .*plain/);
  t.deepEqual(await readdir(dir), ["plain"]);
});

test("train asks for k and n by their options' names", async (t) => {
  const dir = await folder(t);
  const out = path.join(dir, "sae.safetensors");
  const call = ["train", "--embeddings", "data/wordnet/embeddings.npy", "--out", out];
  const { code, stderr } = await run(...call, "--k", "4");
  t.is(code, 2);
  t.is(stderr, "feature-families: train: --n is required without --init\n");
});

test("a count below 1 is a wrong call", async (t) => {
  const { code, stderr } = await run("catalog", "--limit=-1");
  t.is(code, 2);
  t.is(stderr, "feature-families: catalog: --limit must be 1 or more, got -1\n");
});

test("a reader that closes the pipe early is no failure", async (t) => {
  const child = spawn(process.execPath, ["build/src/cli/main.js", "train", "--help"]);
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (text) => (stderr += String(text)));
  const [code] = (await once(child, "close")) as [number];
  t.is(stderr, "");
  t.is(code, 0);
});

test("build ends well on a corpus in which no family is found", async (t) => {
  const dir = await folder(t);
  const corpus = path.join(dir, "corpus.jsonl");
  const texts = Array.from({ length: 8 }, (_, i) =>
    JSON.stringify({ id: `d${i}`, text: `word${i}` }),
  );
  await writeFile(corpus, texts.join("\n"));
  const embeddings = path.join(dir, "embeddings.npy");
  const data = Float32Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? 1 : 0.01 * (i % 7)));
  await writeNpy(embeddings, { shape: [8, 8], data, dtype: "f4" });
  const { code, stdout, stderr } = await run(
    ...["build", "--corpus", corpus, "--embeddings", embeddings, "--out", path.join(dir, "atlas")],
    ...["--k", "1", "--n", "4", "--epochs", "2", "--no-figures", "--engine", "cpu"],
  );
  t.is(code, 0, stderr);
  t.regex(stdout, /families +0\n/);
  t.regex(stdout, /none \(random families none\)/);
});

test("families compares by members alone where no label is the same", async (t) => {
  const dir = await folder(t);
  const sample = "families/wordnet";
  const families = Object.values(
    JSON.parse(await readFile(`${sample}/families.json`, "utf8")) as Record<
      string,
      { parent: [string, number] }
    >,
  );
  const renamed = path.join(dir, "renamed.json");
  const others = families.map((family, i) => {
    const label = `no. ${i}`;
    return [label, { ...family, parent: [label, family.parent[1]] }];
  });
  await writeFile(renamed, JSON.stringify(Object.fromEntries(others)));
  const { stdout } = await run(
    ...["families", "--forest-in", `${sample}/spanning-forest.graphml`],
    ...["--out", path.join(dir, "f.json"), "--compare", renamed],
  );
  t.true(stdout.includes(`renamed.json (of its ${families.length} families)`), stdout);
  t.regex(
    stdout,
    /no family has a label of renamed\.json \(of its \d+ families\); by members alone the mean best overlap is (0\.9\d\d|1\.000)/,
  );
});
