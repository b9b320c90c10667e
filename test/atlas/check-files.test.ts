import test from "ava";
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { openAtlas } from "../../src/atlas/index.js";
import { FormatError } from "../../src/core/index.js";
import { writeNpy } from "../../src/files/index.js";
import { makeSmallAtlas } from "../support/atlases/small-atlas.js";
import { runCli } from "../support/cli/run-cli.js";
import { inFolder } from "../support/folder.js";

test("reading commands name files that are not those of the manifest, and an export refuses damaged ones", async (t) => {
  await inFolder(async (folder) => {
    const whole = await makeSmallAtlas(path.join(folder), 200);
    const query = ["search", "--vector", path.join(folder, "embeddings.npy"), "--atlas"];
    const out = path.join(folder, "out.html");
    const damaged = async (
      name: string,
      change: (file: string) => Promise<void>,
    ): Promise<string> => {
      const dir = path.join(folder, `with-${name}`);
      await cp(whole, dir, { recursive: true });
      await change(path.join(dir, name));
      return dir;
    };
    const edit = (from: RegExp, to: string) => async (file: string) =>
      writeFile(file, (await readFile(file, "utf8")).replace(from, to));
    const cut = async (file: string): Promise<void> => {
      const bytes = await readFile(file);
      await writeFile(file, bytes.subarray(0, bytes.length / 2));
    };

    const untouched = await runCli([...query, whole]);
    t.deepEqual([untouched.code, /warning/.test(untouched.stderr)], [0, false], untouched.stderr);

    const edited = await damaged("catalog.jsonl", edit(/"label":"[^"]*"/, '"label":"mine"'));
    for (const args of [
      ["catalog", "mine", "--atlas", edited],
      [...query, edited, "--json"],
    ]) {
      const { code, stderr } = await runCli(args);
      t.is(code, 0, stderr);
      t.regex(stderr, /^warning: .*catalog\.jsonl: not the file that manifest\.json names/m);
    }
    t.regex((await runCli(["catalog", "mine", "--atlas", edited])).stdout, /mine/);

    const halved = await damaged("families.json", cut);
    for (const target of ["page", "csv", "gexf", "delphi"]) {
      const { code, stderr } = await runCli(["export", target, "--out", out, "--atlas", halved]);
      t.is(code, 1, target);
      t.regex(stderr, /^feature-families: .*families\.json: /m, target);
    }

    const floats = await damaged("topk_indices_4_32.npy", (file) =>
      writeNpy(file, { shape: [200, 4], data: new Float32Array(800).fill(0.5), dtype: "f4" }),
    );
    // Also by a command that does not read the codes.
    for (const args of [
      [...query, floats],
      ["export", "delphi", "--out", out, "--atlas", floats],
    ]) {
      const { code, stderr } = await runCli(args);
      t.is(code, 1);
      t.regex(stderr, /topk_indices_4_32\.npy: not the file that manifest\.json names/);
      t.regex(stderr, /topk_indices_4_32\.npy: expected an integer dtype for indices/);
    }
    const untold = await runCli(["catalog", "diff", whole, edited]);
    t.regex(untold.stderr, /^warning: .*catalog\.jsonl: not the file that manifest\.json names/m);
    const matched = await runCli(["match", "--small", whole, "--large", halved]);
    t.is(matched.code, 1);
    t.regex(matched.stderr, /families\.json: /);
  });
});

test("a manifest's path leads to no file but the one that the atlas was made from", async (t) => {
  await inFolder(async (folder) => {
    const dir = await makeSmallAtlas(folder, 200);
    const secret = path.join(folder, "secret.jsonl");
    const corpus = await readFile(path.join(folder, "corpus.jsonl"), "utf8");
    await writeFile(secret, corpus.replaceAll(/"text": ?"/g, "$&secret "));
    const file = path.join(dir, "manifest.json");
    const manifest = await readFile(file, "utf8");
    await writeFile(file, manifest.replace("../corpus.jsonl", "../secret.jsonl"));
    const atlas = await openAtlas(dir);
    const error = await t.throwsAsync(atlas.documents(), { instanceOf: FormatError });
    t.regex(error.message, /secret\.jsonl: has changed since .* was built: build the atlas again$/);
    // The very file under another name is as good.
    await writeFile(secret, corpus);
    t.is((await atlas.documents()).length, 200);
    await atlas.close();
  });
});
