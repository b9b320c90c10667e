import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { escapeXml } from "../files/xml.js";
import { writeFilesAtomic } from "../files/atomic-file.js";
import { type ExplorerFiles, everyFile } from "./data-files.js";

/** The compiled page. */
export interface PageParts {
  html: string;
  script: string;
  style: string;
  /** Of what the script contains. */
  licences: string;
}

/** Where the page's data come from; decides what it offers. */
export type PageKind = "server" | "static" | "inlined";

const PAGE_FILES = ["index.html", "app.js", "app.css", "licences.md"];
/** Largest page of one file, in bytes. */
const LARGEST_PAGE = 50_000_000;
/** Characters of one chunk of an inlined file. */
const CHUNK = 1 << 20;
/** What the page may do in every form; a server adds what only a header can say. */
export const PAGE_POLICY =
  "default-src 'none'; connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'";

/** Reads the compiled page. Throws Error where it was not compiled. */
export async function readPage(): Promise<PageParts> {
  const own = path.dirname(fileURLToPath(import.meta.url));
  // The package has it beside this module; tests are compiled into build/ and use the package's.
  const folders = [own, path.resolve(own, "../../../dist/explorer")];
  const folder = folders.find((one) => existsSync(path.join(one, "index.html")));
  if (folder === undefined) {
    throw new Error("explorer: the page has not been built; run npm run build");
  }
  const [html, script, style, licences] = await Promise.all(
    PAGE_FILES.map((name) => readFile(path.join(folder, name), "utf8")),
  );
  return { html, script, style, licences };
}

/** The page's HTML for a kind of source. */
export function pageHtml(
  { html }: Pick<PageParts, "html">,
  kind: Exclude<PageKind, "inlined">,
): string {
  return html.replace('content="unset"', `content="${kind}"`);
}

/** Writes the page and its data into a folder for any web server that serves files, and gives the paths. */
export async function writeSite(
  out: string,
  page: PageParts,
  files: ExplorerFiles,
): Promise<string[]> {
  const policy = `<meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}; script-src 'self'">`;
  async function* contents(): AsyncGenerator<[string, string | Uint8Array]> {
    yield [
      path.join(out, "index.html"),
      pageHtml(page, "static").replace("<head>", `<head>${policy}`),
    ];
    yield [path.join(out, "app.js"), page.script];
    yield [path.join(out, "app.css"), page.style];
    yield [path.join(out, "licences.md"), page.licences];
    for await (const [name, content] of everyFile(files))
      yield [path.join(out, "data", name), content];
  }
  return writeFilesAtomic(contents());
}

/**
 * The page with its data as one file that needs neither server nor network. `address` is what it shows at first, where the
 * file's own address says nothing. Throws RangeError over 50 MB, which browsers open slowly.
 */
export async function singlePage(
  { html, script, style, licences }: PageParts,
  files: ExplorerFiles,
  address = "",
): Promise<string> {
  const data: string[] = [];
  let size = script.length + style.length;
  for await (const [name, content] of everyFile(files)) {
    const text = inlineFile(name, content);
    size += text.length;
    if (size > LARGEST_PAGE) {
      throw new RangeError(
        `export page: the file would be over ${LARGEST_PAGE / 1e6} MB: write a folder with "export site" instead`,
      );
    }
    data.push(text);
  }
  const code = script.replace(/<\/(script)/gi, "<\\/$1");
  const hash = createHash("sha256").update(code).digest("base64");
  const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data: blob:">`;
  return html
    .replace('content="unset"', 'content="inlined"')
    .replace('content="start"', () => `content="${escapeXml(address)}"`)
    .replace("<head>", () => `<head>${policy}`)
    .replace(/<script[^>]*src="[^"]*app\.js"[^>]*><\/script>/, "")
    .replace(/<link[^>]*href="[^"]*app\.css"[^>]*>/, () => `<style>${style}</style>`)
    .replace(
      "</body>",
      () =>
        `<template>${escapeXml(licences)}</template>${data.join("")}<script type="module">${code}</script></body>`,
    );
}

/** A file in chunks of text that the page decodes when it needs the file. */
function inlineFile(name: string, content: Uint8Array): string {
  const text = gzipSync(content).toString("base64");
  const chunks: string[] = [];
  for (let at = 0; at < text.length; at += CHUNK) {
    chunks.push(`<template data-file="${name}">${text.slice(at, at + CHUNK)}</template>`);
  }
  return chunks.join("");
}
