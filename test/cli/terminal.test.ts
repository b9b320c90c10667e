import test from "ava";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { writeSafetensors } from "../../src/files/index.js";
import { makeSmallAtlas } from "../support/atlases/small-atlas.js";
import { runCli, runProcess } from "../support/cli/run-cli.js";
import { inFolder } from "../support/folder.js";

/** Retitles the window, clears it, writes the clipboard, turns the text around, hides a part of it, deletes it. */
const HOSTILE =
  "\x1b]0;owned\x07\x1b[2J\x1b]52;c;b3duZWQ=\x1b\\\u009b31m\u202etxt\u2066\u200b\u{e0041}\x7f\x08end";
/** Joiners that belong to words, and a sign of Arabic that is drawn. */
const WORDS = "naïve 水 می\u200cخواهم 👩\u200d🔬 \u0601١٢";
const STEERS = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e\u2066]|\u{e0041}/u;

/** Calls whose words the process itself prints, and one that is printed by its worker. */
const isDirect = ([command, ...rest]: readonly string[]): boolean =>
  command === HOSTILE || rest.includes("label") || rest.includes(`--${HOSTILE}`);

test("labels, names and words of a call reach the terminal without control characters", async (t) => {
  await inFolder(async (folder) => {
    const atlas = await makeSmallAtlas(folder, 200, (title) => `${title} ${HOSTILE}\u2028`);
    const exported = (name: string): string => path.join(folder, name);
    const vector = ["--vector", path.join(folder, "embeddings.npy"), "--atlas", atlas];
    const sae = path.join(folder, "sae.safetensors");
    const tensor = { shape: [1], data: new Float32Array(1) };
    await writeSafetensors(sae, new Map([[HOSTILE, tensor]]));
    const dump = path.join(folder, "other.jsonl");
    await writeFile(dump, `{"id": ${JSON.stringify(HOSTILE)}}\n`);
    const calls = [
      ["catalog", "label", "0", `${HOSTILE} ${WORDS} dogs`, "--atlas", atlas],
      ["catalog", "dogs", "--atlas", atlas],
      ["catalog", "dogs", "--atlas", atlas, "--json"],
      ["inspect", sae],
      ["search", ...vector],
      ["search", ...vector, "--more", "0", "--explain"],
      ["search", ...vector, "--json"],
      ["catalog", "diff", atlas, atlas],
      ...["csv", "graphml", "gexf"].map((kind) => [
        ...["export", kind, "--out", exported(kind), "--atlas", atlas],
      ]),
      ["steering", "--atlas", atlas, "--queries", "3"],
      ["figures", "--list"],
      ["embed", "--corpus", dump, "--out", path.join(folder, "out"), "--embedder", HOSTILE],
      [HOSTILE],
      ["catalog", `--${HOSTILE}`],
    ];
    const outcomes = [];
    // An action that every object inherits is a word like any other.
    t.is((await runProcess(["catalog", "constructor", "--atlas", atlas])).code, 0);
    for (const args of calls)
      outcomes.push(await (isDirect(args) ? runProcess(args) : runCli(args)));
    for (const { stdout, stderr } of outcomes) {
      t.notRegex(stdout, STEERS);
      t.notRegex(stderr, STEERS);
    }
    const [labelled, listed, json, inspected] = outcomes;
    t.is(labelled.code, 0, labelled.stderr);
    t.regex(listed.stdout, /^0 +\?\]0;owned\?\?\[2J/m);
    t.true(listed.stdout.includes(`?end ${WORDS} dogs`), listed.stdout);
    t.is((JSON.parse(json.stdout) as { label: string }[])[0].label, `${HOSTILE} ${WORDS} dogs`);
    t.regex(inspected.stdout + inspected.stderr, /owned/);
    t.regex(outcomes[4].stdout, /owned/);
    for (const kind of ["csv", "graphml", "gexf"]) {
      const text = await readFile(exported(kind), "utf8");
      t.notRegex(text.replaceAll("\t", " "), STEERS, kind);
      if (kind === "csv") t.regex(text, /owned/);
    }
  });
});

test("a message names no function of the library", async (t) => {
  const embeddings = "data/wordnet/embeddings.npy";
  const { stderr } = await runCli([
    ...["train", "--embeddings", embeddings, "--k", "9", "--n", "4", "--out", "never.pth"],
  ]);
  t.is(stderr, "feature-families: k must be a whole number from 1 to 4, got 9\n");
});

test("an SAE too large for the CPU's training is refused before any work", async (t) => {
  const embeddings = "data/wordnet/embeddings.npy";
  const { code, stderr } = await runCli([
    ...["train", "--embeddings", embeddings, "--k", "4", "--n", "1000000000", "--out", "never.pth"],
  ]);
  t.is(code, 1);
  t.regex(
    stderr,
    /^feature-families: n must be at most 25\d{4} for embeddings of width 512, .*: lower n \(--n\)/,
  );
});
