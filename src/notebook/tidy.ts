import os from "node:os";
import path from "node:path";
import { type Cell, type Notebook, NOTEBOOK_METADATA, type Output, joinText } from "./ipynb.js";

/** Text that differs between machines, and its replacement. */
export interface Replacement {
  from: string;
  to: string;
}

/**
 * An executed notebook without what differs between runs and machines: pieces of a stream are joined, `replacements`
 * are applied to its text, cells are counted from 1, and times and scroll states are removed.
 */
export function tidyNotebook(notebook: Notebook, replacements: Replacement[]): Notebook {
  const replace = replacer(replacements);
  let count = 0;
  const cells = notebook.cells.map((cell): Cell => {
    const metadata = stableMetadata(cell.metadata);
    if (cell.cell_type !== "code") return { ...cell, metadata };
    count++;
    return {
      ...cell,
      metadata,
      execution_count: count,
      outputs: tidyOutputs(cell.outputs, replace),
    };
  });
  return { ...notebook, cells, metadata: { ...notebook.metadata, ...NOTEBOOK_METADATA } };
}

/**
 * For paths in the outputs of a notebook in `folder`: "." stands for the package's root and "~" for the home folder.
 */
export function pathReplacements(packageRoot: string, folder: string): Replacement[] {
  const inRoot = path.relative(packageRoot, folder);
  const shownFolder = inRoot.startsWith("..") ? "." : `./${inRoot}`.replace(/\/$/, "");
  const places: Replacement[] = [
    { from: folder, to: shownFolder },
    { from: packageRoot, to: "." },
    { from: os.homedir(), to: "~" },
  ];
  return places.flatMap(({ from, to }) => [
    { from: `file://${from}`, to },
    { from, to },
  ]);
}

function stableMetadata(metadata: Record<string, unknown>): Record<string, unknown> {
  const volatile = ["execution", "ExecuteTime", "scrolled", "collapsed"];
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !volatile.includes(key)));
}

function tidyOutputs(outputs: Output[], replace: (text: string) => string): Output[] {
  return joinStreams(outputs).flatMap((output): Output[] => {
    if (output.output_type !== "stream") {
      return [mapText(output, (text) => withoutLiveFrames(replace(text))) as Output];
    }
    const text = replace(playCarriageReturns(joinText(output.text)));
    return text === "" ? [] : [{ ...output, text }];
  });
}

/** Frames of a server that ends with its kernel, and their addresses with its token, lead nowhere in a saved notebook. */
function withoutLiveFrames(text: string): string {
  return text
    .replace(
      /\n?(?:<style>[^<]*<\/style>)?<iframe src="http:\/\/127\.0\.0\.1:\d+\/#token=[^>]*><\/iframe>/g,
      "",
    )
    .replace(/\s*http:\/\/127\.0\.0\.1:\d+\/#token=\S*/g, "");
}

/** Outputs with the pieces of a stream joined. */
export function joinStreams(outputs: Output[]): Output[] {
  const joined: Output[] = [];
  for (const output of outputs) {
    const last = joined.at(-1);
    if (output.output_type !== "stream") joined.push(output);
    else if (last?.output_type === "stream" && last.name === output.name) {
      last.text = joinText(last.text) + joinText(output.text);
    } else joined.push({ ...output });
  }
  return joined;
}

/** What a terminal finally shows: text after a carriage return overwrites its line. */
function playCarriageReturns(text: string): string {
  if (!text.includes("\r")) return text;
  return text
    .replace(/\r+\n/g, "\n")
    .split("\n")
    .map((line) => {
      let shown = "";
      for (const part of line.split("\r")) shown = part + shown.slice(part.length);
      return shown;
    })
    .join("\n");
}

/** Replaces the longest first, only where `from` is not followed by more of the same word. */
function replacer(replacements: Replacement[]): (text: string) => string {
  const patterns = replacements
    .filter(({ from }) => from !== "")
    .sort((a, b) => b.from.length - a.from.length)
    .map(({ from, to }) => ({
      pattern: new RegExp(`${from.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`, "g"),
      to,
    }));
  return (text) => patterns.reduce((out, { pattern, to }) => out.replace(pattern, () => to), text);
}

/** Leaves pictures unchanged, because base64 text may contain anything by chance. */
function mapText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapText(item, change));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    key.startsWith("image/") ? (item as unknown) : mapText(item, change),
  ]);
  return Object.fromEntries(entries) as unknown;
}
