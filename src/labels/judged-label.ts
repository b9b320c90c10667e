import type { JudgedLabel } from "./choose.js";
import type { LabelEvidence, ShownExample } from "./evidence/evidence.js";
import type { Example, ExampleSets } from "./examples/example.js";
import type { Interpretation } from "./interpret.js";
import type { Label, Score } from "../records/label.js";
import { type LabelProtocol, promptVersionOf } from "./protocol.js";
import type { TextLimit } from "../words/truncate-text.js";

/** What a label is made of. */
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

/** The label as a record. */
export function recordOf(told: Told): Label {
  const { latent, sets, explained, judged, protocol, models } = told;
  const { label: text, candidates, notes } = judged;
  const { reason = "none proposed", reasoning } = explained.record;
  return {
    of: kindOf(told),
    id: latent,
    text,
    source: "llm",
    ...(text === "" ? { reason: `no label: ${reason}` } : {}),
    scores: ordered(judged.scores, protocol),
    model: models.explainer,
    judge: models.judge,
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

/** What stands behind a label. */
export function evidenceOf(told: Told): LabelEvidence {
  const { latent, sets, explained, judged, protocol, models, limit, memberOf } = told;
  return {
    of: kindOf(told),
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

function kindOf({ memberOf }: Told): Label["of"] {
  return memberOf === undefined ? "latent" : "family";
}

/** The protocol's own score first, then the others; none without it. */
function ordered(scores: readonly Score[], { primary }: LabelProtocol): Score[] {
  const first = scores.find(({ name }) => name === primary);
  return first === undefined ? [] : [first, ...scores.filter((score) => score !== first)];
}

/** Ids of the documents behind a label. */
function exampleIds({ explain, validate, score }: ExampleSets): NonNullable<Label["examples"]> {
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
