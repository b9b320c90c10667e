import { createHash, randomBytes } from "node:crypto";
import type { Presentable, PresentationPart } from "../core/presentation.js";
import { registerShower } from "../core/self-showing.js";
import type { Figure } from "../figures/figure.js";
import { figureMime } from "../figures/render/fragment.js";
import { DARK_FILTER, PLOTLY_CONFIG, escapeHtml, scriptJson } from "../figures/render/html.js";
import { plotlySource } from "../figures/render/plotly.js";
import { type MimeBundle, type SendDisplay, findDisplay } from "./display.js";
import { drawPicture } from "./picture.js";
import type { FormatTableOptions, Table, TableOptions } from "./table.js";
import { selectColumns, tableFromRecords, tableToHtml, tableToText } from "./table.js";

/** What `show` can show: a figure, a table, records as a table, text, or what says itself how it is shown. */
export type Showable =
  | Figure
  | Table
  | readonly object[]
  | string
  | Presentable
  | { present(): Promise<readonly PresentationPart[]> };

/** Options of show. */
export interface ShowOptions extends FormatTableOptions, TableOptions {
  /** How to treat a string. HTML is shown verbatim, so escape untrusted content. Default "text". */
  as?: "text" | "markdown" | "html";
  /**
   * Shows a figure as HTML with plotly's script instead of as plotly data with a picture. The first such figure of a
   * kernel includes the script (5 MB) and later ones use it; "alone" includes it again. Default false.
   */
  interactive?: boolean | "alone";
  /** Adds a PNG to a figure's plotly data, for front ends that do not draw plotly. Default true. */
  picture?: boolean;
  /**
   * PNG pixels per figure pixel. Default 1, because JupyterLab's plotly extension shows a saved PNG at its pixel size
   * until the pointer enters it.
   */
  scale?: number;
  /** Where to send outputs. Default: the running cell. */
  display?: SendDisplay;
}

let isPlotlySent = false;
let figuresSent = 0;

/**
 * Shows a figure, a table, records, text, or an atlas's latent, family, document or search results as an output of the
 * running cell; await it, so that outputs keep their order. A promise is awaited first. A figure is one output in three
 * formats: plotly data, a PNG and its title; without a browser to draw the PNG, the text says so. Throws Error outside
 * a notebook, unless `display` is given, and TypeError for anything but a Showable. The last value of a cell shows itself
 * without it.
 */
export async function show(
  given: Showable | Promise<Showable>,
  options: ShowOptions = {},
): Promise<void> {
  const { display = findDisplay() } = options;
  const value = given instanceof Promise ? await given : given;
  if (!display) throw new Error("show: expected a cell of a notebook, found none running");
  if (typeof value === "string") display(textBundle(value, options.as ?? "text"));
  else if (isFigure(value)) await showFigure(value, options, display);
  else if (isPresentable(value)) {
    const parts = value.present();
    display(partsBundle(parts instanceof Promise ? await parts : parts, options));
  } else display(tableBundle(toTable(value, options), options));
}

registerShower({
  async bundle(value) {
    const sent: MimeBundle[] = [];
    await show(value as Showable, { display: (data) => void sent.push(data) });
    return sent[0];
  },
  show(value) {
    const display = findDisplay();
    if (!display) return false;
    const fail = (error: unknown): void =>
      display({ "text/plain": error instanceof Error ? error.message : String(error) });
    if (isFigure(value)) {
      // The cell ends before a picture is drawn, so it is added to what stands there by then.
      const id = randomBytes(8).toString("hex");
      display({ ...figureMime(value) }, { id });
      const add: SendDisplay = (data, options) => display(data, { ...options, id, update: true });
      show(value, { display: add }).catch(fail);
    } else show(value as Showable, { display }).catch(fail);
    return true;
  },
});

function tableBundle(table: Table, options: ShowOptions): MimeBundle {
  return { "text/html": tableToHtml(table, options), "text/plain": tableToText(table, options) };
}

function partsBundle(parts: readonly PresentationPart[], options: ShowOptions): MimeBundle {
  const html: string[] = [];
  const text: string[] = [];
  for (const { heading, text: paragraph, frame, rows } of parts) {
    if (heading !== undefined) {
      html.push(`<h4>${escapeHtml(heading)}</h4>`);
      text.push(heading);
    }
    if (paragraph !== undefined) {
      html.push(`<p>${escapeHtml(paragraph)}</p>`);
      text.push(paragraph);
    }
    if (frame !== undefined) {
      html.push(frameHtml(frame));
      if (frame.url !== undefined) text.push(frame.url);
    }
    if (rows !== undefined) {
      const table = tableFromRecords(rows);
      html.push(tableToHtml(table, options));
      text.push(tableToText(table, options));
    }
  }
  return { "text/html": html.join("\n"), "text/plain": text.join("\n\n") };
}

