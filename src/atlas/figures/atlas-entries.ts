import { latentDensities } from "../../core/codes.js";
import { readJsonl } from "../../files/jsonl.js";
import { familyLatents } from "../../families/extract/family-overlap.js";
import { denseCounts } from "../../families/coactivation/coactivation-pairs.js";
import { drawCooccurrenceGrid } from "../../figures/charts/cooccurrence-grid.js";
import { drawDensityHistogram } from "../../figures/charts/density-histogram.js";
import { drawDensityMap } from "../../figures/charts/density-map.js";
import { drawEncoderDecoderCosine } from "../../figures/charts/encoder-decoder-cosine.js";
import { drawFamilyHeatmap } from "../../figures/charts/family-heatmap.js";
import { drawFamilyTree } from "../../figures/charts/family-tree.js";
import type { Figure } from "../../figures/figure.js";
import { shareOfRarer } from "../../figures/charts/heatmap.js";
import { type LatentMapInput, drawLatentMap } from "../../figures/charts/latent-map.js";
import { type LossRow, drawLossCurve } from "../../figures/charts/loss-curve.js";
import { drawTaxonomyAgreement } from "../../figures/charts/taxonomy-agreement.js";
import { displayLabel } from "../../records/label.js";
import { encoderDecoderCosine } from "../../sae/sae.js";
import type { AtlasStore, AtlasFamily } from "../store.js";
import type { AtlasFigureOptions, FigureEntry, Undrawn } from "./entry.js";
import { FAMILIES, TAXONOMY, TRAIN_LOG } from "./requirements.js";
import { type FigureSources, sizesName } from "./sources.js";

/** Families side by side in the co-occurrence grid, and latents of the one family shown alone. */
const GRID_FAMILIES = 5;
const LARGEST_SHOWN = 24;

/** The figures that every build draws: of one atlas, in their order. */
export const ATLAS_ENTRIES: readonly FigureEntry[] = [
  {
    name: "latent-map",
    group: "latents",
    shows: "the latents' places, coloured by family",
    paper: "k16map, k64map",
    requires: [],
    draw: ({ atlas }, options) => drawMap(atlas, options),
  },
  {
    name: "cooccurrence-grid",
    group: "families",
    shows: "co-activation of five families' latents",
    paper: "cooc_grid",
    requires: [FAMILIES],
    draw: ({ atlas }, options) => drawGrid(atlas, options),
  },
  {
    name: "family-heatmap",
    group: "families",
    shows: "co-activation within one family",
    requires: [FAMILIES],
    draw: ({ atlas }, options) => drawHeatmap(atlas, options),
  },
  {
    name: "family-tree",
    group: "families",
    shows: "one family as a tree",
    paper: "feat_fam",
    requires: [FAMILIES],
    draw: ({ atlas }, options) => drawTree(atlas, options),
  },
  {
    name: "density-histogram",
    group: "latents",
    shows: "density of the latents",
    paper: "log_feature_density",
    requires: [],
    draw: ({ atlas }, options) => drawDensities(atlas, options),
  },
  {
    name: "encoder-decoder-cosine",
    group: "latents",
    shows: "cosine of encoder and decoder directions",
    paper: "cosine_similarity_histogram_decoder_encoder",
    requires: [],
    draw: drawDirections,
  },
  {
    name: "taxonomy-agreement",
    group: "families",
    shows: "how latents and families agree with the corpus's classes",
    requires: [TAXONOMY],
    draw: ({ atlas }, options) => drawTaxonomy(atlas, options),
  },
  {
    name: "loss-curve",
    group: "training",
    shows: "error and dead latents by training step",
    requires: [TRAIN_LOG],
    draw: ({ atlas }, options) => drawLoss(atlas, options),
  },
];

async function drawDirections(
  { atlas }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const sae = await atlas.sae();
  const series = [{ name: sizesName(sae), cosines: encoderDecoderCosine(sae) }];
  return drawEncoderDecoderCosine(series, options);
}

/** The map again, coloured by density. */
export const DENSITY_MAP_ENTRY: FigureEntry = {
  name: "latent-map-density",
  group: "latents",
  shows: "the latents' places, coloured by log density",
  paper: "UMAP scatter",
  requires: [],
  draw: async ({ atlas }, options) => drawDensityMap(await placedLatents(atlas), options),
};

