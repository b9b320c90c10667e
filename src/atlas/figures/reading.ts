import { topDocuments } from "../../core/codes.js";
import type { MapOptions } from "../../figures/charts/map.js";
import { type Family, familyLatents, familyName } from "../../records/family.js";
import { type Label, displayLabel, scoreNamed } from "../../records/label.js";
import { findFamily } from "../../search/names/names.js";
import type { AtlasStore } from "../store.js";
import { titleOf } from "../views.js";
import type { ReadOptions } from "./entry.js";

/** Documents of a latent that a map shows on hovering. */
const HOVERED = 3;

/** Families side by side in the co-occurrence grid, and latents of the one family shown alone. */
const GRID_FAMILIES = 5;
export const LARGEST_SHOWN = 24;

/** The measures of a label, those of a language model's judgement first, with their names on an axis. */
const MEASURES: Readonly<Record<string, string>> = {
  pearson: "Pearson correlation",
  f1: "F1",
  "balanced-accuracy": "balanced-accuracy",
  "embedding-auc": "embedding AUC",
  "keyword-coverage": "keyword coverage",
};

/** Gives what a latent is called in figures. */
export async function labeller(atlas: AtlasStore): Promise<(latent: number) => string> {
  const labels = await atlas.labels();
  return (latent) => displayLabel(labels.get(latent) ?? { id: latent, text: "" });
}

/** The latents at their places, with labels, densities and the titles of their strongest documents. */
export async function placedLatents(
  atlas: AtlasStore,
): Promise<Pick<MapOptions, "x" | "y" | "labels" | "weights" | "examples">> {
  const places = await atlas.places();
  const densities = await atlas.densities();
  const label = await labeller(atlas);
  const [postings, documents] = [await atlas.postings(), await atlas.documents()];
  // Dead latents stand in a grid of their own below the map: they would only take its room.
  const place = (latent: number, axis: number): number =>
    densities[latent] > 0 ? places.data[2 * latent + axis] : NaN;
  const latents = Array.from({ length: places.rows }, (_, latent) => latent);
  return {
    x: latents.map((latent) => place(latent, 0)),
    y: latents.map((latent) => place(latent, 1)),
    labels: latents.map(label),
    weights: densities,
    examples: latents.map((latent) =>
      topDocuments(postings, latent, HOVERED).map(({ document }) => titleOf(documents[document])),
    ),
  };
}

/** One family, its latents from the parent on, and what it and these are called. */
export interface ShownFamily {
  family: Family;
  name: string;
  latents: number[];
  labels: string[];
}

/** The family that the options name, else the largest that a heatmap still shows whole. Throws where there is none. */
export async function shownFamily(
  atlas: AtlasStore,
  { family: term }: ReadOptions,
): Promise<ShownFamily> {
  const families = await atlas.families();
  const family =
    term === undefined
      ? (bySize(families).find(({ members }) => members.length < LARGEST_SHOWN) ?? families[0])
      : findFamily(families, term);
  const latents = familyLatents(family);
  return { family, name: familyName(family), latents, labels: latents.map(await labeller(atlas)) };
}

/** Up to five large families that share no latent. */
export function chooseDisjoint(families: readonly Family[]): Family[] {
  const used = new Set<number>();
  const chosen: Family[] = [];
  for (const family of bySize(families)) {
    const latents = familyLatents(family);
    if (latents.length > LARGEST_SHOWN || latents.some((latent) => used.has(latent))) continue;
    for (const latent of latents) used.add(latent);
    chosen.push(family);
    if (chosen.length === GRID_FAMILIES) break;
  }
  return chosen;
}

function bySize(families: readonly Family[]): Family[] {
  return [...families].sort((a, b) => b.members.length - a.members.length || a.parent - b.parent);
}

/** The labels that figures show scores of. */
export async function scoredLabels(atlas: AtlasStore): Promise<Label[]> {
  return [...(await atlas.labels()).values()];
}

/** The first measure that labels of every list have, and its name on an axis; undefined where there is none. */
export function commonMeasure(
  lists: readonly (readonly Label[])[],
): { measure: string; score: string } | undefined {
  const found = Object.entries(MEASURES).find(([name]) =>
    lists.every((labels) => labels.some((label) => Number.isFinite(scoreOf(label, name)))),
  );
  return found && { measure: found[0], score: found[1] };
}

/** NaN where the label has no such score. */
export function scoreOf(label: Label | undefined, measure: string): number {
  return scoreNamed(label?.scores ?? [], measure) ?? NaN;
}
