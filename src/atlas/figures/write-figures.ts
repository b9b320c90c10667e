import path from "node:path";
import { requireChoice } from "../../core/arguments.js";
import { FormatError } from "../../core/errors.js";
import { writeFileAtomic } from "../../files/atomic-file.js";
import type { Figure, FigureOptions } from "../../figures/figure.js";
import { pageFonts } from "../../figures/render/fonts.js";
import { standaloneHtml } from "../../figures/render/html.js";
import { plotlyFileName, plotlySource } from "../../figures/render/plotly.js";
import { type Renderer, type RendererOptions, openRenderer } from "../../figures/render/render.js";
import { plotlyText } from "../../figures/drawing/text.js";
import type { OnProgress } from "../../core/progress.js";
import type { AtlasStore } from "../store.js";
import type { AtlasFigureOptions, FigureEntry } from "./entry.js";
import { Undrawn, drawData, missingFor } from "./entry.js";
import { ATLAS_FIGURES, findFigures } from "./registry.js";
import { GRID, comparesSaes } from "./requirements.js";
import { type FigureSources, gridCaption, toSources } from "./sources.js";
import { interruptible } from "../../core/interrupt.js";

/** Figures rendered at once: pages of one browser. */
const LANES = 2;

/** Formats that figures are written in. */
export type FigureFormat = "png" | "svg" | "pdf" | "html";