async function placedLatents(data: AtlasStore): Promise<Omit<LatentMapInput, "families">> {
  const places = await data.places();
  const densities = latentDensities(await data.codes(), await data.counting());
  const label = await labeller(data);
  // Dead latents stand in a grid of their own below the map: they would only take its room.
  const place = (latent: number, axis: number): number =>
    densities[latent] > 0 ? places.data[2 * latent + axis] : NaN;
  const latents = Array.from({ length: places.rows }, (_, latent) => latent);
  return {
    x: latents.map((latent) => place(latent, 0)),
    y: latents.map((latent) => place(latent, 1)),
    labels: latents.map(label),
    densities,
  };
}

async function drawMap(data: AtlasStore, options: AtlasFigureOptions): Promise<Figure> {
  const families = (await data.families()).map((family) => ({
    name: family.name,
    members: familyLatents(family),
  }));
  return drawLatentMap({ ...(await placedLatents(data)), families }, options);
}

async function drawGrid(data: AtlasStore, options: AtlasFigureOptions): Promise<Figure | Undrawn> {
  const families = await data.families();
  const chosen = options.families
    ? options.families.map((parent) => findFamily(families, parent))
    : chooseDisjoint(families);
  if (chosen.length === 0) {
    return { reason: `no family has ${LARGEST_SHOWN} latents or fewer: choose some by --families` };
  }
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

async function drawHeatmap(data: AtlasStore, options: AtlasFigureOptions): Promise<Figure> {
  const { family, latents, labels } = await shownFamily(data, options);
  const shares = shareOfRarer(denseCounts(await data.coactivation(), latents));
  return drawFamilyHeatmap({ name: family.name, shares, labels }, options);
}

async function drawTree(data: AtlasStore, options: AtlasFigureOptions): Promise<Figure> {
  const { family, latents, labels } = await shownFamily(data, options);
  const place = new Map(latents.map((latent, at) => [latent, at]));
  const densities = latentDensities(await data.codes(), await data.counting());
  const nodes = latents.map((latent, at) => {
    const member = at === 0 ? undefined : family.members[at - 1];
    return {
      label: labels[at],
      parent: member === undefined ? -1 : (place.get(member.parent) ?? 0),
      weight: member?.weight,
      density: densities[latent],
    };
  });
  return drawFamilyTree(nodes, { ...options, familyName: family.name });
}

async function drawDensities(data: AtlasStore, options: AtlasFigureOptions): Promise<Figure> {
  const densities = latentDensities(await data.codes(), await data.counting());
  return drawDensityHistogram([{ name: sizesName(await data.sae()), densities }], options);
}

async function drawTaxonomy(
  data: AtlasStore,
  options: AtlasFigureOptions,
): Promise<Figure | Undrawn> {
  const report = await data.taxonomy();
  if (!report) return { reason: TAXONOMY.needs };
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

async function drawLoss(data: AtlasStore, options: AtlasFigureOptions): Promise<Figure | Undrawn> {
  if (data.paths.trainLog === undefined) return { reason: TRAIN_LOG.needs };
  const rows: LossRow[] = [];
  for await (const { value } of readJsonl(data.paths.trainLog)) rows.push(value as LossRow);
  return drawLossCurve(rows, options);
}

/** Gives what a latent is called in figures. */
export async function labeller(data: AtlasStore): Promise<(latent: number) => string> {
  const labels = await data.labels();
  return (latent) => displayLabel(labels.get(latent) ?? { id: latent, text: "" });
}

function findFamily(families: readonly AtlasFamily[], parent: number): AtlasFamily {
  const family = families.find((candidate) => candidate.parent === parent);
  if (!family) throw new RangeError(`figures: latent ${parent} is the parent of no family`);
  return family;
}

/** One family, its latents from the parent on, and what these are called. */
export interface ShownFamily {
  family: AtlasFamily;
  latents: number[];
  labels: string[];
}

/** The family that the options name, else the largest that a heatmap still shows whole. */
export async function shownFamily(
  data: AtlasStore,
  { family: parent }: AtlasFigureOptions,
): Promise<ShownFamily> {
  const families = await data.families();
  const family =
    parent === undefined
      ? (bySize(families).find(({ members }) => members.length < LARGEST_SHOWN) ?? families[0])
      : findFamily(families, parent);
  const latents = familyLatents(family);
  return { family, latents, labels: latents.map(await labeller(data)) };
}

/** Up to five large families that share no latent. */
export function chooseDisjoint(families: readonly AtlasFamily[]): AtlasFamily[] {
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
