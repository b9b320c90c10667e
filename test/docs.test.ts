import test from "ava";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { FIGURES, MAIN_FIGURES } from "../src/atlas/figures/index.js";
import { CATALOG_COLUMNS } from "../src/catalog/index.js";
import { commands, parseCall } from "../src/cli/index.js";
import { EDGE_WEIGHTS } from "../src/families/index.js";
import { Atlas } from "../src/index.js";
import { makeSampleAtlas } from "./support/atlases/sample-atlas.js";
import { atLength } from "./support/campaign.js";
import { inFolder } from "./support/folder.js";
import {
  type Example,
  anchorsOf,
  figureTables,
  findExamples,
  optionTable,
  withGenerated,
} from "./support/markdown.js";
import { importBuilt, packageImports } from "./support/package-imports.js";

// In the order in which their examples run: later ones read what earlier ones wrote.
const NOUNS = ["files", "sae", "families", "labels", "search", "figures", "atlas"];
const PAGES = NOUNS.map((noun) => `docs/${noun}.md`);
const GUIDES = ["README.md", "docs/getting-started.md"];
const DOCUMENTS = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"],
  ...["examples/README.md", "data/wordnet/README.md"],
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

const pages = PAGES.map((file) => readFileSync(file, "utf8")).join("\n");
const examples = [...PAGES, ...GUIDES].flatMap(findExamples);

/** Everything that the package and its sub-paths export, by the name that they are imported from. */
async function readExports(): Promise<Map<string, string[]>> {
  const exported = new Map<string, string[]>();
  for (const [name, { built }] of packageImports()) {
    const module = (await import(pathToFileURL(built).href)) as object;
    exported.set(name, Object.keys(module));
  }
  return exported;
}

test("the pages describe every exported value, of the root and of each sub-path", async (t) => {
  const exported = await readExports();
  t.true(exported.size > 6);
  const root = exported.get("feature-families") ?? [];
  for (const [, name] of pages.matchAll(/`(\w+)(?:\([^`]*)?`°/g)) t.true(root.includes(name), name);
  for (const [from, names] of exported) {
    t.true(from === "feature-families" || pages.includes(`"${from}"`), `no page names ${from}`);
    const missing = names.filter((name) => !new RegExp(`\`${name}(\\(|\`)`).test(pages));
    t.deepEqual(missing, [], from);
  }
});

test("every function that the pages call is exported", async (t) => {
  const known = new Set([...(await readExports()).values()].flat());
  const called = [...pages.matchAll(/`([A-Za-z]\w*)\(/g)].map((match) => match[1]);
  t.true(called.length > 100);
  // Methods of what a function gives, listed under that function.
  const methods = ["append", "finish", "abort", "nearest", "createEncoder", "dispose", "label"];
  methods.push("html", "svg", "png", "pdf", "close", "end", "extras");
  methods.push(...Object.getOwnPropertyNames(Atlas.prototype));
  for (const name of new Set(called)) {
    t.true(known.has(name) || methods.includes(name), `${name} is not exported`);
  }
});

test("docs/atlas.md describes every member of an Atlas, and nothing that it does not have", (t) => {
  const text = readFileSync("docs/atlas.md", "utf8");
  const members = Object.getOwnPropertyNames(Atlas.prototype).filter(
    (one) => one !== "constructor",
  );
  for (const name of members) {
    t.regex(text, new RegExp(`\`(atlas\\.)?${name}\\(`), name);
  }
  for (const [, name] of text.matchAll(/\batlas\.(\w+)\(/g)) t.true(members.includes(name), name);
});

test("the pages describe every edge weight and every column of the catalog", (t) => {
  for (const weight of EDGE_WEIGHTS) t.true(pages.includes(`\n| \`${weight}\` |`), weight);
  const files = readFileSync("docs/files.md", "utf8");
  const columns = files.slice(files.indexOf("### Catalog columns"));
  for (const { name } of CATALOG_COLUMNS) t.true(columns.includes(`\`${name}\``), name);
});

test("the tables of options and of figures are those of the commands and of the registry", (t) => {
  const generated = {
    "docs/commands.md": commands.map((command): [string, string] => [
      `options: ${command.name}`,
      optionTable(command),
    ]),
    "docs/figures.md": [["figures", figureTables(FIGURES, MAIN_FIGURES)]] as [string, string][],
  };
  for (const [file, parts] of Object.entries(generated)) {
    const text = readFileSync(file, "utf8");
    const expected = parts.reduce((all, [name, part]) => withGenerated(all, name, part), text);
    if (process.env.UPDATE_DOCS) writeFileSync(file, expected);
    else t.true(text === expected, `${file}: UPDATE_DOCS=1 npx ava build/test/docs.test.js`);
  }
  t.pass();
});

