import type { Figure } from "../figure.js";
import { cleanText } from "../drawing/text.js";

/** Where a page finds plotly: its source to be written into the page, or the address of a file beside it. */
export type PlotlyScript = { source: string } | { src: string };

/** Settings of plotly itself under which every figure is shown: no links out, no TeX in labels. */
export const PLOTLY_CONFIG: Readonly<Record<string, unknown>> = {
  displaylogo: false,
  typesetMath: false,
  plotlyServerURL: "",
  modeBarButtonsToRemove: ["lasso2d", "select2d"],
};

/** What turns a figure for a white page into one for a dark page: lightness is inverted, hues stay. */
export const DARK_FILTER = "filter: invert(0.93) hue-rotate(180deg)";

/** White under DARK_FILTER. */
const DARK_PAGE = "#121212";

/** `text` with the five characters that mean something in HTML and XML, in text or in a quoted attribute, escaped. */
export function escapeHtml(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}

/**
 * `value` as JSON that can stand inside a script element: no "<" is left, so nothing in it can end the script or
 * open a comment.
 */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, "\\u003c")
    .replace(/>/g, "\\u003e")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}

/**
 * A whole HTML page that shows `figure` and asks no network for anything, dark where the reader's system is. On a screen
 * that is narrower than the figure it shows `figure.narrow`, or scrolls. `fonts` are rules of CSS that bring its font.
 */
export function standaloneHtml(figure: Figure, plotly: PlotlyScript, fonts = ""): string {
  const { name, title, narrow } = figure;
  const config = { ...PLOTLY_CONFIG, toImageButtonOptions: { format: "svg", filename: name } };
  const missing = "src" in plotly ? `this page needs the file ${plotly.src} beside it` : "";
  const script =
    "source" in plotly
      ? `<script>${plotly.source.replace(/<\/(script)/gi, "<\\/$1")}</script>`
      : `<script src="${escapeHtml(plotly.src)}"></script>`;
  const policy =
    "default-src 'none'; script-src 'unsafe-inline'" +
    ("source" in plotly ? "" : " 'self' file:") +
    "; style-src 'unsafe-inline'; img-src data: blob:; font-src data:";
  const drawings = [figure, ...(narrow ? [narrow] : [])].map(({ data, layout, width }) => ({
    ...{ data, layout, width },
    // A finger that moves over a figure scrolls the page; a map it moves.
    touch: layout.dragmode === "pan" ? "pan" : false,
    config: { ...config, scrollZoom: layout.dragmode === "pan" },
  }));
  const content = scriptJson(drawings);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(cleanText(title === "" ? name : title))}</title>
<style>
${fonts}
body { margin: 0; background: #fff }
#figure { margin: 1rem auto; width: max-content; max-width: 100vw; overflow-x: auto }
@media (prefers-color-scheme: dark) { body { background: ${DARK_PAGE} } #figure { ${DARK_FILTER} } }
</style>
${script}
</head>
<body>
<noscript>this page needs JavaScript</noscript>
<div id="figure"></div>
<script>
const drawings = ${content};
const isTouched = matchMedia("(pointer: coarse)").matches;
const place = document.getElementById("figure");
let shown;
function draw() {
  const fitting = drawings.find(({ width }) => width <= innerWidth) || drawings[drawings.length - 1];
  if (fitting === shown) return;
  shown = fitting;
  if (isTouched) {
    fitting.layout.dragmode = fitting.touch;
    fitting.config.displayModeBar = false;
  }
  Plotly.newPlot(place, fitting.data, fitting.layout, fitting.config);
}
if (window.Plotly) {
  // plotly measures text, so its font comes first.
  Promise.all(Array.from(document.fonts, (face) => face.load())).then(draw, draw);
  addEventListener("resize", draw);
} else place.textContent = ${scriptJson(missing)};
</script>
</body>
</html>
`;
}
