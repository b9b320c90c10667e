import test from "ava";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import ts from "typescript";
import { commands } from "../src/cli/commands.js";
import { parseCall } from "../src/cli/parse.js";
import * as root from "../src/index.js";
import * as atlas from "../src/atlas/index.js";
import * as catalog from "../src/catalog/index.js";
import * as compare from "../src/compare/index.js";
import * as core from "../src/core/index.js";
import * as corpus from "../src/corpus/index.js";
import * as engine from "../src/engine/index.js";
import * as exports from "../src/exports/index.js";
import * as families from "../src/families/index.js";
import * as figures from "../src/figures/index.js";
import * as files from "../src/files/index.js";
import * as labels from "../src/labels/index.js";
import * as llm from "../src/llm/index.js";
import * as notebook from "../src/notebook/index.js";
import * as projection from "../src/projection/index.js";
import * as records from "../src/records/index.js";
import * as sae from "../src/sae/index.js";
import * as search from "../src/search/index.js";
import * as taxonomy from "../src/taxonomy/index.js";
import * as words from "../src/words/index.js";
import { inFolder } from "./support/folder.js";
import { importBuilt } from "./support/package-imports.js";

/** All that the package or one of its sub-paths exports. */
const library = {
  ...atlas,
  ...catalog,
  ...compare,
  ...core,
  ...corpus,
  ...engine,
  ...exports,
  ...families,
  ...figures,
  ...files,
  ...labels,
  ...llm,
  ...notebook,
  ...projection,
  ...records,
  ...sae,
  ...search,
  ...taxonomy,
  ...words,
  ...root,
};

const api = readFileSync("docs/api.md", "utf8");

interface Example {
  /** Line on which its code starts. */
  line: number;
  isRun: boolean;
  code: string;
}

const examples = findExamples(api);

test("docs/api.md tells every exported value", (t) => {
  for (const name of Object.keys(root)) {
    t.true(new RegExp(`\`${name}(\\(|\`)`).test(api), `${name} is not in docs/api.md`);
  }
});

test("every function that docs/api.md calls is exported", (t) => {
  const called = [...api.matchAll(/`([A-Za-z]\w*)\(/g)].map((match) => match[1]);
  t.true(called.length > 100);
  // Methods of what a function gives, listed under that function.
  const methods = ["append", "finish", "abort", "nearest", "createEncoder", "dispose", "label"];
  methods.push("html", "svg", "png", "close", "extras");
  methods.push(...Object.getOwnPropertyNames(library.Atlas.prototype));
  for (const name of new Set(called)) {
    t.true(name in library || methods.includes(name), `${name} is not exported`);
  }
});

test("docs/api.md tells every edge weight and every column of the catalog", (t) => {
  for (const weight of library.EDGE_WEIGHTS) t.true(api.includes(`\n| \`${weight}\` |`), weight);
  const columns = api.slice(api.indexOf("### Catalog columns"), api.indexOf("## Command line"));
  for (const { name } of library.CATALOG_COLUMNS) t.true(columns.includes(`\`${name}\``), name);
});

test("every command has an example, and every example is a call that its command takes", (t) => {
  const files = ["docs/api.md", "README.md"];
  const calls = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/^npx feature-families ((?:.*\\\n)*.*)$/gm)].map(
      (match) => ({ file, words: wordsOf(match[1].replaceAll("\\\n", " ")) }),
    ),
  );
  const inApi = calls.filter(({ file }) => file === "docs/api.md").map(({ words }) => words[0]);
  for (const { name } of commands) t.true(inApi.includes(name), name);
  for (const { words } of calls) {
    t.notThrows(() => parseCall(words, commands, "1.0.0"), words.join(" "));
  }
});