test("every command has a section with an example, and every example is a call that its command takes", (t) => {
  const calls = DOCUMENTS.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/^npx feature-families ((?:.*\\\n)*.*)$/gm)].map(
      (match) => ({ file, words: wordsOf(match[1].replaceAll("\\\n", " ")) }),
    ),
  );
  const sections = anchorsOf("docs/commands.md");
  const shown = calls
    .filter(({ file }) => file === "docs/commands.md")
    .map(({ words }) => words[0]);
  for (const { name } of commands) t.true(sections.has(name) && shown.includes(name), name);
  for (const { file, words } of calls) {
    t.notThrows(() => parseCall(words, commands, "1.0.0"), `${file}: ${words.join(" ")}`);
  }
});

test("relative links between the documents lead somewhere", (t) => {
  for (const file of DOCUMENTS) {
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

// The types of the whole package, and whole programs, take seconds.
const atLengthOnly = atLength ? test : test.skip;

atLengthOnly("the examples of the documents and of examples/ type-check", (t) => {
  t.true(examples.length >= 10);
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...(readConfig("tsconfig.json").compilerOptions as object),
      rootDir: undefined,
      declaration: false,
      isolatedDeclarations: false,
      allowJs: true,
      checkJs: true,
      noEmit: true,
      paths: Object.fromEntries(
        [...packageImports()].map(([name, { source }]) => [name, [source]]),
      ),
    },
    process.cwd(),
  );
  const programs = readdirSync("examples").filter((name) => name.endsWith(".js"));
  const sources = new Map([
    ...examples.map(({ file, line, code }): [string, string] => [
      path.resolve(`src/${file.replaceAll("/", "-")}-${line}.ts`),
      code,
    ]),
    ...programs.map((name): [string, string] => [
      path.resolve(`src/examples-${name}`),
      readFileSync(`examples/${name}`, "utf8"),
    ]),
  ]);
  const base = ts.createCompilerHost(options);
  const codeOf = (name: string): string | undefined => sources.get(path.resolve(name));
  const host: ts.CompilerHost = {
    ...base,
    fileExists: (name) => codeOf(name) !== undefined || base.fileExists(name),
    readFile: (name) => codeOf(name) ?? base.readFile(name),
    getSourceFile: (name, version, ...rest) => {
      const code = codeOf(name);
      if (code !== undefined) return ts.createSourceFile(name, code, version, true);
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

test("the examples marked to run print what they say", async (t) => {
  const run = examples.filter(({ kind }) => kind === "run");
  t.true(run.length >= 8);
  await inFolder(async (folder) => {
    const { stdout, stderr } = await runExamples(folder, run);
    const expected = run.flatMap((example, at) => [
      `#${at} ${example.file}:${example.line}`,
      ...[...example.code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]),
    ]);
    t.deepEqual(stdout.trim().split("\n"), expected, stderr);
  });
});

atLengthOnly(
  "the examples on the sample's atlas, the README's thirty lines among them, run as they stand",
  async (t) => {
    const run = examples.filter(({ kind }) => kind === "atlas");
    t.true(run.some(({ file }) => file === "README.md"));
    await inFolder(async (folder) => {
      await makeSampleAtlas(path.join(folder, "families/wordnet"));
      const { stdout, stderr } = await runExamples(folder, run);
      t.is(stderr, "");
      // Each printed something before the next began.
      const parts = stdout.split(/^#\d+ .*\n/m).slice(1);
      t.is(parts.length, run.length);
      for (const [at, { file, line }] of run.entries()) t.not(parts[at], "", `${file}:${line}`);
      t.true(existsSync(path.join(folder, "build/figures/latent-map.svg")));
      t.true(existsSync(path.join(folder, "build/atlas.html")));
    });
  },
);

/** Runs examples one after the other in `folder`, where the sample's data lies too; a line before each names it. */
async function runExamples(
  folder: string,
  list: readonly Example[],
): Promise<{ stdout: string; stderr: string }> {
  await symlink(path.resolve("data"), path.join(folder, "data"));
  await mkdir(path.join(folder, "build"), { recursive: true });
  const calls: string[] = [];
  for (const [at, { file, line, code }] of list.entries()) {
    // No example has types of its own, so each is JavaScript as it stands.
    await writeFile(path.join(folder, `example-${at}.mjs`), importBuilt(code));
    calls.push(`console.log("#${at} ${file}:${line}");\nawait import("./example-${at}.mjs");`);
  }
  await writeFile(path.join(folder, "all.mjs"), calls.join("\n"));
  return new Promise((resolve) => {
    execFile(process.execPath, ["all.mjs"], { cwd: folder }, (_error, stdout, stderr) => {
      resolve({ stdout, stderr });
    });
  });
}

/** The words of a call, as a shell splits them. */
function wordsOf(call: string): string[] {
  const words = call.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, (_all, a, b) => String(a ?? b)));
}

function readConfig(file: string): Record<string, unknown> {
  return ts.readConfigFile(file, (name) => readFileSync(name, "utf8")).config as Record<
    string,
    unknown
  >;
}
