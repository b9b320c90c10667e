import { ownValue } from "../../core/collections.js";
import { type FigureEntry, type FigureGroup, missingFor } from "./entry.js";
import { DOCUMENT_FIGURES } from "./documents.js";
import { FAMILY_FIGURES } from "./families.js";
import { LABEL_FIGURES } from "./labels.js";
import { LATENT_FIGURES } from "./latents.js";
import { SAE_FIGURES } from "./saes.js";
import { SEARCH_FIGURES } from "./search.js";
import type { FigureSources } from "./sources.js";
import { TRAINING_FIGURES } from "./training.js";

/** Names of the figures that people want most, which a list shows first. */
export const MAIN_FIGURES: readonly string[] = [
  "latent-map",
  "document-map",
  "family-tree",
  "cooccurrence-grid",
  "density-histogram",
  "taxonomy-agreement",
  "family-stability",
  "label-scores",
  "steering-before-after",
  "explanation-bars",
  "steering-tradeoff",
  "match-histogram",
  "loss-curve",
];

/** Every figure that can be asked for by name: those of MAIN_FIGURES, then the others by group. They are drawn in this order. */
export const FIGURES: readonly FigureEntry[] = [
  ...LATENT_FIGURES,
  ...DOCUMENT_FIGURES,
  ...FAMILY_FIGURES,
  ...LABEL_FIGURES,
  ...SEARCH_FIGURES,
  ...TRAINING_FIGURES,
  ...SAE_FIGURES,
].sort((a, b) => mainRank(a) - mainRank(b));

/** Names of the figures that a build draws: those of one atlas that say most about it. */
export const ATLAS_FIGURES: readonly string[] = [
  "latent-map",
  "cooccurrence-grid",
  "family-heatmap",
  "family-tree",
  "density-histogram",
  "encoder-decoder-cosine",
  "taxonomy-agreement",
  "loss-curve",
];

/** Figures of earlier versions that showed the paper's numbers, with the figure that does now where the name differs. */
const RENAMED: Readonly<Record<string, string>> = {
  "paper-label-scores": "label-scores-by-k",
  "paper-steering-accuracy": "steering-tradeoff",
};

/** A figure of the registry, and why it cannot be drawn where it cannot. */
export interface FigureListing extends Pick<FigureEntry, "name" | "shows" | "paper" | "overlay"> {
  /** "main" for those of MAIN_FIGURES, which stand first. */
  group: FigureGroup | "main";
  /** The data that it is made of, in words; "" where any atlas has it. */
  needs: string;
  missing?: string;
}

/**
 * The figures of these names, in the registry's order. Throws RangeError for an unknown name, and with `paper` for a figure
 * that the paper has no numbers for.
 */
export function findFigures(
  names: readonly string[],
  { paper = false }: { paper?: boolean } = {},
): FigureEntry[] {
  for (const name of names) {
    const entry = FIGURES.find((candidate) => candidate.name === name);
    if (entry === undefined) throw new RangeError(unknownFigure(name));
    if (paper && entry.overlay === undefined) {
      const known = overlaidFigures().join(", ");
      throw new RangeError(`figures: the paper has no numbers for ${name}, only for ${known}`);
    }
  }
  return FIGURES.filter(({ name }) => names.includes(name));
}

/** Names of the figures that the paper's numbers can be overlaid on. */
export function overlaidFigures(): string[] {
  return FIGURES.filter(({ overlay }) => overlay !== undefined).map(({ name }) => name);
}

/** Every figure with what it needs, and why these sources cannot give it where they cannot. Draws and trains nothing. */
export async function listFigures(sources: FigureSources): Promise<FigureListing[]> {
  const list: FigureListing[] = [];
  for (const entry of FIGURES) {
    const { name, shows, paper, overlay, requires } = entry;
    list.push({
      ...{ name, shows, paper, overlay },
      group: MAIN_FIGURES.includes(name) ? "main" : entry.group,
      needs: requires.map((requirement) => requirement.needs).join(", "),
      missing: await missingFor(entry, sources),
    });
  }
  return list;
}

function mainRank({ name }: FigureEntry): number {
  const at = MAIN_FIGURES.indexOf(name);
  return at < 0 ? MAIN_FIGURES.length : at;
}

function unknownFigure(name: string): string {
  const now = ownValue(RENAMED, name) ?? name.replace(/^paper-/, "");
  if (name.startsWith("paper-") && FIGURES.some((entry) => entry.name === now)) {
    return `figures: ${name} is now ${now} with the paper's numbers: use --paper, or { paper: true }`;
  }
  return `figures: unknown figure "${name}", expected one of ${FIGURES.map((entry) => entry.name).join(", ")}`;
}
