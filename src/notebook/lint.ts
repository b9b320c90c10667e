import { type Notebook, type Output, codeCells, joinText } from "./ipynb.js";
import { joinStreams } from "./tidy.js";

/** A code pattern that tslab cannot run, or that hides a failure. */
interface Rule {
  pattern: RegExp;
  problem: string;
}

// Measured on tslab 1.0.22 with Node 20.20.
const RULES: Rule[] = [
  {
    pattern: /(?<!\bfor\s+)\bawait\s*[([]/,
    problem: '"await (" and "await [" are read as a call: name the promise first',
  },
  {
    pattern: /\b(?:from|import|require)\s*\(?\s*["'](?!node:)(?:fs|os|path|url|util)["'/]/,
    problem:
      'write Node\'s own modules with "node:", as a file beside the notebook would shadow them',
  },
  {
    pattern: /\b(?:from|import|require)\s*\(?\s*["'](?:\.\.\/|\.\/[^"']*\.ts["'])/,
    problem: 'import the library as "feature-families" and files beside the notebook without ".ts"',
  },
  {
    pattern: /\bfrom\s+["']feature-families\/(?:dist\b|src\b|[^"']*\/)/,
    problem: 'import from "feature-families" or a sub-path such as "feature-families/sae"',
  },
  { pattern: /\bimport\.meta\b/, problem: "import.meta does not exist in a cell" },
  { pattern: /\b__(?:dirname|filename)\b/, problem: "use process.cwd(): a cell has no __dirname" },
  { pattern: /^\s*export\s/m, problem: "a cell cannot export" },
  {
    pattern: /\b(?:toSorted|toReversed|toSpliced|findLast|findLastIndex|groupBy)\s*\(/,
    problem: "methods later than ES2022 have no types in a cell",
  },
  {
    pattern: /^\s*(?:show|display)\s*\(/m,
    problem: "await every show(), or outputs change their order and failures stay unseen",
  },
];

/** What is wrong in the code of a notebook's cells, a line a finding, cells counted from 1 among all cells. */
export function lintNotebook(notebook: Notebook): string[] {
  return codeCells(notebook).flatMap(({ cell, position }) => {
    const code = withoutComments(joinText(cell.source));
    const found = RULES.filter(({ pattern }) => pattern.test(code)).map(({ problem }) => problem);
    if (/\bfor\s+await\b/.test(code) && !/\bawait\b/.test(code.replace(/\bfor\s+await\b/g, ""))) {
      found.push('"for await" needs another await in its cell: put "await null;" before it');
    }
    return found.map((problem) => `cell ${position + 1}: ${problem}`);
  });
}

/**
 * What is wrong with the outputs of a notebook that is to be committed: a code cell that was not run, a failed cell,
 * another kernel, plotly data without a picture, an absolute path or something that looks like a key. A line a finding.
 */
export function lintOutputs(notebook: Notebook): string[] {
  const kernel = notebook.metadata.kernelspec as { name?: unknown } | undefined;
  const findings = kernel?.name === "tslab" ? [] : ['the kernel is not "tslab"'];
  const inCells = codeCells(notebook).flatMap(({ cell, position }) => {
    const found: string[] = [];
    if (cell.execution_count === null) found.push("was not run");
    for (const output of cell.outputs) {
      if (output.output_type === "error") found.push(`failed: ${output.ename}: ${output.evalue}`);
      if ("data" in output && "application/vnd.plotly.v1+json" in output.data) {
        if (!("image/png" in output.data)) found.push("shows a figure without a picture");
      }
      found.push(...privateText(textOf(output)));
    }
    return found.map((problem) => `cell ${position + 1}: ${problem}`);
  });
  return [...findings, ...inCells];
}

/**
 * How the outputs of a run in Jupyter, tidied, differ from those of the notebook that was run, one line per finding: in kind, in text
 * or in a figure's data. Times may differ, and pictures, which depend on the browser that drew them. In tslab a promise that is not
 * awaited fails silently; a missing output is then the only sign.
 */
export function compareOutputs(expected: Notebook, executed: Notebook): string[] {
  const ran = codeCells(executed);
  return codeCells(expected).flatMap(({ cell, position }, i) => {
    const wanted = outputKinds(cell.outputs);
    const outputs = ran.at(i)?.cell.outputs ?? [];
    const got = outputKinds(outputs);
    if (wanted.join() === got.join()) {
      const change = firstChange(textOf(joinStreams(cell.outputs)), textOf(joinStreams(outputs)));
      return change === undefined ? [] : [`cell ${position + 1}: ${change}`];
    }
    const message = outputs.flatMap((output) =>
      output.output_type === "stream" && output.name === "stderr" ? [joinText(output.text)] : [],
    );
    const kinds = `expected ${describeKinds(wanted)}, got ${describeKinds(got)}`;
    return [`cell ${position + 1}: ${[kinds, ...message].join(": ").trim()}`];
  });
}

/** Where two texts first differ but for times, in words; undefined where they do not. */
function firstChange(expected: string, got: string): string | undefined {
  const [a, b] = [expected, got].map((text) =>
    text.replace(/\b\d[\d.,]*(?= ?(?:ms|s|min|h)\b)/g, "0"),
  );
  if (a === b) return undefined;
  let at = 0;
  while (a[at] === b[at]) at++;
  const around = (text: string): string => text.slice(Math.max(0, at - 20), at + 20);
  return `outputs are out of date: expected …${around(a)}…, got …${around(b)}…`;
}

/** One word an output; a stream counts once a cell, as Jupyter may cut it into pieces. */
function outputKinds(outputs: Output[]): string[] {
  const kinds = outputs.map((output) => {
    if (output.output_type === "stream") return output.name;
    if (output.output_type === "error") return "error";
    return Object.keys(output.data).sort().join("+");
  });
  return kinds.filter((kind, i) => !/^std(out|err)$/.test(kind) || kinds.indexOf(kind) === i);
}

function describeKinds(kinds: string[]): string {
  return kinds.length > 0 ? kinds.join(", ") : "no output";
}

function privateText(text: string): string[] {
  const paths =
    text.match(/(?:\/(?:home|root|tmp|Users|work|private|var)\/|[A-Z]:\\)[\w.-]+/g) ?? [];
  const keys = text.match(/\b(?:sk|hf|ghp|npm)[-_][A-Za-z0-9_-]{16,}/g) ?? [];
  return [
    ...paths.map((path) => `shows the absolute path ${path}`),
    ...keys.map((key) => `shows what looks like a key, ${key.slice(0, 6)}…`),
  ];
}

/** Everything readable in outputs, lines joined; pictures are left out, as anything may stand in base64. */
function textOf(output: object): string {
  return JSON.stringify(output, (key, value: unknown) => {
    if (key.startsWith("image/")) return undefined;
    const isLines = Array.isArray(value) && value.every((line) => typeof line === "string");
    return isLines ? value.join("") : value;
  });
}

/** Code without comments; strings are kept, as import paths stand in them. */
function withoutComments(code: string): string {
  return code.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_, text: string | undefined) => text ?? " ",
  );
}
