import { ATLAS_ENTRIES, DENSITY_MAP_ENTRY } from "./atlas-entries.js";
import { type FigureEntry, missingFor } from "./entry.js";
import { FAMILY_ENTRIES } from "./family-entries.js";
import { LABEL_ENTRIES } from "./label-entries.js";
import { MATCH_ENTRIES } from "./match-entries.js";
import { PAPER_ENTRIES } from "./paper-entries.js";
import { SAE_ENTRIES } from "./sae-entries.js";
import { SEARCH_ENTRIES } from "./search-entries.js";
import type { FigureSources } from "./sources.js";

/** Every figure that can be asked for by name, in the order in which they are drawn. */
export const FIGURES: readonly FigureEntry[] = [
  ...ATLAS_ENTRIES,
  DENSITY_MAP_ENTRY,
  ...FAMILY_ENTRIES,
  ...LABEL_ENTRIES,
  ...SAE_ENTRIES,
  ...MATCH_ENTRIES,
  ...SEARCH_ENTRIES,
  ...PAPER_ENTRIES,
];

/** Names of the figures that a build draws: those of one atlas that say most about it. */
export const ATLAS_FIGURES: readonly string[] = ATLAS_ENTRIES.map(({ name }) => name);

/** A figure of the registry, and why it cannot be drawn where it cannot. */
export interface FigureListing extends Pick<FigureEntry, "name" | "group" | "shows" | "paper"> {
  /** The data that it is made of, in words; "" where any atlas has it. */
  needs: string;
  missing?: string;
}

/** The figures of these names, in the registry's order. Throws RangeError for an unknown name. */
export function findFigures(names: readonly string[]): FigureEntry[] {
  const unknown = names.find((name) => !FIGURES.some((entry) => entry.name === name));
  if (unknown !== undefined) {
    const known = FIGURES.map(({ name }) => name).join(", ");
    throw new RangeError(`figures: unknown figure "${unknown}", there are ${known}`);
  }
  return FIGURES.filter(({ name }) => names.includes(name));
}

/** Every figure with what it needs, and why these sources cannot give it where they cannot. Draws and trains nothing. */
export async function listFigures(sources: FigureSources): Promise<FigureListing[]> {
  const list: FigureListing[] = [];
  for (const entry of FIGURES) {
    const { name, group, shows, paper, requires } = entry;
    const needs = requires.map((requirement) => requirement.needs).join(", ");
    list.push({ name, group, shows, paper, needs, missing: await missingFor(entry, sources) });
  }
  return list;
}
