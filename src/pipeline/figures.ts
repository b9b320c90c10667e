import path from "node:path";
import { latentDensities } from "../codes.js";
import { writeFileAtomic } from "../data/files.js";
import { readJsonl } from "../data/jsonl.js";
import { denseCounts } from "../families/coactivation-pairs.js";
import { drawCooccurrenceGrid } from "../figures/cooccurrence-grid.js";
import { drawDensityHistogram } from "../figures/density-histogram.js";
import { drawEncoderDecoderCosine } from "../figures/encoder-decoder-cosine.js";
import { drawFamilyHeatmap } from "../figures/family-heatmap.js";
import { drawFamilyTree } from "../figures/family-tree.js";
import type { Figure, FigureOptions } from "../figures/figure.js";
import { shareOfRarer } from "../figures/heatmap.js";
import { drawLatentMap } from "../figures/latent-map.js";
import { type LossRow, drawLossCurve } from "../figures/loss-curve.js";
import { type RendererOptions, openRenderer } from "../figures/render.js";
import { drawTaxonomyAgreement } from "../figures/taxonomy-agreement.js";
import { displayLabel } from "../labels/label.js";
import type { OnProgress } from "../progress.js";
import { encoderDecoderCosine } from "../sae/sae.js";
import type { AtlasData, AtlasFamily } from "./context.js";

/** Families side by side in the co-occurrence grid, and latents of the one family shown alone. */
const GRID_FAMILIES = 5;
const LARGEST_SHOWN = 24;

/** Makes one figure from an atlas; undefined where the atlas has no data for it. */
type DrawFromAtlas = (data: AtlasData, options: AtlasFigureOptions) => Promise<Figure | undefined>;

/** Options of the figures that an atlas gives. */
export interface AtlasFigureOptions extends FigureOptions {
  /** The family (parent latent) of `family-heatmap` and `family-tree`. Default: a large one that still fits. */
  family?: number;
  /** The families (parent latents) of `cooccurrence-grid`. Default: five disjoint ones of 8 to 24 latents. */
  families?: readonly number[];
}

/** Every figure that an atlas gives, by name. */
export const ATLAS_FIGURES: Readonly<Record<string, DrawFromAtlas>> = {
  "latent-map": drawMap,
  "cooccurrence-grid": drawGrid,
  "family-heatmap": drawHeatmap,
  "family-tree": drawTree,
  "density-histogram": drawDensities,
  "encoder-decoder-cosine": async (data, options) => {
    const sae = await data.sae();
    return drawEncoderDecoderCosine(
      [{ name: saeName(sae), cosines: encoderDecoderCosine(sae) }],
      options,
    );
  },
  "taxonomy-agreement": drawTaxonomy,
  "loss-curve": drawLoss,
};

/** Formats that figures are written in. */
export type FigureFormat = "png" | "svg" | "html";

/** What to draw and how. */
export interface WriteFiguresOptions extends AtlasFigureOptions, RendererOptions {
  /** Names from ATLAS_FIGURES. Default: all that the atlas has data for. */
  names?: readonly string[];
  /** Default PNG and SVG. */
  formats?: readonly FigureFormat[];
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * Draws an atlas's figures into `folder`, as `<name>.png` and so on, and gives the paths of the files. Throws
 * RangeError for an unknown name, and Error where a named figure has no data or no browser can be started.
 */
export async function writeFigures(
  data: AtlasData,
  folder: string,
  options: WriteFiguresOptions = {},
): Promise<string[]> {
  return renderFigures(await drawFigures(data, options.names, options), folder, options);
}

/** Renders figures into `folder`; see writeFigures. */
export async function renderFigures(
  figures: readonly Figure[],
  folder: string,
  options: Omit<WriteFiguresOptions, "names"> = {},
): Promise<string[]> {
  const { formats = ["png", "svg"], onProgress, signal } = options;
  const renderer = await openRenderer(options);
  const written: string[] = [];
  try {
    for (const [done, figure] of figures.entries()) {
      signal?.throwIfAborted();
      for (const format of formats) {
        const file = path.join(folder, `${figure.name}.${format}`);
        await writeFileAtomic(file, await renderer[format](figure));
        written.push(file);
      }
      onProgress?.({ step: "figures", done: done + 1, total: figures.length, note: figure.name });
    }
  } finally {
    await renderer.close();
  }
  return written;
}

/** The named figures of an atlas as data, in the order of ATLAS_FIGURES; see writeFigures. */
export async function drawFigures(
  data: AtlasData,
  names?: readonly string[],
  options: AtlasFigureOptions = {},
): Promise<Figure[]> {
  const known = Object.keys(ATLAS_FIGURES);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`figures: unknown figure "${unknown}", there are ${known.join(", ")}`);
  }
  const figures: Figure[] = [];
  for (const name of known.filter((candidate) => names?.includes(candidate) ?? true)) {
    const figure = await ATLAS_FIGURES[name](data, options);
    if (figure) figures.push(figure);
    else if (names) throw new Error(`figures: the atlas has no data for ${name}`);
  }
  return figures;
}

