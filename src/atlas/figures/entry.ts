import type { Figure, FigureOptions } from "../../figures/figure.js";
import type { FigureSources } from "./sources.js";

/** Options of figures that show a choice of what an atlas holds. */
export interface AtlasFigureOptions extends FigureOptions {
  /** The family (parent latent) of `family-heatmap` and `family-tree`. Default: a large one that still fits. */
  family?: number;
  /** The families (parent latents) of `cooccurrence-grid`. Default: five disjoint ones of 8 to 24 latents. */
  families?: readonly number[];
}

/** Data that a figure is made of. */
export interface Requirement {
  /** In words, for a list: "two SAEs or more". */
  needs: string;
  /** Why it is not there, and the option that gives it; undefined where it is. Reads no more than it must. */
  missing(sources: FigureSources): Promise<string | undefined>;
}

/** The part of the paper that a figure is about; "paper" are those that show the paper's numbers beside one's own. */
export type FigureGroup =
  "training" | "latents" | "labels" | "families" | "across SAEs" | "search" | "paper";

/** A figure that can be asked for by name. */
export interface FigureEntry {
  name: string;
  group: FigureGroup;
  /** What it shows, in a line. */
  shows: string;
  /** The figure of the authors' that it answers to, by its file's name; undefined where they have none. */
  paper?: string;
  requires: readonly Requirement[];
  /** Draws it from what is there; the reason where that shows only then. Called where nothing that it requires is missing. */
  draw(sources: FigureSources, options: AtlasFigureOptions): Promise<Figure | Undrawn>;
}

/** Why a figure cannot be drawn. */
export interface Undrawn {
  reason: string;
}

/** Whether `drawn` is the reason why there is no figure. */
export function isUndrawn(drawn: Figure | Undrawn): drawn is Undrawn {
  return "reason" in drawn;
}

/** The reasons of all that a figure requires and lacks, as one text; undefined where it can be drawn. */
export async function missingFor(
  entry: FigureEntry,
  sources: FigureSources,
): Promise<string | undefined> {
  const reasons: string[] = [];
  for (const requirement of entry.requires) {
    const reason = await requirement.missing(sources);
    if (reason !== undefined) reasons.push(reason);
  }
  return reasons.length > 0 ? reasons.join("; ") : undefined;
}
