import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { once } from "../../core/once.js";
import type { Figure } from "../figure.js";

/** Open Sans as figures use it: regular and bold. */
const WEIGHTS = [400, 700] as const;

/** One file of the font: one weight, the characters of one script. */
interface FontFile {
  weight: (typeof WEIGHTS)[number];
  /** As CSS writes it: "U+0000-00FF,U+0131". */
  range: string;
  /** First and last code point of each part of the range. */
  parts: [number, number][];
  /** The face as CSS, its file written into it. */
  face: () => string;
}

let known: FontFile[] | undefined;

/** Every face of Open Sans as CSS, each file written into it. */
export function allFontFaces(): string {
  return fontFiles()
    .map(({ face }) => face())
    .join("\n");
}

/** The faces that the texts of an SVG or of a figure's JSON need, as CSS. */
export function fontFacesFor(markup: string): string {
  const isBold = /<b>|font-weight[=:]\s*"?(?:bold|[6-9]00)|"weight":/.test(markup);
  const characters = new Set(resolveReferences(markup));
  const files = fontFiles();
  // Where ranges overlap, a browser takes the face that was declared last.
  const lastFirst = [...files].reverse();
  const needed = new Set<FontFile>();
  for (const character of characters) {
    const code = character.codePointAt(0) ?? 0;
    for (const weight of isBold ? WEIGHTS : [WEIGHTS[0]]) {
      const file = lastFirst.find(
        (one) =>
          one.weight === weight && one.parts.some(([from, to]) => from <= code && code <= to),
      );
      if (file) needed.add(file);
    }
  }
  return files
    .filter((file) => needed.has(file))
    .map(({ face }) => face())
    .join("\n");
}

/** The faces that a page of this figure needs, as CSS. */
export function pageFonts({ data, layout, narrow }: Figure): string {
  return fontFacesFor(JSON.stringify({ data, layout, narrow }));
}

function readFace(file: string, weight: number, range: string): string {
  const bytes = readFileSync(file).toString("base64");
  const source = `url(data:font/woff2;base64,${bytes}) format("woff2")`;
  return `@font-face{font-family:"Open Sans";font-weight:${weight};src:${source};unicode-range:${range}}`;
}

function fontFiles(): FontFile[] {
  if (known) return known;
  const require = createRequire(import.meta.url);
  const folder = path.dirname(require.resolve("@fontsource/open-sans/package.json"));
  const ranges = JSON.parse(readFileSync(path.join(folder, "unicode.json"), "utf8")) as Record<
    string,
    string
  >;
  known = Object.entries(ranges).flatMap(([script, range]) => {
    const parts = range.split(",").map((part): [number, number] => {
      const [from, to = from] = part.replace("U+", "").split("-");
      return [parseInt(from, 16), parseInt(to, 16)];
    });
    return WEIGHTS.map((weight) => {
      const file = path.join(folder, "files", `open-sans-${script}-${weight}-normal.woff2`);
      return { weight, range, parts, face: once(() => readFace(file, weight, range)) };
    });
  });
  return known;
}

/** The markup with the references that a browser writes for characters resolved. */
function resolveReferences(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}
