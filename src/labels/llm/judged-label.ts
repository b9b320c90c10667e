import type { JudgedLabel } from "./choose.js";
import type { LabelEvidence, ShownExample } from "../evidence/evidence.js";
import type { Example, ExampleSets } from "../examples/example.js";
import type { Interpretation } from "./interpret.js";
import type { Label, Score } from "../../records/label.js";
import { type LabelProtocol, promptVersionOf } from "./protocol.js";
import type { TextLimit } from "../../words/truncate-text.js";

/** What a label is made from. */
export interface LabelParts {
  latent: number;
  sets: ExampleSets;
  /** The explainer's answers; the label is from the last one with labels. */
  explained: readonly Interpretation[];
  judged: JudgedLabel;
  protocol: LabelProtocol;
  models: { explainer: string; judge: string };
  limit: TextLimit;
  language?: string;
  judgeCheck?: Score;
  /** For families: the member that represents a row. */
  memberOf?: (row: number) => number | undefined;
}

/** The label as a record. */
export function recordOf(parts: LabelParts): Label {
  const { latent, sets, explained, judged, protocol, models } = parts;
  const { label: text, candidates, notes } = judged;
  const { language, judgeCheck } = parts;
  const records = explained.map(({ record }) => record).reverse();
  const { reason = "none proposed", reasoning } =
    records.find(({ labels }) => labels.includes(text)) ?? records[records.length - 1];
  return {
    of: kindOf(parts),
    id: latent,
    text,
    source: "llm",
    ...(text === "" ? { reason: `no label: ${reason}` } : {}),
    scores: ordered(judged.scores, protocol),
    model: models.explainer,
    judge: models.judge,
    ...(judgeCheck && { judgeCheck }),
    ...(language !== undefined && { language }),
    promptVersion: promptVersionOf(protocol),
    date: judged.date,
    examples: exampleIds(sets),
    ...(reasoning ? { reasoning } : {}),
    ...(candidates.length > 1 ? { candidates } : {}),
    failed: judged.failed + (text === "" ? 1 : 0),
    cost: judged.cost,
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/** The evidence for a label. */
export function evidenceOf(parts: LabelParts): LabelEvidence {
  const { latent, sets, explained, judged, protocol, models, limit, memberOf } = parts;
  return {
    of: kindOf(parts),
    latent,
    label: judged.label,
    ...models,
    promptVersion: promptVersionOf(protocol),
    date: judged.date,
    limit,
    shown: shownExamples(sets, memberOf),
    explanations: explained.map(({ record }) => record),
    verdicts: judged.verdicts,
  };
}

function kindOf({ memberOf }: LabelParts): Label["of"] {
  return memberOf === undefined ? "latent" : "family";
}

/** The protocol's primary score first, where it is known. */
function ordered(scores: readonly Score[], { primary }: LabelProtocol): Score[] {
  const isFirst = ({ name }: Score): boolean => name === primary;
  return [...scores.filter(isFirst), ...scores.filter((score) => !isFirst(score))];
}

/** Ids of the documents that a label is based on. */
function exampleIds({ explain, validate, score }: ExampleSets): NonNullable<Label["examples"]> {
  const ids = (set: readonly Example[]): string[] => set.map(({ id }) => id);
  return { explain: ids(explain), validate: ids(validate), score: ids(score) };
}

function shownExamples(sets: ExampleSets, memberOf: LabelParts["memberOf"]): ShownExample[] {
  return (["explain", "validate", "score"] as const).flatMap((set) =>
    sets[set].map(({ id, kind, activation, row }): ShownExample => {
      const member = kind === "active" ? memberOf?.(row) : undefined;
      return { id, set, kind, activation, ...(member === undefined ? {} : { member }) };
    }),
  );
}