async function drawMap(data: AtlasData, options: AtlasFigureOptions): Promise<Figure> {
  const places = await data.places();
  const densities = latentDensities(await data.codes(), await data.counting());
  const label = await labeller(data);
  // Dead latents stand in a grid of their own below the map: they would only take its room.
  const place = (latent: number, axis: number): number =>
    densities[latent] > 0 ? places.data[2 * latent + axis] : NaN;
  const latents = Array.from({ length: places.rows }, (_, latent) => latent);
  const families = (await data.families()).map(({ name, parent, members }) => ({
    name,
    members: [parent, ...members.map(({ latent }) => latent)],
  }));
  return drawLatentMap(
    {
      x: latents.map((latent) => place(latent, 0)),
      y: latents.map((latent) => place(latent, 1)),
      labels: latents.map(label),
      densities,
      families,
    },
    options,
  );
}

async function drawGrid(data: AtlasData, options: AtlasFigureOptions): Promise<Figure | undefined> {
  const families = await data.families();
  const chosen = options.families
    ? options.families.map((parent) => findFamily(families, parent))
    : chooseDisjoint(families);
  if (chosen.length === 0) return undefined;
  const latents = chosen.flatMap(familyLatents);
  const label = await labeller(data);
  return drawCooccurrenceGrid(
    {
      shares: shareOfRarer(denseCounts(await data.coactivation(), latents)),
      blocks: chosen.map((family) => ({ name: family.name, size: family.members.length + 1 })),
      labels: latents.map(label),
    },
    options,
  );
}

async function drawHeatmap(
  data: AtlasData,
  options: AtlasFigureOptions,
): Promise<Figure | undefined> {
  const family = await chooseFamily(data, options);
  if (!family) return undefined;
  const latents = familyLatents(family);
  const label = await labeller(data);
  const shares = shareOfRarer(denseCounts(await data.coactivation(), latents));
  return drawFamilyHeatmap({ name: family.name, shares, labels: latents.map(label) }, options);
}

async function drawTree(data: AtlasData, options: AtlasFigureOptions): Promise<Figure | undefined> {
  const family = await chooseFamily(data, options);
  if (!family) return undefined;
  const latents = familyLatents(family);
  const place = new Map(latents.map((latent, at) => [latent, at]));
  const label = await labeller(data);
  const densities = latentDensities(await data.codes(), await data.counting());
  const nodes = latents.map((latent, at) => {
    const member = at === 0 ? undefined : family.members[at - 1];
    return {
      label: label(latent),
      parent: member === undefined ? -1 : (place.get(member.parent) ?? 0),
      weight: member?.weight,
      density: densities[latent],
    };
  });
  return drawFamilyTree(nodes, { ...options, familyName: family.name });
}

async function drawDensities(data: AtlasData, options: AtlasFigureOptions): Promise<Figure> {
  const densities = latentDensities(await data.codes(), await data.counting());
  return drawDensityHistogram([{ name: saeName(await data.sae()), densities }], options);
}

async function drawTaxonomy(
  data: AtlasData,
  options: AtlasFigureOptions,
): Promise<Figure | undefined> {
  const report = await data.taxonomy();
  if (!report) return undefined;
  const { counts } = await data.coactivation();
  const { edges, matches, heldOutF1, nullF1, families } = report;
  const isLive = (_: unknown, latent: number): boolean => counts[latent] > 0;
  return drawTaxonomyAgreement(
    {
      edges,
      f1: matches.map((match) => match.f1).filter(isLive),
      heldOutF1: heldOutF1.filter(isLive),
      familyF1: families?.families.map(({ union }) => union.f1),
      nullF1,
    },
    options,
  );
}

async function drawLoss(data: AtlasData, options: AtlasFigureOptions): Promise<Figure | undefined> {
  if (data.trainLog === undefined) return undefined;
  const rows: LossRow[] = [];
  for await (const { value } of readJsonl(data.trainLog)) rows.push(value as LossRow);
  return drawLossCurve(rows, options);
}

async function labeller(data: AtlasData): Promise<(latent: number) => string> {
  const labels = await data.labels();
  return (latent) => displayLabel(labels.get(latent) ?? { latent, label: "" });
}

function saeName({ k, n }: { k: number; n: number }): string {
  return `k ${k}, n ${n.toLocaleString("en")}`;
}

function familyLatents({ parent, members }: AtlasFamily): number[] {
  return [parent, ...members.map(({ latent }) => latent)];
}

function findFamily(families: readonly AtlasFamily[], parent: number): AtlasFamily {
  const family = families.find((candidate) => candidate.parent === parent);
  if (!family) throw new RangeError(`figures: latent ${parent} is the parent of no family`);
  return family;
}

// The largest family that a heatmap still shows whole.
async function chooseFamily(
  data: AtlasData,
  { family }: AtlasFigureOptions,
): Promise<AtlasFamily | undefined> {
  const families = await data.families();
  if (family !== undefined) return findFamily(families, family);
  return bySize(families).find(({ members }) => members.length < LARGEST_SHOWN) ?? families[0];
}

function chooseDisjoint(families: readonly AtlasFamily[]): AtlasFamily[] {
  const used = new Set<number>();
  const chosen: AtlasFamily[] = [];
  for (const family of bySize(families)) {
    const latents = familyLatents(family);
    if (latents.length > LARGEST_SHOWN || latents.some((latent) => used.has(latent))) continue;
    for (const latent of latents) used.add(latent);
    chosen.push(family);
    if (chosen.length === GRID_FAMILIES) break;
  }
  return chosen;
}

function bySize(families: readonly AtlasFamily[]): AtlasFamily[] {
  return [...families].sort((a, b) => b.members.length - a.members.length || a.parent - b.parent);
}
