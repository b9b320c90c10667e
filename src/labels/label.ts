/** Where a label comes from. A human's label wins over every other, an imported one over a computed one. */
export type LabelSource = "keywords" | "llm" | "import" | "human";

/** How well a label describes its latent, by one measure. */
export interface LabelScore {
  /** The measure, such as "keyword-coverage", "f1", "pearson" or "balanced-accuracy". */
  name: string;
  value: number;
  /** Documents (or answers) that the value was measured on. */
  n: number;
  /** Lower and upper bound at 95 %, where the measure gives one. */
  interval?: [number, number];
}

/**
 * One latent's label. The same shape serves every source, so that a language model's labels replace the keywords
 * latent by latent.
 */
export interface LabelRecord {
  latent: number;
  /** Empty where the latent has no label; `reason` then says why. */
  label: string;
  source: LabelSource;
  /** Why there is no label, such as "active in no document". */
  reason?: string;
  /** The measure that this source is judged by first. */
  score?: number;
  scoreName?: string;
  /** Documents (or answers) behind `score`. */
  n?: number;
  /** Lower and upper bound of `score` at 95 %. */
  interval?: [number, number];
  /** Further measures. */
  scores?: LabelScore[];
  /** Distinctive words, strongest first; more than the label shows. */
  keywords?: string[];
  /** The language model, for source "llm". */
  model?: string;
  /** The model that judged it. */
  judge?: string;
  /** Version of the prompts, for source "llm". */
  promptVersion?: string;
  /** When the label was made, ISO 8601. */
  date?: string;
  /** Documents behind label and scores, so that anybody can score again; for source "llm". */
  examples?: LabelExamples;
  /** What the model wrote before it named the label. */
  reasoning?: string;
  /** Labels that the model proposed, with their score by which one was chosen. */
  candidates?: { label: string; score?: number }[];
  /** Answers that never came or could not be read; they count neither as right nor as wrong. */
  failed?: number;
  /** Price of all questions about it, in dollars. */
  cost?: number;
  /** What a reader should know, such as why a measure is undefined. */
  notes?: string[];
}

/** Ids of the documents that a label was made from, chosen by and scored on; disjoint. */
export interface LabelExamples {
  explain: string[];
  validate: string[];
  score: string[];
}

/** Strength of a source when several label the same latent: the higher wins. */
const PRECEDENCE: Record<LabelSource, number> = { keywords: 0, llm: 1, import: 2, human: 3 };

/**
 * One record a latent from several lists: a label wins over none, then the stronger source (human, import, llm,
 * keywords), then the later list. Ascending by latent.
 */
export function mergeLabels(...lists: readonly (readonly LabelRecord[])[]): LabelRecord[] {
  const best = new Map<number, LabelRecord>();
  for (const record of lists.flat()) {
    const kept = best.get(record.latent);
    if (kept === undefined || rank(record) >= rank(kept)) best.set(record.latent, record);
  }
  return [...best.values()].sort((a, b) => a.latent - b.latent);
}

/** The label, or "latent 12" where there is none: for titles and axes. */
export function displayLabel(record: Pick<LabelRecord, "latent" | "label">): string {
  return record.label === "" ? `latent ${record.latent}` : record.label;
}

/** All scores of a record, the first measure first. */
export function labelScores(record: LabelRecord): LabelScore[] {
  const { score, scoreName, n, interval, scores = [] } = record;
  if (score === undefined || scoreName === undefined) return scores;
  const first: LabelScore = { name: scoreName, value: score, n: n ?? 0 };
  if (interval !== undefined) first.interval = interval;
  return [first, ...scores];
}

function rank(record: LabelRecord): number {
  return record.label === "" ? -1 : PRECEDENCE[record.source];
}
