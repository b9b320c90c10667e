import test from "ava";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { atLength } from "../support/campaign.js";
import { inFolder } from "../support/folder.js";
import { runProcess } from "../support/cli/run-cli.js";

async function runIn(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await runProcess(args, { cwd, env });
  return { code, stderr: stderr.trim() };
}

async function addAtlas(folder: string, name: string, steps: object): Promise<void> {
  const dir = path.join(folder, "families", name);
  await mkdir(dir, { recursive: true });
  const manifest = { format: 1, tool: "test", node: "v20.0.0", inputs: {}, steps };
  await writeFile(path.join(dir, "manifest.json"), JSON.stringify(manifest));
}

const FINISHED = { catalog: { key: "", options: {}, outputs: {}, seconds: 0, finished: "" } };

test("without an atlas a command names those that build one", async (t) => {
  await inFolder(async (folder) => {
    await addAtlas(folder, "unfinished", {});
    const { code, stderr } = await runIn(folder, ["catalog", "dog"]);
    t.is(code, 2);
    t.regex(stderr, /^feature-families: catalog: no atlas in families\/: build one with .*demo/);
    t.regex(stderr, /feature-families build/);
  });
});

test("the only finished atlas is the default, and of several none is", async (t) => {
  await inFolder(async (folder) => {
    await addAtlas(folder, "papers", FINISHED);
    await addAtlas(folder, "unfinished", {});
    const one = await runIn(folder, ["catalog", "dog"]);
    t.is(one.code, 1);
    t.regex(one.stderr, /^feature-families: families\/papers: /);
    await addAtlas(folder, "nouns", FINISHED);
    const two = await runIn(folder, ["catalog", "dog"]);
    t.is(two.code, 2);
    t.is(
      two.stderr,
      "feature-families: catalog: pass --atlas DIR, one of families/nouns, families/papers",
    );
  });
});

const costly: [string[], Record<string, string>?][] = [
  [["label", "--model", "m", "--dry-run"]],
  [["steering", "--judge", "m"]],
  [["steering", "--rewrite", "--dry-run"]],
  [["score", "--embedder", "m"]],
  [["search", "dog", "--embedder", "m"]],
  [["search", "dog"], { FEATURE_FAMILIES_EMBEDDER_MODEL: "m" }],
];
for (const [args, env] of atLength ? costly : [costly[0], costly[costly.length - 1]]) {
  test(`${args.join(" ")}${env ? " by the environment" : ""} has no default atlas`, async (t) => {
    await inFolder(async (folder) => {
      await addAtlas(folder, "papers", FINISHED);
      const { code, stderr } = await runIn(folder, args, env);
      t.is(code, 2);
      t.regex(stderr, /--atlas/);
      t.regex(stderr, /required|not specified/);
    });
  });
}
