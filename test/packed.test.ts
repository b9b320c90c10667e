import test, { type ExecutionContext } from "ava";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { readNpyMatrix } from "../src/files/index.js";
import { startBrowser } from "./support/browser.js";
import { atLength } from "./support/campaign.js";

interface Manifest {
  name: string;
  exports: Record<string, string | { types: string; browser?: string; default: string }>;
  /** The types of sub-paths for tslab, which does not read exports. */
  typesVersions?: { "*": Record<string, string[]> };
  bin: Record<string, string>;
  files: string[];
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}

const exec = promisify(execFile);
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const code = Object.entries(manifest.exports).flatMap(([key, target]) =>
  typeof target === "string" ? [] : [{ key, name: path.posix.join(manifest.name, key), target }],
);

test("every entry point of the package has types and code from one source file", (t) => {
  t.is(code[0].key, ".");
  for (const { key, target } of code) {
    const { browser, ...others } = target;
    t.deepEqual(Object.keys(others), ["types", "default"], key);
    t.is(target.types.replace(/\.d\.ts$/, ".js"), target.default, key);
    for (const built of [target.default, browser ?? target.default]) {
      const source = built.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts");
      t.true(existsSync(source), `${key}: ${source}`);
    }
  }
  const typed = code.slice(1).map(({ key, target }) => [key.slice(2), [target.types.slice(2)]]);
  t.deepEqual(manifest.typesVersions?.["*"] ?? {}, Object.fromEntries(typed));
});

// Packing compiles the package, which takes its time.
const atLengthOnly = atLength ? test.serial : test.serial.skip;

const TSX = path.resolve("test/consumers/node_modules/tsx/dist/cli.mjs");
const ESBUILD = path.resolve("test/consumers/node_modules/esbuild/bin/esbuild");
const TSLAB = path.resolve("notebooks/node_modules/tslab");

let consumer = "";
let tarball = "";

test.before("the package is packed and installed into an empty one", async () => {
  if (!atLength) return;
  const folder = await mkdtemp(path.join(tmpdir(), "feature-families-packed-"));
  consumer = path.join(folder, "consumer");
  const staged = path.join(folder, "staged");
  const listed = manifest.files.filter((file) => !/^!|^dist$/.test(file));
  for (const file of ["package.json", "README.md", "LICENSE", "dist/explorer", ...listed]) {
    await cp(file, path.join(staged, file), { recursive: true });
  }
  const tsc = path.resolve("node_modules/typescript/bin/tsc");
  const outDir = path.join(staged, "dist");
  await exec(process.execPath, [tsc, "-p", "tsconfig.json", "--outDir", outDir]);
  const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  const { stdout } = await exec("npm", pack, { cwd: staged });
  const modules = path.join(consumer, "node_modules");
  await mkdir(path.join(modules, manifest.name), { recursive: true });
  tarball = path.join(folder, stdout.trim());
  const into = path.join(modules, manifest.name);
  await exec("tar", ["-xzf", tarball, "-C", into, "--strip-components=1"]);
  // What npm would install beside it, without the network.
  const beside = { ...manifest.dependencies, ...manifest.optionalDependencies };
  for (const name of ["@types/node", ...Object.keys(beside)]) {
    const place = path.resolve("node_modules", name);
    if (!existsSync(place)) continue;
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
    await symlink(place, path.join(modules, name), "junction");
  }
});

test.after.always("the packed package is removed", async () => {
  if (consumer !== "") await rm(path.dirname(consumer), { recursive: true });
});

