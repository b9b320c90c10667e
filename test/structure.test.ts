import test from "ava";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { VERSION } from "../src/version.js";

// docs/design.md, "Imports": a module may import from its own layer's folder and from the layers named here.
const SHARED = ["errors", "random", "progress", "matrix", "codes"];
const ALLOWED: Record<string, string[]> = {
  errors: [],
  random: [],
  progress: [],
  matrix: ["errors", "random", "progress"],
  codes: ["errors", "random", "progress", "matrix"],
  data: SHARED,
  engine: SHARED,
  sae: [...SHARED, "data", "engine"],
  families: [...SHARED, "engine", "sae"],
  projection: [...SHARED, "engine", "sae", "families"],
  search: [...SHARED, "data", "engine", "sae", "families", "llm"],
  llm: ["errors", "random", "progress", "matrix"],
  labels: [...SHARED, "data", "engine", "sae", "families", "projection", "search", "llm"],
  figures: [...SHARED, "data", "sae", "families", "projection", "search", "labels"],
  notebook: [...SHARED, "data", "sae", "families", "search", "labels", "figures"],
};
const TOP = ["pipeline", "cli", "index", "version"];

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
        t.false(from === "pipeline" && to === "cli", `${file} imports ${specifier}`);
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
