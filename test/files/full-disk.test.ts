import test from "ava";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, readdir, stat, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { writeFileAtomic, writeJson, writeNpy } from "../../src/files/index.js";
import { answerPlanted } from "../support/atlases/planted.js";
import { makeSmallAtlas } from "../support/atlases/small-atlas.js";
import { atLength } from "../support/campaign.js";
import { runCli } from "../support/cli/run-cli.js";
import { inFolder } from "../support/folder.js";
import { type HubServer, startHub } from "../support/servers/hub-server.js";
import { type LlmServer, startLlmServer } from "../support/servers/llm-server.js";

const MiB = 1 << 20;
/** What does not fit is known before, or the file that did not is named. */
const NO_ROOM =
  /disk\/.*: (no space left on the device|the file system is read-only)$|MB on disk, but only .* are free: write to a disk|more bytes, but the disk has only \d+ free/m;

/** Runs `work` in a folder that is a file system of its own, or says why that cannot be. */
async function onSmallDisk(
  t: { log(text: string): void; pass(): void },
  parent: string,
  mebibytes: number,
  work: (disk: string, remount: (options: string) => void) => Promise<void>,
): Promise<void> {
  const disk = path.join(parent, "disk");
  await mkdir(disk, { recursive: true });
  const mount = (options: string): boolean =>
    spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk]).status === 0;
  if (!mount(`size=${mebibytes}m`)) {
    t.log("skipped: mounting a file system needs root on Linux");
    return t.pass();
  }
  try {
    await work(disk, (options) => void mount(`remount,${options}`));
  } finally {
    spawnSync("umount", ["-l", disk]);
  }
}

test("a full disk is an error that names the file, and no temporary file stays", async (t) => {
  await inFolder(async (folder) => {
    await onSmallDisk(t, folder, 1, async (disk) => {
      const file = path.join(disk, "a.npy");
      await writeFile(path.join(disk, "before.txt"), "mine");
      const full = { message: `${file}: no space left on the device`, code: "ENOSPC" };
      await t.throwsAsync(writeFileAtomic(file, new Uint8Array(2 * MiB)), full);
      const data = new Float32Array(MiB);
      await t.throwsAsync(writeNpy(file, { shape: [MiB], data, dtype: "f4" }), full);
      t.deepEqual(await readdir(disk), ["before.txt"]);
      t.is(await readFile(path.join(disk, "before.txt"), "utf8"), "mine");
    });
  });
});

test("a read-only file system is named as such, also where a folder would have to be made", async (t) => {
  await inFolder(async (folder) => {
    await onSmallDisk(t, folder, 1, async (disk, remount) => {
      remount("ro");
      for (const place of ["a.txt", "new/folder/a.txt"]) {
        await t.throwsAsync(writeFileAtomic(path.join(disk, place), "text"), {
          message: /disk\/.*: the file system is read-only$/,
          code: "EROFS",
        });
      }
      const call = ["train", "--embeddings", "data/wordnet/embeddings.npy", "--k", "2", "--n", "4"];
      const { code, stderr } = await runCli([
        ...call,
        "--out",
        path.join(disk, "x/sae.safetensors"),
      ]);
      t.is(code, 1);
      t.regex(stderr, /disk\/x.*: the file system is read-only$/m);
    });
  });
});

/** Servers that calls ask. */
interface Asked {
  llm: LlmServer;
  hub: HubServer;
}

/** Calls of every command that writes, with the folder of an atlas and one to write to. */
function writingCalls(atlas: string, disk: string, { llm, hub }: Asked): string[][] {
  const [sae, embeddings] = [
    path.join(atlas, "sae.safetensors"),
    path.join(atlas, "../embeddings.npy"),
  ];
  const corpus = path.join(atlas, "../corpus.jsonl");
  const out = (name: string): string => path.join(disk, "x", name);
  const targets = ["page", "site", "csv", "parquet", "jsonl", "gexf", "graphml", "delphi"];
  return [
    [
      "train",
      "--embeddings",
      embeddings,
      "--k",
      "2",
      "--n",
      "8",
      "--epochs",
      "1",
      "--out",
      out("s.pt"),
    ],
    [
      "train",
      "--embeddings",
      embeddings,
      "--grid",
      "k=2:n=8",
      "--epochs",
      "1",
      "--out",
      out("grid"),
    ],
    ["convert", sae, out("s.pth")],
    ["families", "--codes", atlas, "--out", out("f.json")],
    ["map", "--codes", atlas, "--out", out("m.npy")],
    ["match", "--small", sae, "--large", sae, "--out", out("m.json")],
    ["embed", "--corpus", corpus, "--limit", "5", "--out", out("embedded")],
    ["encode", "--sae", sae, "--embeddings", embeddings, "--out", out("codes")],
    [
      "build",
      "--corpus",
      corpus,
      "--embeddings",
      embeddings,
      "--k",
      "4",
      "--n",
      "32",
      "--no-figures",
    ].concat("--out", out("b")),
    ["catalog", "export", "--atlas", atlas, "--out", out("c.parquet")],
    ["figures", "family-sizes", "--formats", "html", "--atlas", atlas, "--out", out("figures")],
    ...[...targets, "neuronpedia", "embedding-atlas"].map((target) => [
      "export",
      target,
      "--atlas",
      atlas,
      "--out",
      out(target),
    ]),
    ["demo", "--out", out("demo"), "--figures", out("figures")],
    ["scaling", path.join(atlas, "../table.json"), "--out", out("laws")],
    ["pull", "me/data", "--endpoint", hub.endpoint, "--cache", out("cache")],
    ["score", "--atlas", atlas, "--out", out("scores.jsonl")],
    ...(existsSync("dist/index.js") ? [["notebooks", path.join(disk, "a.ipynb")]] : []),
    // Those that write into the atlas.
    ["score", "--save", "--atlas", path.join(disk, "atlas")],
    [
      ...["label", "--model", "gpt-4o", "--model-url", llm.baseUrl, "--protocol", "default"],
      ...["--limit", "3", "--yes", "--force", "--atlas", path.join(disk, "atlas")],
    ],
    ["catalog", "label", "0", "dogs", "--atlas", path.join(disk, "atlas")],
    ["stability", "--resamples", "2", "--seeds", "0", "--atlas", path.join(disk, "atlas")],
    ["steering", "--queries", "2", "--atlas", path.join(disk, "atlas")],
  ];
}

