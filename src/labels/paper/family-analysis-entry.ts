import type { Verdict } from "../evidence/evidence.js";
import { type Label, scoreNamed } from "../../records/label.js";

/** A family in the form of the paper's `family_analysis` files; unknown values are null. */
export interface FamilyAnalysisEntry {
  /** The judge's confidence per document, active ones first; 1 and -1 for yes and no. */
  predictions: (number | null)[];
  superfeature: string;
  super_reasoning: string;
  family_f1: number | null;
  family_pearson: number | null;
  /** The latents' own scores and labels, children first, the parent last. */
  feature_f1: (number | null)[];
  feature_pearson: (number | null)[];
  feature_names: string[];
  /** The parent latent. */
  index: number;
}

/** A family's name in the paper's form, with the verdicts of its evidence. */
export function familyAnalysisEntry(
  { id, text, reasoning = "", scores, members = [] }: Label,
  verdicts: readonly Verdict[] = [],
): FamilyAnalysisEntry {
  const scored = verdicts.filter(({ set }) => set === "score");
  const ordered = [
    ...scored.filter(({ expected }) => expected),
    ...scored.filter(({ expected }) => !expected),
  ];
  return {
    predictions: ordered.map(({ answer, confidence }) =>
      answer === null ? null : (confidence ?? (answer ? 1 : -1)),
    ),
    superfeature: text,
    super_reasoning: reasoning,
    family_f1: scoreNamed(scores, "f1") ?? null,
    family_pearson: scoreNamed(scores, "pearson") ?? null,
    feature_f1: members.map(({ f1 }) => f1 ?? null),
    feature_pearson: members.map(({ pearson }) => pearson ?? null),
    feature_names: members.map(({ label }) => label),
    index: id,
  };
}
