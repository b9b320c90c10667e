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

/** A whole HTML page that shows `figure` and asks no network for anything. */
export function standaloneHtml(figure: Figure, plotly: PlotlyScript): string {
  const { data, layout, name, title } = figure;
  const config = { ...PLOTLY_CONFIG, toImageButtonOptions: { format: "svg", filename: name } };
  const script =
    "source" in plotly
      ? `<script>${plotly.source.replace(/<\/(script)/gi, "<\\/$1")}</script>`
      : `<script src="${escapeHtml(plotly.src)}"></script>`;
  const policy =
    "default-src 'none'; script-src 'unsafe-inline'" +
    ("source" in plotly ? "" : " 'self' file:") +
    "; style-src 'unsafe-inline'; img-src data: blob:; font-src data:";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(cleanText(title === "" ? name : title))}</title>
<style>body { margin: 0; background: #fff } #figure { margin: 1rem auto; width: max-content }</style>
${script}
</head>
<body>
<div id="figure"></div>
<script>
const figure = ${scriptJson({ data, layout, config })};
Plotly.newPlot("figure", figure.data, figure.layout, figure.config);
</script>
</body>
</html>
`;
}