/** What to draw and how. */
export interface WriteFiguresOptions extends AtlasFigureOptions, RendererOptions {
  /** Names from FIGURES. Default: those of ATLAS_FIGURES that the atlas has data for. */
  names?: readonly string[];
  /** Default PNG and SVG. */
  formats?: readonly FigureFormat[];
  /** Called for a figure that cannot be drawn, with the reason, in place of an error after the others are drawn. */
  onUndrawn?: (name: string, reason: string) => void;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * Draws figures of an atlas, or of several sources, into `folder`, as `<name>.png` and so on, and gives the paths of the
 * files. Throws RangeError for an unknown name, Error where no browser can be started and, once the others are drawn, Error
 * with the reasons where named figures cannot be.
 */
export async function writeFigures(
  data: AtlasStore | FigureSources,
  folder: string,
  options: WriteFiguresOptions = {},
): Promise<string[]> {
  const entries = chooseEntries(options.names, options);
  const undrawn: string[] = [];
  const note = (name: string, reason: string): void => void undrawn.push(`${name}: ${reason}`);
  const onUndrawn = options.onUndrawn ?? (options.names ? note : undefined);
  const figures = drawEntries(toSources(data), entries, { ...options, onUndrawn });
  const files = await renderFigures(figures, folder, { ...options, expected: entries.length });
  if (undrawn.length > 0) throw new Error(`figures: cannot be drawn: ${undrawn.join("; ")}`);
  return files;
}

/**
 * The named figures as data, in the registry's order; see writeFigures. With `paper` they show the paper's numbers too, and
 * a name that has none is refused.
 */
export async function drawFigures(
  data: AtlasStore | FigureSources,
  names?: readonly string[],
  options: AtlasFigureOptions = {},
): Promise<Figure[]> {
  const entries = chooseEntries(names, options);
  const onUndrawn = names ? refuse : undefined;
  const figures: Figure[] = [];
  for await (const figure of drawEntries(toSources(data), entries, { ...options, onUndrawn })) {
    figures.push(figure);
  }
  return figures;
}

/**
 * Renders figures into `folder` while the next ones are drawn; see writeFigures. `expected` is their number for the
 * progress, where `figures` is not an array.
 */
export async function renderFigures(
  figures: readonly Figure[] | AsyncIterable<Figure>,
  folder: string,
  options: Omit<WriteFiguresOptions, "names"> & { expected?: number } = {},
): Promise<string[]> {
  const { formats = ["png", "svg"], onProgress } = options;
  const signal = interruptible(options.signal);
  for (const format of formats)
    requireChoice("figures: formats", format, ["png", "svg", "pdf", "html"]);
  const total = options.expected ?? (Array.isArray(figures) ? figures.length : undefined);
  if (formats.includes("html")) {
    await writeFileAtomic(path.join(folder, plotlyFileName()), plotlySource());
  }
  const renderer = await openRenderer({ lanes: LANES, ...options });
  const written: string[][] = [];
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let done = 0;
  const start = (figure: Figure): void => {
    const at = written.push([]) - 1;
    const work = renderFigure(renderer, figure, folder, formats)
      .then((files) => {
        written[at] = files;
        onProgress?.({ step: "figures", done: ++done, total, note: figure.name });
      })
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(work));
    running.add(work);
  };
  try {
    for await (const figure of figures) {
      signal?.throwIfAborted();
      start(figure);
      // One more than the lanes waits, so that none stands idle while the next figure is drawn.
      if (running.size > LANES) await Promise.race(running);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(running);
    await renderer.close();
  }
  if (failures.length > 0) throw failures[0];
  return written.flat();
}

async function renderFigure(
  renderer: Renderer,
  figure: Figure,
  folder: string,
  formats: readonly FigureFormat[],
): Promise<string[]> {
  const files: string[] = [];
  for (const format of formats) {
    const file = path.join(folder, `${figure.name}.${format}`);
    const content =
      format === "html"
        ? standaloneHtml(figure, { src: plotlyFileName() }, pageFonts(figure))
        : await renderer[format](figure);
    await writeFileAtomic(file, content);
    files.push(file);
  }
  return files;
}

async function* drawEntries(
  sources: FigureSources,
  entries: readonly FigureEntry[],
  options: Pick<WriteFiguresOptions, "onUndrawn" | "signal" | "formats"> & AtlasFigureOptions,
): AsyncGenerator<Figure> {
  const signal = interruptible(options.signal);
  for (const entry of entries) {
    signal?.throwIfAborted();
    const drawn = await drawEntry(entry, sources, options).catch(reasonOf);
    signal?.throwIfAborted();
    if (drawn instanceof Undrawn) options.onUndrawn?.(entry.name, drawn.reason);
    else yield drawn;
  }
}

/** The figures named, which have to take the overlay where it is asked for; else those that a build draws. */
function chooseEntries(
  names: readonly string[] | undefined,
  { paper }: AtlasFigureOptions,
): FigureEntry[] {
  return names ? findFigures(names, { paper }) : findFigures(ATLAS_FIGURES);
}

async function drawEntry(
  entry: FigureEntry,
  sources: FigureSources,
  { paper, formats, ...options }: AtlasFigureOptions & Pick<WriteFiguresOptions, "formats">,
): Promise<Figure | Undrawn> {
  const overlaid = paper === true && entry.overlay !== undefined;
  const isGiven = entry.from !== undefined && options[entry.from] !== undefined;
  const reason = isGiven ? undefined : await missingFor(entry, sources);
  if (reason !== undefined && !(overlaid && entry.overlay === "alone")) return new Undrawn(reason);
  const data = await entry.read(sources, { ...options, paper: overlaid });
  if (data instanceof Undrawn) return data;
  const { name, size, title, width, height } = options;
  const drawIn = (place: FigureOptions): Figure =>
    drawData(entry, data, { name, title, paper: overlaid, ...place });
  const drawn = drawIn({ size, width, height });
  if (formats?.includes("html")) {
    drawn.narrow = drawIn({ size: "column", title: title ?? entry.title(data) });
  }
  const isOfGrid =
    entry.requires.includes(GRID) || (sources.compares === "grid" && comparesSaes(entry));
  const grid = isOfGrid ? await sources.grid() : undefined;
  const captions = [
    ...(grid ? [gridCaption(grid)] : []),
    ...(overlaid ? [reason === undefined ? "with the paper's numbers" : "the paper's alone"] : []),
  ];
  return captions.length > 0 ? withCaption(drawn, captions.join("; ")) : drawn;
}

/** Why one figure failed, so that it costs no other. A damaged file is the atlas's fault, not the figure's: it is thrown. */
function reasonOf(error: unknown): Undrawn {
  if (error instanceof FormatError || !(error instanceof Error)) throw error;
  return new Undrawn(error.message);
}

/** The figure with `caption` after its title, which sizes for print show nowhere but in the file. */
function withCaption(figure: Figure, caption: string): Figure {
  const title = `${figure.title} (${caption})`;
  const shown = figure.layout.title as { text: string } | undefined;
  if (shown === undefined) return { ...figure, title };
  const text = `${shown.text} <span style="font-size:70%">${plotlyText(caption)}</span>`;
  return { ...figure, title, layout: { ...figure.layout, title: { ...shown, text } } };
}

function refuse(name: string, reason: string): void {
  throw new Error(`figures: ${name} cannot be drawn: ${reason}`);
}
