import test from "ava";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inFolder } from "../support/folder.js";

const exec = promisify(execFile);

/** Every module that a call loads, by its path in the repository; packages by their name alone. */
async function loadedBy(...args: string[]): Promise<string[]> {
  let loaded: string[] = [];
  await inFolder(async (folder) => {
    const trace = path.join(folder, "trace.txt");
    await exec(
      process.execPath,
      ["--import", "./build/test/support/trace-loads.js", "build/src/cli/main.js", ...args],
      { env: { ...process.env, TRACE_LOADS: trace } },
    );
    const urls = (await readFile(trace, "utf8")).trim().split("\n");
    const files = urls.filter((url) => url.startsWith("file:")).map((url) => fileURLToPath(url));
    loaded = files.map((file) => {
      const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
      return name ?? path.relative("build", file);
    });
  });
  return loaded;
}

/** What the option tables take their words from. */
const WORDS =
  /^src\/(engine\/engine-names|exports\/targets|search\/steering-methods|families\/edges\/edge-weights)\.js$/;

for (const args of [["--version"], ["--help"], ["label", "--help"], ["search", "--help"]]) {
  test(`${args.join(" ")} loads the command line and commander alone`, async (t) => {
    const loaded = await loadedBy(...args);
    t.true(loaded.includes("src/cli/main.js"));
    const heavy = loaded.filter(
      (file) =>
        !/^(commander|test\/support\/.*|src\/(cli|core)\/.*)$/.test(file) &&
        !WORDS.test(file) &&
        file !== "src/corpus/hub/released.js",
    );
    t.deepEqual(heavy, []);
    t.true(loaded.length < 70, `${loaded.length} modules`);
  });
}

test("a command that runs loads what it needs", async (t) => {
  const loaded = await loadedBy("inspect", "test/fixtures/saes/openai/topk.pt", "--json");
  t.true(loaded.includes("src/sae/checkpoint.js"));
  t.false(loaded.includes("onnxruntime-node"));
});