/** A program in Jupyter's place that runs nothing and says that a cell printed something. */
async function standInForJupyter(folder: string): Promise<void> {
  const script = `#!${process.execPath}
const fs = require("fs"); const args = process.argv.slice(2);
if (args.includes("--version")) process.exit(0);
const notebook = JSON.parse(fs.readFileSync(args.at(-1), "utf8"));
notebook.cells[0].outputs = [{ output_type: "stream", name: "stdout", text: ["x".repeat(1e5)] }];
fs.writeFileSync(args[args.indexOf("--output") + 1], JSON.stringify(notebook));
`;
  await writeFile(path.join(folder, "jupyter"), script, { mode: 0o755 });
  process.env.PATH = `${folder}${path.delimiter}${process.env.PATH ?? ""}`;
}

const NOTEBOOK = {
  ...{ nbformat: 4, nbformat_minor: 5, metadata: {} },
  cells: [
    { cell_type: "code", source: "1", metadata: {}, execution_count: null, outputs: [], id: "a" },
  ],
};

(atLength ? test : test.skip)(
  "every command that writes names the file on a full or read-only disk, and leaves no temporary one",
  async (t) => {
    process.env.OPENAI_API_KEY = "sk-test";
    const llm = await startLlmServer({ answer: answerPlanted });
    const file = { path: "a.bin", bytes: Buffer.alloc(MiB), large: true };
    const hub = await startHub({ "me/data": [file] });
    t.teardown(() => Promise.all([llm.close(), hub.close()]));
    await inFolder(async (folder) => {
      const atlas = await makeSmallAtlas(folder, 200);
      await standInForJupyter(folder);
      const rows = [8, 16, 32, 64].map((n) => ({ k: 2, n, flops: 100 * n, normalized_mse: 1 / n }));
      await writeJson(path.join(folder, "table.json"), rows);
      await writeJson(path.join(folder, "a.ipynb"), NOTEBOOK);
      for (const call of writingCalls(atlas, path.join(folder, "disk"), { llm, hub })) {
        for (const options of ["full", "nearly full", "ro"]) {
          await onSmallDisk(t, folder, 2, async (disk, remount) => {
            for (const name of ["atlas", "corpus.jsonl", "embeddings.npy", "a.ipynb"]) {
              await cp(path.join(folder, name), path.join(disk, name), { recursive: true });
            }
            const before = await readdir(disk, { recursive: true });
            if (options === "ro") remount("ro");
            else {
              const filler = path.join(disk, "filler");
              await writeFile(filler, new Uint8Array(2 * MiB)).catch(() => 0);
              const { size } = await stat(filler);
              // Room for the first small files, and not for all.
              if (options === "nearly full") await truncate(filler, size - 24 * 1024);
            }
            const { code, stderr } = await runCli(call);
            const context = `${options}: ${call.join(" ")}: ${stderr}`;
            if (options === "nearly full" && code === 0) return;
            t.not(code, 0, context);
            t.regex(stderr, NO_ROOM, context);
            const left = (await readdir(disk, { recursive: true, withFileTypes: true }))
              .filter((entry) => entry.isFile())
              .map((entry) => path.relative(disk, path.join(entry.parentPath, entry.name)))
              .filter((name) => !before.includes(name) && name !== "filler");
            t.deepEqual(
              left.filter((name) => /\.tmp-|index\.html|config\.json/.test(name)),
              [],
              context,
            );
          });
        }
      }
    });
  },
);

test("encode and build on a full disk name the file, and continue once there is room", async (t) => {
  await inFolder(async (folder) => {
    const atlas = await makeSmallAtlas(folder, 200);
    await onSmallDisk(t, folder, 1, async (disk, remount) => {
      const out = path.join(disk, "codes");
      const embeddings = path.join(folder, "embeddings.npy");
      const sae = path.join(atlas, "sae.safetensors");
      const encode = ["encode", "--embeddings", embeddings, "--sae", sae, "--k", "4", "--out", out];
      // Room for the first of its two files, and not for the second.
      await writeFile(path.join(disk, "filler"), new Uint8Array(MiB - 4 * 1024));
      const { code, stderr } = await runCli(encode);
      t.not(code, 0, stderr);
      t.regex(stderr, NO_ROOM);
      t.deepEqual(await readdir(out).catch(() => []), []);
      const build = ["build", "--corpus", path.join(folder, "corpus.jsonl"), "--embeddings"];
      build.push(embeddings, "--k", "4", "--n", "32", "--epochs", "4", "--no-figures");
      build.push("--out", path.join(disk, "atlas"));
      const stopped = await runCli(build);
      t.not(stopped.code, 0);
      t.regex(stopped.stderr, NO_ROOM);
      const left = await readdir(path.join(disk, "atlas")).catch(() => []);
      t.deepEqual(
        left.filter((name) => /tmp|lock/.test(name)),
        [],
      );
      remount("size=40m");
      t.is((await runCli(encode)).code, 0);
      t.is((await runCli(build)).code, 0);
    });
  });
});
