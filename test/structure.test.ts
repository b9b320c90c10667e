import test from "ava";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { VERSION } from "../src/core/index.js";

// docs/design.md, "Imports": a folder may import from those named here; above them all are atlas, notebook and cli.
const ALLOWED: Record<string, string[]> = {
  core: [],
  files: ["core"],
  corpus: ["core", "files"],
  engine: ["core"],
  sae: ["core", "files", "engine"],
  records: ["core", "files"],
  families: ["core", "files", "records"],
  taxonomy: ["core"],
  words: ["core"],
  compare: ["core", "engine", "families"],
  projection: ["core", "engine", "families"],
  llm: ["core"],
  labels: ["core", "files", "records", "corpus", "words", "llm"],
  catalog: ["core", "files", "records", "engine", "families", "taxonomy", "projection", "labels"],
  exports: ["core", "files", "catalog"],
  search: ["core", "files", "corpus", "engine", "sae", "llm"],
  figures: ["core", "records", "sae", "labels", "catalog", "search"],
  notebook: ["core", "files", "figures"],
};
const TOP = ["atlas", "cli", "index"];

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(full);
    return entry.name.endsWith(".ts") ? [full] : [];
  });
}

function moduleOf(file: string): string {
  return path
    .relative("src", file)
    .split(path.sep)[0]
    .replace(/\.[jt]s$/, "");
}

const files = sourceFiles("src");
const importsOf = (file: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(
    (match) => match[1],
  );

test("imports point one way, from the commands down to the shared types", (t) => {
  for (const file of files) {
    const from = moduleOf(file);
    for (const specifier of importsOf(file).filter((name) => name.startsWith("."))) {
      const to = moduleOf(path.join(path.dirname(file), specifier));
      if (to === from) continue;
      if (TOP.includes(from)) {
        t.false(from === "atlas" && to === "cli", `${file} imports ${specifier}`);
        continue;
      }
      t.true(ALLOWED[from]?.includes(to) ?? false, `${file} imports ${specifier}`);
    }
  }
});

test("families and projection never read a file", (t) => {
  for (const file of files.filter((name) => /src.(families|projection)./.test(name))) {
    for (const specifier of importsOf(file)) t.notRegex(specifier, /^node:fs/, file);
  }
});

test("the library neither prints nor exits", (t) => {
  for (const file of files.filter((name) => !name.includes(`${path.sep}cli${path.sep}`))) {
    t.notRegex(
      readFileSync(file, "utf8"),
      /console\.(log|error|warn|info)\(|process\.exit\b/,
      file,
    );
  }
});

test("the version in the code is that of package.json", (t) => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  t.is(VERSION, version);
});

test("no source file but the list of exports is longer than 400 lines", (t) => {
  for (const file of files.filter((name) => path.relative("src", name) !== "index.ts")) {
    t.true(readFileSync(file, "utf8").split("\n").length <= 401, file);
  }
});

test("tests and benchmarks import the index of a folder, not its modules", (t) => {
  for (const file of ["test", "bench"].flatMap(sourceFiles)) {
    const specifiers = [...readFileSync(file, "utf8").matchAll(/from\s*"(\.[^"]+)"/g)];
    for (const [, specifier] of specifiers) {
      const [source, room] = path.join(path.dirname(file), specifier).split(path.sep);
      if (source !== "src" || !existsSync(`src/${room}/index.ts`)) continue;
      t.is(path.basename(specifier), "index.js", `${file} imports ${specifier}`);
    }
  }
});
