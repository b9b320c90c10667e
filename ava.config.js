import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { setFlagsFromString } from "node:v8";

// What `npm run test:all` alone runs: whole programs, kills, second browsers, and what cheaper tests show piece by piece.
const LONG =
  /^(bench\/main|explorer\/(compare|firefox|interactions|notebook|search)|figures\/(legibility|render\/hostile)|labels\/hostile-run|tasks\/schedulers)\.test\.js$/;
const isAll = process.env.FEATURE_FAMILIES_TESTS === "all";

// By the sources, as build/ keeps what was compiled of a test that is gone.
const sources = readdirSync("test", { recursive: true, encoding: "utf8" });
const tests = sources
  .filter((name) => /^(?!.*node_modules).*\.test\.ts$/.test(name))
  .map((name) => name.replaceAll("\\", "/").replace(/ts$/, "js"))
  .filter((name) => isAll || !LONG.test(name))
  .sort();

// AVA gives each file a thread of its own, which loads the package anew and compiles it from cold. Here files of a folder share
// threads, but for those with hooks, which would run for others' tests too, those that change their process, and those
// that wait for a browser or a process, which a long loop of another test would keep waiting.
const OWN_THREAD =
  /\btest\.(before|after)|process\.(on|once)\(|globalThis as|process\.env(\.\w+)? = |assign\(process\.env|[bB]rowser|spawn|runProcess|execFile|-child/;
const MOST_TOGETHER = 10;

const files = [];
const folders = new Map();
for (const name of tests) {
  const [folder, ...inside] = name.split("/");
  const text = readFileSync(`test/${name.replace(/js$/, "ts")}`, "utf8");
  if (inside.length === 0 || OWN_THREAD.test(text)) files.push(name);
  else {
    folders.set(folder, [...(folders.get(folder) ?? []), name]);
  }
}
for (const [folder, names] of folders) {
  const groups = Math.ceil(names.length / MOST_TOGETHER);
  for (let i = 0; i < groups; i++) {
    const group = `${folder}/together-${i + 1}.test.js`;
    const imports = names
      .filter((_, j) => j % groups === i)
      .map((name) => `import "../${name}";\n`);
    mkdirSync(`build/test/${folder}`, { recursive: true });
    writeFileSync(`build/test/${group}`, imports.join(""));
    files.push(group);
  }
}

// The longest first, so that all threads end at about the same time.
const LONGEST =
  /^build\/test\/(atlas\/|cli\/label|docs|examples|labels\/hostile-run|sae\/together|files\/(mutation-files|together-1)|cli\/(search|train)|explorer\/)/;
const isLong = (file) => LONGEST.test(path.relative("", file).replaceAll("\\", "/"));

// Tests open the explorer's page, which is compiled here where it is missing or older than its sources.
const compiled = statSync("dist/explorer/index.html", { throwIfNoEntry: false })?.mtimeMs ?? 0;
const pageSources = ["explorer", "src"].flatMap((folder) => [
  folder,
  ...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) =>
    path.join(folder, name),
  ),
]);
if (pageSources.some((name) => statSync(name).mtimeMs > compiled)) {
  const { build } = await import("vite");
  await build({ configFile: "explorer/vite.config.ts" });
}

// Atlases that several tests start from, see test/support/atlases/made-once.ts.
const atlases = mkdtempSync(path.join(tmpdir(), "feature-families-atlases-"));
process.on("exit", () => rmSync(atlases, { recursive: true, force: true }));

// Each test file's thread compiles the same code anew. V8's default of 67,584 bytes of bytecode run before it optimises a
// function spends more on optimising than most of these short threads win back.
setFlagsFromString("--interrupt-budget=500000");

// A time limit here is for a test that hangs: no test may depend on how fast the machine is.
export default {
  files: files.map((name) => `build/test/${name}`),
  environmentVariables: { FEATURE_FAMILIES_TEST_ATLASES: atlases },
  nodeArguments: ["--enable-source-maps"],
  timeout: "20m",
  // One more than there are cores, as threads wait for browsers and processes now and then.
  concurrency: availableParallelism() + 1,
  sortTestFiles: (a, b) => Number(isLong(b)) - Number(isLong(a)) || a.localeCompare(b),
};
