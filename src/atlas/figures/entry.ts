import type { Figure, FigureOptions } from "../../figures/figure.js";
import type { ScoreReport } from "../labels/score.js";
import type { SearchResults } from "../search/search.js";
import type { FigureSources } from "./sources.js";

/** Options of figures that show a choice of what an atlas holds. */
export interface AtlasFigureOptions extends FigureOptions {
  /** The family (parent latent) of figures of one family. Default: a large one that still fits. */
  family?: number;
  /** The families (parent latents) of `cooccurrence-grid`. Default: five disjoint ones of 8 to 24 latents. */
  families?: readonly number[];
  /**
   * A search for `steering-before-after`, which needs edits, and for `explanation-bars`, which needs `explain: true` and shows
   * its first result. Default: an example from the families.
   */
  search?: Omit<SearchResults, "present">;
  /** Scores for `label-scores`, with their control. Default: those that the atlas's labels have. */
  scores?: Pick<ScoreReport, "labels" | "control">;
  /**
   * Overlays the numbers of the paper, dashed or hollow, on figures whose entry says `overlay`; their default name then ends
   * in "-paper". Default false.
   */
  paper?: boolean;
}

/** Data that a figure is made of. */
export interface Requirement {
  /** In words, for a list: "two SAEs or more". */
  needs: string;
  /** Why it is not there, and the option that gives it; undefined where it is. Reads no more than it must. */
  missing(sources: FigureSources): Promise<string | undefined>;
}

/** What a figure is about. */
export type FigureGroup = "latents" | "families" | "labels" | "search" | "training" | "across SAEs";

/** A figure that can be asked for by name. */
export interface FigureEntry {
  name: string;
  group: FigureGroup;
  /** What it shows, in a line. */
  shows: string;
  /** The paper's figure that it corresponds to, by its file's name; undefined where there is none. */
  paper?: string;
  /**
   * Whether the paper's numbers can be overlaid on it; "alone" where they can be shown without data of one's own too.
   * Default: they cannot.
   */
  overlay?: "beside" | "alone";
  requires: readonly Requirement[];
  /** The option from which it is drawn without what it requires of the atlas. Default: none. */
  from?: "search" | "scores";
  /** Draws it from what is there, or gives the reason why not. Called where nothing that it requires is missing. */
  draw(sources: FigureSources, options: AtlasFigureOptions): Promise<Figure | Undrawn>;
}

/** A figure in a list of those of one group. */
export type UngroupedFigure = Omit<FigureEntry, "group">;

/** The figures with their group. */
export function inGroup(group: FigureGroup, figures: readonly UngroupedFigure[]): FigureEntry[] {
  return figures.map((figure) => ({ ...figure, group }));
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
