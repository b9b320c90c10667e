import type { ChartOptions, Figure, FigureOptions } from "../../figures/figure.js";
import type { ContrastReport } from "../contrast/contrast-report.js";
import type { ScoreReport } from "../labels/score.js";
import type { SearchResults } from "../search/search.js";
import type { Term } from "../../search/names/names.js";
import type { FigureSources } from "./sources.js";

/** Options of figures that show a choice of what an atlas holds. */
export interface AtlasFigureOptions extends FigureOptions {
  /** The family of figures of one family, by parent latent or words of its name. Default: a large one that still fits. */
  family?: Term;
  /** The families of `cooccurrence-grid`, likewise. Default: five disjoint ones of 8 to 24 latents. */
  families?: readonly Term[];
  /**
   * What colours `document-map`: "family", or a column that the explorer has, such as a class or a year. Default: the broad
   * class, else the first column of words, else the family.
   */
  by?: string;
  /**
   * A search for `steering-before-after`, which needs edits, and for `explanation-bars`, which needs `explain: true` and shows
   * its first result. Default: an example from the families.
   */
  search?: Omit<SearchResults, "present">;
  /** What `contrast` shows. Default: the contrast that was saved last. */
  contrast?: Omit<ContrastReport, "present">;
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
export type FigureGroup =
  "latents" | "documents" | "families" | "labels" | "search" | "training" | "across SAEs";

/** What a figure's data are read by. */
export type ReadOptions = Pick<
  AtlasFigureOptions,
  "by" | "family" | "families" | "search" | "contrast" | "scores" | "paper"
>;

/** A figure that can be asked for by name: what it is about, what it reads, and the chart that shows it. */
export interface FigureEntry<D = unknown> {
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
  from?: "search" | "contrast" | "scores";
  /** Above the figure where no title is given. */
  title(data: D): string;
  /** Reads what it shows, or gives the reason why it cannot. Called where nothing that it requires is missing. */
  read(sources: FigureSources, options: ReadOptions): Promise<D | Undrawn>;
  /** The chart of what was read; `paper` overlays the paper's numbers. */
  draw(data: D, options: ChartOptions & { paper?: boolean }): Figure;
}

/** A figure in a list of those of one group. */
export type UngroupedFigure<D = unknown> = Omit<FigureEntry<D>, "group">;

/** The figure as one of a list: what `read` gives is what `title` and `draw` take. */
export function figure<D>(entry: UngroupedFigure<D>): UngroupedFigure {
  return entry;
}

/** The figures with their group. */
export function inGroup(group: FigureGroup, figures: readonly UngroupedFigure[]): FigureEntry[] {
  return figures.map((one) => ({ ...one, group }));
}

/** Why a figure cannot be drawn. */
export class Undrawn {
  constructor(readonly reason: string) {}
}

/** The figure of data as its entry reads them. */
export function drawData(
  entry: FigureEntry,
  data: unknown,
  { paper = false, ...options }: FigureOptions & { paper?: boolean } = {},
): Figure {
  const defaultName = paper ? `${entry.name}-paper` : entry.name;
  return entry.draw(data, { defaultName, defaultTitle: entry.title(data), ...options, paper });
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