// A page in a frame prefers the scheme of its frame. JupyterLab and VS Code say on the body which theme is on.
const FRAME_THEME =
  '<style>[data-jp-theme-light="true"] .feature-families-page, .vscode-light .feature-families-page { color-scheme: light } ' +
  '[data-jp-theme-light="false"] .feature-families-page, .vscode-dark .feature-families-page { color-scheme: dark }</style>';

function frameHtml({ height, url, page }: NonNullable<PresentationPart["frame"]>): string {
  const source =
    url === undefined
      ? `sandbox="allow-scripts allow-downloads" srcdoc="${escapeHtml(page ?? "")}"`
      : `src="${escapeHtml(url)}"`;
  return `${FRAME_THEME}<iframe ${source} class="feature-families-page" style="width:100%;height:${height}px;border:1px solid #ccc"></iframe>`;
}

async function showFigure(
  figure: Figure,
  { interactive = false, picture = true, scale = 1 }: ShowOptions,
  display: SendDisplay,
): Promise<void> {
  const { width, height } = figure;
  const caption = figureMime(figure)["text/plain"];
  if (interactive !== false) {
    const withScript = interactive === "alone" || !isPlotlySent;
    isPlotlySent = true;
    display({ "text/html": figureFragment(figure, withScript), "text/plain": caption });
    return;
  }
  const drawn = picture ? await drawPicture(figure, scale) : undefined;
  if (drawn && "png" in drawn) {
    display({ ...figureMime(figure, drawn.png) }, { metadata: { "image/png": { width, height } } });
  } else {
    const remark = drawn ? ` (no picture: ${drawn.problem})` : "";
    display({ ...figureMime(figure), "text/plain": caption + remark });
  }
}

/**
 * A div with the script that draws the figure into it. Without plotly's own script it waits until another output of the
 * page has loaded it. `module` and `define` are hidden from plotly, which would otherwise register with the RequireJS
 * of the classic notebook. The div is found by id, because front ends run scripts outside their place in the page.
 */
function figureFragment(figure: Figure, withScript: boolean): string {
  const { data, layout, width, height } = figure;
  const content = scriptJson({ data, layout, config: PLOTLY_CONFIG });
  figuresSent++;
  const id = `figure-${createHash("sha256").update(content).digest("hex").slice(0, 12)}-${figuresSent}`;
  const library = withScript
    ? `<script>(function (module, define) {${plotlySource().replace(/<\/(script)/gi, "<\\/$1")}\n})();</script>\n`
    : "";
  // JupyterLab says on its body which theme is on.
  const style = `<style>[data-jp-theme-light="false"] #${id} { ${DARK_FILTER} }</style>`;
  return `${library}${style}<div id="${id}" style="width:${width}px;height:${height}px"></div>
<script>
(function (figure) {
  (function draw(tries) {
    var target = document.getElementById("${id}");
    if (window.Plotly && target) window.Plotly.newPlot(target, figure.data, figure.layout, figure.config);
    else if (tries > 0) setTimeout(draw, 100, tries - 1);
    else if (target) target.textContent = "plotly is not loaded: run the cell of the first interactive figure again";
  })(100);
})(${content});
</script>`;
}

function textBundle(text: string, as: "text" | "markdown" | "html"): MimeBundle {
  if (as === "text") return { "text/plain": text };
  return { [`text/${as}`]: text, "text/plain": text };
}

function isPresentable(value: object): value is {
  present(): ReturnType<Presentable["present"]> | Promise<readonly PresentationPart[]>;
} {
  return "present" in value && typeof value.present === "function";
}

function isFigure(value: object): value is Figure {
  return "data" in value && "layout" in value && "width" in value && "height" in value;
}

function toTable(value: Table | readonly object[], { columns }: TableOptions): Table {
  if (Array.isArray(value)) return tableFromRecords(value as readonly object[], { columns });
  if (typeof value === "object" && "columns" in value && "rows" in value) {
    return columns === undefined ? value : selectColumns(value, columns);
  }
  throw new TypeError(
    `show: expected a figure, a table, an array of records or a string, got ${typeof value}`,
  );
}
