import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

let source: string | undefined;

/** Place of plotly.min.js in the installed packages. Throws if plotly.js-dist-min is not installed. */
function plotlyPath(): string {
  // plotly reads `self` as it loads, so it cannot be imported here: it is found and read as a file. Only the place of
  // this module leads to the package however the library was installed.
  return createRequire(import.meta.url).resolve("plotly.js-dist-min");
}

/** The source of plotly.min.js, about 4.8 MB, read once. Throws if plotly.js-dist-min is not installed. */
export function plotlySource(): string {
  source ??= readFileSync(plotlyPath(), "utf8");
  return source;
}

/** What the file of plotly is called beside pages that share it, with its version: pages of another one keep theirs. */
export function plotlyFileName(): string {
  const version = / v(\d+\.\d+\.\d+)/.exec(plotlySource().slice(0, 500))?.[1] ?? "any";
  return `plotly-${version}.min.js`;
}