atLengthOnly("the tarball is under 5 MB and has the files that its pages link to", async (t) => {
  t.true((await stat(tarball)).size < 5e6);
  const root = path.join(consumer, "node_modules", manifest.name);
  const files = await readdir(root, { recursive: true });
  t.deepEqual(
    files.filter((file) => file.endsWith(".map")),
    [],
  );
  const pages = files.filter((file) => /^(README|(docs|examples).[^/\\]+)\.md$/.test(file));
  t.true(pages.length > 10);
  const missing: string[] = [];
  for (const page of pages) {
    const text = readFileSync(path.join(root, page), "utf8");
    for (const [, link] of text.matchAll(/\]\(([^)\s#]+)/g)) {
      if (/^https?:/.test(link) || existsSync(path.join(root, path.dirname(page), link))) continue;
      missing.push(`${page}: ${link}`);
    }
  }
  t.deepEqual(missing, []);
});

atLengthOnly("the packed demo embeds the sample itself and builds its atlas", async (t) => {
  const main = path.join(consumer, "node_modules", manifest.name, manifest.bin[manifest.name]);
  const demo = [main, "demo", "--no-figures", "--json"];
  const { stdout } = await exec(process.execPath, demo, { cwd: consumer });
  const built = JSON.parse(stdout) as { documents: number; families: number };
  t.is(built.documents, 13_087);
  t.true(built.families > 20, `${built.families} families`);
  const made = path.join(consumer, "families/wordnet/source/embeddings.npy");
  const [own, stored] = await Promise.all([made, "data/wordnet/embeddings.npy"].map(readNpyMatrix));
  let furthest = 0;
  for (let i = 0; i < own.data.length; i++) {
    furthest = Math.max(furthest, Math.abs(own.data[i] - stored.data[i]));
  }
  // Half a unit in the last place of the largest float16, plus the difference between sums on different CPUs.
  t.true(furthest < 2 ** -15 + 1e-6, String(furthest));
});

/** A program that imports every entry point and prints how many values each has. */
const imports = code.map(({ name }, i) => `import * as entry${i} from "${name}";`).join("\n");
const counts = `[${code.map((_, i) => `Object.keys(entry${i}).length`).join(", ")}]`;
const program = `${imports}\nconsole.log(JSON.stringify(${counts}));\n`;

async function checkCounts(t: ExecutionContext, file: string, args: string[]): Promise<void> {
  const { stdout, stderr } = await exec(file, args, { cwd: consumer });
  t.is(stderr, "");
  const found = JSON.parse(stdout) as number[];
  t.is(found.length, code.length);
  for (const [i, { name }] of code.entries()) t.true(found[i] > 0, `${name}: ${found[i]} values`);
  t.log(code.map(({ name }, i) => `${name}: ${found[i]}`).join(", "));
}

function skip(t: ExecutionContext, reason: string): void {
  t.log(`skipped: ${reason}`);
  t.pass();
}

for (const [module, moduleResolution] of [
  ["NodeNext", "NodeNext"],
  ["Preserve", "Bundler"],
]) {
  atLengthOnly(`the packed types hold under tsc --strict, ${moduleResolution}`, async (t) => {
    const folder = path.join(consumer, moduleResolution);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(path.join(folder, "program.ts"), program);
    const compilerOptions = {
      module,
      moduleResolution,
      strict: true,
      noEmit: true,
      target: "ES2022",
      types: ["node"],
      skipLibCheck: false,
    };
    const config = JSON.stringify({ compilerOptions, files: ["program.ts"] });
    await writeFile(path.join(folder, "tsconfig.json"), config);
    const tsc = path.resolve("node_modules/typescript/bin/tsc");
    const { stdout } = await exec(process.execPath, [tsc, "-p", folder]).catch((error: unknown) => {
      return error as { stdout: string };
    });
    t.is(stdout, "");
  });
}

atLengthOnly("the packed package is imported by plain Node", async (t) => {
  await writeFile(path.join(consumer, "program.mjs"), program);
  await checkCounts(t, process.execPath, ["program.mjs"]);
});

atLengthOnly(
  "the packed package is imported by tsx, from a module and from CommonJS",
  async (t) => {
    if (!existsSync(TSX)) return skip(t, "npm --prefix test/consumers ci was not run");
    // A package without a type, as the consumer is, has CommonJS in its .ts files.
    for (const file of ["program.mts", "program.ts"]) {
      await writeFile(path.join(consumer, file), program);
      await checkCounts(t, process.execPath, [TSX, file]);
    }
  },
);

for (const [version, node] of [
  ["this Node", process.execPath],
  ["Node 22", path.resolve("test/consumers/node_modules/node-22-linux-x64/bin/node")],
]) {
  atLengthOnly(`the packed package is required by CommonJS on ${version}`, async (t) => {
    if (!existsSync(node)) return skip(t, "npm --prefix test/consumers ci was not run");
    const requires = code.map(({ name }, i) => `const entry${i} = require("${name}");`);
    const text = `${requires.join("\n")}\nconsole.log(JSON.stringify(${counts}));\n`;
    await writeFile(path.join(consumer, "program.cjs"), text);
    await checkCounts(t, node, ["program.cjs"]);
  });
}

interface PageResult {
  text: string;
  families: number;
  refused: string;
}

atLengthOnly("Vite and esbuild bundle what runs in a browser, and it does there", async (t) => {
  if (!existsSync(ESBUILD)) return skip(t, "npm --prefix test/consumers ci was not run");
  const root = path.join(consumer, "page");
  await mkdir(root);
  const entry = path.join(root, "page.mjs");
  await cp("test/consumers/page.js", entry);
  await writeFile(path.join(root, "index.html"), '<script type="module" src="page.mjs"></script>');
  const print = `import "./page.mjs"; console.log(JSON.stringify(await globalThis.result));`;
  const args = ["--input-type=module", "--eval", print];
  const { stdout } = await exec(process.execPath, args, { cwd: root });
  const expected = JSON.parse(stdout) as PageResult;
  t.true(expected.families > 0);
  t.is(expected.refused, "FormatError");

  const byEsbuild = path.join(root, "esbuild.js");
  const { stderr } = await exec(ESBUILD, [entry, "--bundle", `--outfile=${byEsbuild}`]);
  t.notRegex(stderr, /warning|error/i);
  const warnings: string[] = [];
  const { build, createLogger } = await import("vite");
  const customLogger = createLogger("warn");
  const warn = (text: string): void => void warnings.push(text);
  customLogger.warn = warn;
  customLogger.warnOnce = warn;
  await build({ root, configFile: false, customLogger });
  t.deepEqual(warnings, []);
  const [byVite] = await readdir(path.join(root, "dist/assets"));

  const browser = await startBrowser();
  if (!browser) return skip(t, "no browser here");
  try {
    for (const bundle of [byEsbuild, path.join(root, "dist/assets", byVite)]) {
      const page = await browser.newPage();
      await page.addScriptTag({ path: bundle, type: "module" });
      await page.waitForFunction("globalThis.result");
      const found: PageResult = await page.evaluate("globalThis.result");
      t.deepEqual(found, { ...expected, refused: "TypeError" }, bundle);
    }
  } finally {
    await browser.close();
  }
});

atLengthOnly("the packed package is imported by a cell of tslab", async (t) => {
  if (!existsSync(TSLAB)) return skip(t, "npm --prefix notebooks ci was not run");
  const cell = path.resolve("build/test/support/tslab-cell.js");
  await checkCounts(t, process.execPath, [cell, TSLAB, program]);
});
