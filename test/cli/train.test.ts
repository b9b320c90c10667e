import test from "ava";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseGrid } from "../../src/cli/index.js";
import { writeNpy } from "../../src/files/index.js";
import { atLength } from "../support/campaign.js";
import { runCli } from "../support/cli/run-cli.js";
import { inFolder } from "../support/folder.js";
import { sparseEmbeddings } from "../support/training.js";

const MAIN = "build/src/cli/main.js";
const STEPS = 3000;

/** Runs a command that succeeds; gives its standard output. */
async function run(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args);
  if (code !== 0) throw new Error(stderr + stdout);
  return stdout;
}

async function writeEmbeddings(folder: string): Promise<string> {
  const { rows, cols, data } = sparseEmbeddings(400, 16);
  const file = join(folder, "embeddings.npy");
  await writeNpy(file, { shape: [rows, cols], dtype: "f4", data });
  return file;
}

/** Runs the command until its checkpoint is there, ends it and gives its standard error. */
async function stopAt(
  checkpoint: string,
  args: string[],
  signal: "SIGKILL" | "SIGINT",
): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args]);
  let told = "";
  child.stderr.on("data", (part: Buffer) => (told += part.toString()));
  while (!existsSync(checkpoint) && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill(signal);
  await once(child, "close");
  return told;
}

for (const kill of atLength ? (["SIGINT", "SIGKILL"] as const) : (["SIGINT"] as const)) {
  test(`train ended by ${kill} goes on and ends in the same weights, bit for bit`, async (t) => {
    await inFolder(async (folder) => {
      const embeddings = await writeEmbeddings(folder);
      const call = (out: string): string[] => {
        const sizes = [
          "--k",
          "3",
          "--n",
          "64",
          "--batch",
          "32",
          "--steps",
          String(STEPS),
          "--lr",
          "1e-3",
        ];
        const rate = ["--warmup", "100", "--decay", "cosine"];
        const more = [
          "--normalise",
          "z-score",
          "--multik-coef",
          "0.125",
          "--out",
          join(folder, out),
        ];
        return ["train", "--embeddings", embeddings, ...sizes, ...rate, ...more];
      };
      const state = join(folder, "broken.training.safetensors");
      const told = await stopAt(state, call("broken.safetensors"), kill);
      t.true(existsSync(state));
      t.false(existsSync(join(folder, "broken.safetensors")));
      if (kill === "SIGINT")
        t.regex(told, /run the same command to continue from .*broken\.training/);
      const again = await run([...call("broken.safetensors"), "--json"]);
      t.is((JSON.parse(again) as { steps: number }).steps, STEPS);
      await run(call("whole.safetensors"));
      t.deepEqual(
        await readFile(join(folder, "broken.safetensors")),
        await readFile(join(folder, "whole.safetensors")),
      );
      t.false(existsSync(state));
    });
  });
}

(atLength ? test : test.skip)(
  "a grid stopped within a run goes on from that run's checkpoint and ends in the same SAEs",
  async (t) => {
    await inFolder(async (folder) => {
      const embeddings = await writeEmbeddings(folder);
      const call = (out: string): string[] => {
        const sizes = ["--grid", "k=3:n=32,64", "--batch", "32", "--steps", "1000"];
        return ["train", "--embeddings", embeddings, ...sizes, "--out", join(folder, out)];
      };
      const state = join(folder, "broken/runs/3_32_6.safetensors");
      const told = await stopAt(state, call("broken"), "SIGINT");
      t.regex(
        told,
        /stopped with 0 of 2 SAEs trained; run the same command to continue from .*broken/,
      );
      for (const out of ["broken", "whole"]) await run(call(out));
      for (const name of ["sae_3_32_6.safetensors", "sae_3_64_6.safetensors"]) {
        const [broken, whole] = ["broken", "whole"].map((out) => readFile(join(folder, out, name)));
        t.deepEqual(await broken, await whole);
      }
    });
  },
);

test("train --grid writes SAEs and a table, and scaling fits it", async (t) => {
  await inFolder(async (folder) => {
    const embeddings = await writeEmbeddings(folder);
    const out = join(folder, "grid");
    const args = ["train", "--embeddings", embeddings, "--epochs", "3", "--lr", "1e-2"];
    await run([...args, "--grid", "k=2,4 n=8,16,24,32", "--out", out]);
    t.true((await readdir(out)).includes("sae_4_32_8.safetensors"));
    const stdout = await run(["scaling", join(out, "table.csv"), "--json"]);
    const fits = JSON.parse(stdout) as { size: { k: number }[]; compute: { k: number }[] };
    t.deepEqual(
      [fits.size, fits.compute].map((list) => list.map(({ k }) => k)),
      [
        [2, 4],
        [2, 4],
      ],
    );
    const drawn = ["--out", join(folder, "figures"), "--formats", "html", "--no-title", "--width"];
    await run(["scaling", join(out, "table.csv"), ...drawn, "85mm"]);
    const page = await readFile(join(folder, "figures/scaling-law.html"), "utf8");
    t.regex(page, /"width":321/);
  });
});

test("--grid takes k and n, each once", (t) => {
  t.deepEqual(parseGrid("n=8,16  k=2"), { n: [8, 16], k: [2] });
  t.deepEqual(parseGrid("k=2:n=8:auxk=4"), { k: [2], n: [8], auxk: [4] });
  for (const text of ["", "k=2", "k=2 n=", "k=2 n=8 n=9", "k=2;n=8", "k=-2 n=8", "d=3 k=2 n=8"]) {
    t.throws(() => parseGrid(text), { name: "UsageError", message: /--grid/ }, text);
  }
});

test("a training that ends worse than the mean row is no success, and says what helps", async (t) => {
  await inFolder(async (folder) => {
    const { rows, cols, data } = sparseEmbeddings(400, 16);
    const embeddings = join(folder, "tiny.npy");
    const tiny = data.map((value) => value * 1e-5);
    await writeNpy(embeddings, { shape: [rows, cols], dtype: "f4", data: tiny });
    const out = join(folder, "sae.safetensors");
    const size = ["--k", "3", "--n", "32", "--epochs", "10", "--batch", "64", "--lr", "3e-3"];
    const train = ["train", "--embeddings", embeddings, "--out", out, ...size];
    const failed = await runCli(train);
    t.is(failed.code, 1);
    t.regex(failed.stdout, /failed: the SAE reconstructs worse than the mean row .*z-score/);
    t.true(existsSync(out), "the work of hours is not thrown away");
    await run([...train, "--normalise", "z-score"]);

    const corpus = join(folder, "corpus.jsonl");
    const lines = Array.from({ length: rows }, (_, id) =>
      JSON.stringify({ id, text: `row ${id}` }),
    );
    await writeFile(corpus, lines.join("\n"));
    const build = [
      "build",
      "--corpus",
      corpus,
      "--embeddings",
      embeddings,
      "--no-figures",
      ...size,
    ];
    const atlas = [...build, "--out", join(folder, "atlas")];
    await t.throwsAsync(run(atlas), {
      message: /train: the SAE reconstructs worse than the mean row .*z-score/,
    });
    const stdout = await run([...atlas, "--normalise", "z-score"]);
    t.regex(stdout, /normalised MSE +0\.[0-5]/);
  });
});