test("relative links between the documents lead somewhere", (t) => {
  const documents = readdirSync("docs").filter((name) => name.endsWith(".md"));
  const files = ["README.md", "data/wordnet/README.md", ...documents.map((name) => `docs/${name}`)];
  for (const file of files.filter((name) => existsSync(name))) {
    const text = readFileSync(file, "utf8").replace(/^```.*?^```$/gms, "");
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [name, anchor] = link.split("#");
      const target = name === "" ? file : path.posix.join(path.posix.dirname(file), name);
      if (!existsSync(target)) {
        t.fail(`${file}: ${link} leads nowhere`);
      } else if (anchor !== undefined) {
        t.true(anchorsOf(target).has(anchor), `${file}: ${link} names no heading`);
      }
    }
  }
});

test("the examples of docs/api.md and the README type-check", (t) => {
  t.true(examples.length >= 10);
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...(readConfig("tsconfig.json").compilerOptions as object),
      rootDir: undefined,
      declaration: false,
      isolatedDeclarations: false,
      noEmit: true,
      paths: {
        "feature-families": ["./src/index.ts"],
        "feature-families/*": ["./src/*/index.ts"],
      },
    },
    process.cwd(),
  );
  const named = (file: string, list: Example[]): [string, string][] =>
    list.map(({ line, code }) => [path.resolve(`src/${file}-${line}.ts`), code]);
  const readme = findExamples(readFileSync("README.md", "utf8"));
  const sources = new Map([...named("api", examples), ...named("readme", readme)]);
  const base = ts.createCompilerHost(options);
  const codeOf = (name: string): string | undefined => sources.get(path.resolve(name));
  const host: ts.CompilerHost = {
    ...base,
    fileExists: (name) => codeOf(name) !== undefined || base.fileExists(name),
    readFile: (name) => codeOf(name) ?? base.readFile(name),
    getSourceFile: (name, version, ...rest) => {
      const code = codeOf(name);
      if (code !== undefined) return ts.createSourceFile(name, code, version);
      return base.getSourceFile(name, version, ...rest);
    },
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  for (const file of sources.keys()) {
    const source = program.getSourceFile(file);
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
    t.deepEqual(found, [], path.basename(file));
  }
});

test("the examples of docs/api.md marked to run print what they say", async (t) => {
  const run = examples.filter(({ isRun }) => isRun);
  t.true(run.length >= 8);
  await inFolder(async (folder) => {
    await symlink(path.resolve("data"), path.join(folder, "data"));
    for (const { line, code } of run) {
      // No example has types of its own, so each is JavaScript as it stands.
      const built = importBuilt(code);
      await writeFile(path.join(folder, `example-${line}.mjs`), built);
    }
    // In order, as the later ones read what the earlier ones wrote.
    const all = run.map(
      ({ line }) => `console.log("#${line}");\nawait import("./example-${line}.mjs");`,
    );
    await writeFile(path.join(folder, "all.mjs"), all.join("\n"));
    const { stdout, stderr } = await runNode(folder, "all.mjs");
    const expected = run.flatMap(({ line, code }) => [
      `#${line}`,
      ...[...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]),
    ]);
    t.deepEqual(stdout.trim().split("\n"), expected, stderr);
  });
});

/** The words of a call, as a shell splits them. */
function wordsOf(call: string): string[] {
  const words = call.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, (_all, a, b) => String(a ?? b)));
}

/** The blocks of a document that are marked ts or ts run. */
function findExamples(document: string): Example[] {
  return [...document.matchAll(/^```ts( run)?\n(.*?)^```$/gms)].map((match) => ({
    line: document.slice(0, match.index).split("\n").length + 1,
    isRun: match[1] !== undefined,
    code: match[2],
  }));
}

function runNode(cwd: string, file: string): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [file], { cwd }, (_error, stdout, stderr) => {
      resolve({ stdout, stderr });
    });
  });
}

function readConfig(file: string): Record<string, unknown> {
  return ts.readConfigFile(file, (name) => readFileSync(name, "utf8")).config as Record<
    string,
    unknown
  >;
}

/** The anchors of a document's headings, as they are written in links. */
function anchorsOf(file: string): Set<string> {
  const text = readFileSync(file, "utf8").replace(/^```.*?^```$/gms, "");
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map((match) => match[1]);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
