/** Where a label comes from. A human's label wins over every other, an imported one over a computed one. */
export type LabelSource = "keywords" | "llm" | "import" | "human";

/** How well a label describes its latent or family, by one measure. */
export interface Score {
  /** The measure, such as "keyword-coverage", "f1", "pearson" or "balanced-accuracy". */
  name: string;
  value: number;
  /** Documents (or answers) that the value was measured on; 0 where that is not known. */
  n: number;
  /** Lower and upper bound at 95 %, where the measure gives one. */
  interval?: [number, number];
}

/**
 * The label of a latent, or the name of a family. The same record serves every source, so that a language model's labels
 * replace the keywords latent by latent.
 */
export interface Label {
  of: "latent" | "family";
  /** The latent, or the parent latent of the family. */
  id: number;
  /** Empty where there is no label; `reason` then says why. */
  text: string;
  source: LabelSource;
  /** Why there is no label, such as "active in no document". */
  reason?: string;
  /** The measure that this source is judged by first, then further ones. */
  scores: Score[];
  /** Distinctive words, strongest first; more than the label shows. */
  keywords?: string[];
  /** The language model, for source "llm". */
  model?: string;
  /** The model that judged it. */
  judge?: string;
  /** How well that model tells true labels from others: an AUC, 0.5 for one that cannot. */
  judgeCheck?: Score;
  /** The language that was asked for, such as "German". */
  language?: string;
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
  /** For a family named by a language model: its latents, the children in the family's order, then the parent. */
  members?: FamilyMemberScore[];
}

/** Ids of the documents that a label was made from, chosen by and scored on; disjoint. */
export interface LabelExamples {
  explain: string[];
  validate: string[];
  score: string[];
}

/** How a family's name compares with the label of one of its latents. */
export interface FamilyMemberScore {
  latent: number;
  /** Empty where it has none. */
  label: string;
  /** Scores of the latent's own label on its own documents, as far as they are known. */
  f1?: number;
  pearson?: number;
  /** Of the family's name on those of its documents in which this latent is active, against those of no member. */
  familyF1?: number;
  familyPearson?: number;
  /** Documents behind these two. */
  familyN?: number;
}

/** The name of the score that keyword labels carry. */
export const KEYWORD_SCORE = "keyword-coverage";

/** Value of a measure for a label that says nothing of its latent. */
const CHANCE: ReadonlyMap<string, number> = new Map([
  ["balanced-accuracy", 0.5],
  ["auc", 0.5],
  ["embedding-auc", 0.5],
  ["pearson", 0],
  [KEYWORD_SCORE, 0],
]);

/** Strength of a source when several label the same latent: the higher wins. */
const PRECEDENCE: Record<LabelSource, number> = { keywords: 0, llm: 2, import: 4, human: 5 };

/**
 * One label per latent (or per family) from several lists: a label wins over none, then the stronger source (human, import,
 * llm, keywords), then the later list. A model's label that is no better than chance does not win over keywords that are.
 * Ascending by id.
 */
export function mergeLabels(...lists: readonly (readonly Label[])[]): Label[] {
  const best = new Map<number, Label>();
  for (const label of lists.flat()) {
    const kept = best.get(label.id);
    if (kept === undefined || rank(label) >= rank(kept)) best.set(label.id, label);
  }
  return [...best.values()].sort((a, b) => a.id - b.id);
}

/** The label, or "latent 12" where there is none: for titles and axes. */
export function displayLabel({ id, text }: Pick<Label, "id" | "text">): string {
  return text === "" ? `latent ${id}` : text;
}

/** The value of a measure by its name. */
export function scoreNamed(scores: readonly Score[], name: string): number | undefined {
  return scores.find((score) => score.name === name)?.value;
}

/** A copy of the label with one more score, in place of an earlier one of that name. */
export function withScore(label: Label, score: Score): Label {
  const { scores, ...rest } = label;
  // Files have the fields in the record's order, and a score that was measured later behind the others.
  if (scores.length === 0) return { ...rest, scores: [score] };
  const others = scores.filter(({ name }) => name !== score.name);
  const isFirst = scores[0].name === score.name;
  return { ...label, scores: isFirst ? [score, ...others] : [...others, score] };
}

/**
 * Whether some score of a label lies above chance, with its 95 % interval where it has one. A label without a score does
 * not; one whose scores are all of unknown chance, such as F1, does.
 */
export function isAboveChance({ scores }: Pick<Label, "scores">): boolean {
  const known = scores.filter(({ name }) => CHANCE.has(name));
  if (known.length === 0) return scores.length > 0;
  return known.some(
    ({ name, value, interval }) => (interval?.[0] ?? value) > (CHANCE.get(name) ?? 0),
  );
}

/** A measure's value on a scale on which chance is 0 and the best 1; as it is where chance is not known. */
export function overChance(name: string, value: number): number {
  const chance = CHANCE.get(name) ?? 0;
  return (value - chance) / (1 - chance);
}

function rank(label: Label): number {
  const { text, source } = label;
  if (text === "") return -1;
  if (source === "llm" && !isAboveChance(label)) return 0.5;
  return source === "keywords" && isAboveChance(label) ? 1 : PRECEDENCE[source];
}
