import test from "ava";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { VERSION } from "../src/core/index.js";

// docs/design.md, "Imports": a folder may import from those named here; above them all are atlas, notebook and cli.
const ALLOWED: Record<string, string[]> = {
  core: [],
  files: ["core"],
  net: ["core"],
  engine: ["core"],
  corpus: ["core", "files", "net", "engine"],
  sae: ["core", "files", "engine"],
  records: ["core", "files"],
  families: ["core", "files", "records"],
  taxonomy: ["core"],
  words: ["core"],
  compare: ["core", "records", "engine", "families"],
  projection: ["core", "engine", "families"],
  llm: ["core", "net"],
  labels: ["core", "files", "net", "records", "corpus", "words", "llm"],
  catalog: ["core", "files", "records", "engine", "families", "taxonomy", "projection", "labels"],
  exports: ["core", "files", "catalog"],
  explorer: ["core", "files", "records", "catalog", "labels", "search"],
  search: ["core", "files", "records", "corpus", "engine", "sae", "llm"],
  figures: ["core", "files", "records", "sae", "labels", "catalog", "search"],
  tasks: ["core", "files", "corpus", "records", "labels", "sae", "engine", "families"],
  notebook: ["core", "files", "figures"],
};
const TOP = ["atlas", "cli", "index"];

const MOST_FILES = 25;

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.name === "node_modules") return [];
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

test("what bundlers take for a browser imports nothing of Node's", (t) => {
  const entries = ["files/browser.ts", "families/index.ts", "figures/browser.ts"];
  const reached = new Set(entries.map((entry) => path.join("src", entry)));
  for (const file of reached) {
    const text = readFileSync(file, "utf8").replace(/import type [^;]*;/g, "");
    for (const [, specifier] of text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
      if (specifier.startsWith(".")) {
        reached.add(path.join(path.dirname(file), specifier.replace(/\.js$/, ".ts")));
      } else t.is(specifier, "zod", file);
    }
    t.notRegex(text, /\bBuffer\b/, file);
  }
  t.true(reached.size > 50);
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

test("the command line prints through print.ts and the progress display alone", (t) => {
  const printers = /cli.(print|progress-display)\.ts$/;
  for (const file of files.filter((name) => /^src.cli./.test(name) && !printers.test(name))) {
    t.notRegex(readFileSync(file, "utf8"), /console\.|\b(stdout|stderr|output)\.write\(/, file);
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

test("no folder of src or test has more than 25 files", (t) => {
  const folders = ["src", "test"].flatMap((root) => [
    root,
    ...readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(entry.parentPath, entry.name)),
  ]);
  const data = /^test.(fixtures|viewers|consumers|figures.specs)\b/;
  const large = folders.filter((folder) => {
    const entries = readdirSync(folder, { withFileTypes: true });
    return !data.test(folder) && entries.filter((entry) => entry.isFile()).length > MOST_FILES;
  });
  t.deepEqual(large.map(withSlashes), []);
});

test("no module of src imports itself by way of others, types included", (t) => {
  const imports = new Map(
    files.map((file) => {
      const own = importsOf(file).filter((specifier) => specifier.startsWith("."));
      const folder = path.dirname(file);
      return [file, own.map((name) => path.join(folder, name.replace(/\.js$/, ".ts")))];
    }),
  );
  const circles = findCircles(imports).map((circle) => circle.map(withSlashes).sort().join(" "));
  t.deepEqual(circles, []);
});

test("tests and benchmarks import the index of a folder, not its modules", (t) => {
  for (const file of ["test", "bench"].flatMap(sourceFiles)) {
    const specifiers = [...readFileSync(file, "utf8").matchAll(/from\s*"(\.[^"]+)"/g)];
    for (const [, specifier] of specifiers) {
      const [source, room] = path.join(path.dirname(file), specifier).split(path.sep);
      if (source !== "src" || room === "index.js") continue;
      t.is(path.basename(specifier), "index.js", `${file} imports ${specifier}`);
    }
  }
});

function withSlashes(file: string): string {
  return file.split(path.sep).join("/");
}

/** Sets of modules that reach each other, by Tarjan's walk: https://doi.org/10.1137/0201010. */
function findCircles(imports: ReadonlyMap<string, string[]>): string[][] {
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  const visit = (file: string): number => {
    let low = order.size;
    const place = low;
    order.set(file, place);
    open.push(file);
    for (const next of imports.get(file) ?? []) {
      if (next === file) circles.push([file]);
      else if (!order.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, order.get(next) ?? low);
    }
    if (low === place) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1) circles.push(circle);
    }
    return low;
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return circles;
}

test("the root exports at most 60 names, values and types together", (t) => {
  const text = readFileSync("src/index.ts", "utf8");
  const names = [...text.matchAll(/\{([^}]*)\}/g)].flatMap(([, list]) =>
    list.split(",").filter((name) => name.trim() !== ""),
  );
  t.true(names.length > 40 && names.length <= 60, `${names.length} names`);
});
