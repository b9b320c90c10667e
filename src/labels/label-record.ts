import type { JudgedLabel } from "./choose.js";
import type { LabelEvidence, ShownExample } from "./evidence/evidence.js";
import type { Example, ExampleSets } from "./examples/example.js";
import type { Interpretation } from "./interpret.js";
import type { LabelRecord, LabelScore } from "./label.js";
import { type LabelProtocol, promptVersionOf } from "./protocol.js";
import type { TextLimit } from "../words/truncate-text.js";

/** What a record is made of. */
export interface Told {
  latent: number;
  sets: ExampleSets;
  explained: Interpretation;
  judged: JudgedLabel;
  protocol: LabelProtocol;
  models: { explainer: string; judge: string };
  limit: TextLimit;
  /** For families: the member that speaks for a row. */
  memberOf?: (row: number) => number | undefined;
}

/** The record of a label. */
export function recordOf({ latent, sets, explained, judged, protocol, models }: Told): LabelRecord {
  const { label, candidates, notes } = judged;
  const { reason = "none proposed", reasoning } = explained.record;
  return {
    latent,
    label,
    source: "llm",
    ...(label === "" ? { reason: `no label: ${reason}` } : {}),
    ...recordScores(judged.scores, protocol),
    model: models.explainer,
    judge: models.judge,
    promptVersion: promptVersionOf(protocol),
    date: judged.date,
    examples: exampleIds(sets),
    ...(reasoning ? { reasoning } : {}),
    ...(candidates.length > 1 ? { candidates } : {}),
    failed: judged.failed + (label === "" ? 1 : 0),
    cost: judged.cost,
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/** What stands behind a label. */
export function evidenceOf({
  latent,
  sets,
  explained,
  judged,
  protocol,
  models,
  limit,
  memberOf,
}: Told): LabelEvidence {
  return {
    of: memberOf === undefined ? "latent" : "family",
    latent,
    label: judged.label,
    ...models,
    promptVersion: promptVersionOf(protocol),
    date: judged.date,
    limit,
    shown: shownExamples(sets, memberOf),
    explanations: [explained.record],
    verdicts: judged.verdicts,
  };
}

/** The fields of a record that hold its scores, the protocol's own first. */
function recordScores(
  scores: readonly LabelScore[],
  { primary }: LabelProtocol,
): Pick<LabelRecord, "score" | "scoreName" | "n" | "interval" | "scores"> {
  const first = scores.find(({ name }) => name === primary);
  if (first === undefined) return {};
  const { name, value, n, interval } = first;
  const others = scores.filter((score) => score !== first);
  return { score: value, scoreName: name, n, interval, scores: others };
}

/** Ids of the documents behind a label. */
function exampleIds({
  explain,
  validate,
  score,
}: ExampleSets): NonNullable<LabelRecord["examples"]> {
  const ids = (set: readonly Example[]): string[] => set.map(({ id }) => id);
  return { explain: ids(explain), validate: ids(validate), score: ids(score) };
}

function shownExamples(sets: ExampleSets, memberOf: Told["memberOf"]): ShownExample[] {
  return (["explain", "validate", "score"] as const).flatMap((set) =>
    sets[set].map(({ id, kind, activation, row }): ShownExample => {
      const member = kind === "active" ? memberOf?.(row) : undefined;
      return { id, set, kind, activation, ...(member === undefined ? {} : { member }) };
    }),
  );
}
