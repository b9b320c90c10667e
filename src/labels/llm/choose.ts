import type { ChatModel } from "../../llm/types.js";
import { type Asking, type Spent, addSpent } from "./ask.js";
import type { Verdict } from "../evidence/evidence.js";
import type { ExampleSets } from "../examples/example.js";
import { judgeLabel } from "./judge.js";
import { type Score, scoreNamed } from "../../records/label.js";
import { measureVerdicts } from "../measures.js";
import type { LabelProtocol } from "./protocol.js";

/** A label chosen among candidates, with its scores. */
export interface JudgedLabel extends Spent {
  /** Empty if there was no candidate. */
  label: string;
  candidates: { label: string; score?: number }[];
  scores: Score[];
  /** Documents of the score set without an answer. */
  failed: number;
  notes: string[];
  verdicts: Verdict[];
}

interface Trial {
  label: string;
  verdicts: Verdict[];
  accuracy?: number;
  auc?: number;
}

/**
 * Chooses the candidate with the highest balanced accuracy on the validate set (ties: highest AUC, then first) and
 * scores it on the score set.
 */
export async function chooseAndScore(
  judge: ChatModel,
  candidates: readonly string[],
  { validate, score }: Pick<ExampleSets, "validate" | "score">,
  protocol: LabelProtocol,
  options: Asking & { subject?: string; seed: number },
): Promise<JudgedLabel> {
  const asked = { ...protocol, ...options };
  const spent: Spent = { cost: 0, date: "" };
  if (candidates.length === 0) {
    const none = { candidates: [], scores: [], failed: 0, notes: [], verdicts: [] };
    return { label: "", ...none, ...spent };
  }
  // A single candidate needs no choice, and an empty validate set allows none.
  const isChoice = candidates.length > 1 && validate.length > 0;
  const trials: Trial[] = [];
  // One after the other, so that the next one finds the documents in the provider's cache.
  for (const label of candidates) {
    const { verdicts, ...cost } = isChoice
      ? await judgeLabel(judge, label, validate, "validate", asked)
      : { verdicts: [], cost: 0, date: "" };
    addSpent(spent, cost);
    const { scores } = measureVerdicts(verdicts);
    const accuracy = scoreNamed(scores, "balanced-accuracy");
    trials.push({ label, verdicts, accuracy, auc: scoreNamed(scores, "auc") });
  }
  const best = trials.reduce((kept, trial) => {
    const gain = (trial.accuracy ?? -1) - (kept.accuracy ?? -1);
    return gain > 0 || (gain === 0 && (trial.auc ?? -1) > (kept.auc ?? -1)) ? trial : kept;
  });
  const judged = await judgeLabel(judge, best.label, score, "score", asked);
  addSpent(spent, judged);
  const { scores, failed, notes } = measureVerdicts(judged.verdicts, options);
  return {
    label: best.label,
    candidates: trials.map(({ label, accuracy }) =>
      accuracy === undefined ? { label } : { label, score: accuracy },
    ),
    scores,
    failed,
    notes: failed > 0 ? [...notes, `${failed} documents without an answer`] : notes,
    verdicts: [...trials.flatMap(({ verdicts }) => verdicts), ...judged.verdicts],
    ...spent,
  };
}
