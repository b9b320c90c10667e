import type { ChatModel } from "../llm/types.js";
import type { OnProgress } from "../progress.js";
import { type Asking, type Spent, addSpent, createPatience } from "./ask.js";
import type { LabelEvidence, ShownExample, Verdict } from "./evidence.js";
import {
  type Example,
  type ExampleOptions,
  type ExampleSets,
  type ExampleSource,
  drawExamples,
  fillOptions,
} from "./examples.js";
import { type Interpretation, interpretLatent } from "./interpret.js";
import { judgeLabel } from "./judge.js";
import type { LabelRecord, LabelScore } from "./label.js";
import { mapInOrder } from "./map-in-order.js";
import { measureVerdicts, scoreNamed } from "./measures.js";
import { type LabelProtocol, PROTOCOLS, fitExamples, promptVersionOf } from "./protocol.js";

/** How latents and families are labelled by a language model. */
export interface ModelLabelOptions {
  explainer: ChatModel;
  /** Default the explainer. */
  judge?: ChatModel;
  /** Default PROTOCOLS.default. */
  protocol?: LabelProtocol;
  /** In place of the protocol's own. */
  examples?: ExampleOptions;
  /** What the corpus holds, for the prompts, such as "abstracts of papers in astronomy". */
  subject?: string;
  /** Of the examples and of bootstraps. Default 0. */
  seed?: number;
  /** Labelled at a time; each asks at least one question at any time. Default 64. */
  inFlight?: number;
  /** US dollars spent so far, for the progress. */
  spent?: () => number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** A latent's label with what stands behind it; without evidence where it was skipped. */
export interface LabelledLatent {
  record: LabelRecord;
  evidence?: LabelEvidence;
}

/**
 * Labels latents, in the order given: the explainer proposes labels, the judge chooses one by the validate set and
 * scores it on documents that neither has seen. What a latent gets depends on the answers alone, so with a ledger a
 * run that was stopped or killed goes on where it was. A failed question fails its latent or document, not the run.
 * Throws BudgetError, ApiError where the server takes no question at all, and the signal's reason, each after every
 * label that is done was given.
 */
export async function* labelLatents(
  source: ExampleSource,
  latents: readonly number[],
  options: ModelLabelOptions,
): AsyncGenerator<LabelledLatent> {
  const asking: Asking = { patience: createPatience(), signal: options.signal };
  const work = (latent: number): Promise<LabelledLatent> =>
    labelLatent(source, latent, options, asking);
  let done = 0;
  const tell = (): void =>
    options.onProgress?.({
      step: "label",
      done,
      total: latents.length,
      note: tellSpent(options.spent),
    });
  tell();
  for await (const labelled of mapInOrder(latents, work, options)) {
    yield labelled;
    done++;
    tell();
  }
}

/** Such as "$0.0123". */
export function tellSpent(spent: (() => number) | undefined): string | undefined {
  return spent && `$${spent().toFixed(4)}`;
}

async function labelLatent(
  source: ExampleSource,
  latent: number,
  options: ModelLabelOptions,
  asking: Asking,
): Promise<LabelledLatent> {
  const { explainer, judge = explainer, protocol = PROTOCOLS.default, subject, seed = 0 } = options;
  asking.signal?.throwIfAborted();
  const drawing = { seed, ...(options.examples ?? fitExamples(protocol.examples, source)) };
  const sets = drawExamples(source, latent, drawing);
  if ("reason" in sets) {
    return { record: { latent, label: "", source: "llm", reason: `skipped: ${sets.reason}` } };
  }
  const explained = await interpretLatent(explainer, sets.explain, {
    ...asking,
    candidates: protocol.candidates,
    subject,
  });
  const judged = await chooseAndScore(judge, explained.labels, sets, protocol, {
    ...asking,
    subject,
    seed,
  });
  addSpent(judged, explained);
  const models = { explainer: explainer.model, judge: judge.model };
  const told = { latent, sets, explained, judged, protocol, models };
  return {
    record: recordOf(told),
    evidence: {
      of: "latent",
      latent,
      label: judged.label,
      ...models,
      promptVersion: promptVersionOf(protocol),
      date: judged.date,
      limit: fillOptions(drawing).limit,
      shown: shownExamples(sets),
      explanations: [explained.record],
      verdicts: judged.verdicts,
    },
  };
}

/** What a record is made of. */
export interface Told {
  latent: number;
  sets: ExampleSets;
  explained: Interpretation;
  judged: JudgedLabel;
  protocol: LabelProtocol;
  models: { explainer: string; judge: string };
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

/** A label chosen among candidates, with its scores. */
export interface JudgedLabel extends Spent {
  /** Empty where there was no candidate. */
  label: string;
  candidates: { label: string; score?: number }[];
  scores: LabelScore[];
  /** Documents of the score set without an answer. */
  failed: number;
  notes: string[];
  verdicts: Verdict[];
}

/**
 * Chooses the candidate with the highest balanced accuracy on the validate set, then the highest AUC, then the first
 * one, and scores it on the score set.
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
  // One candidate alone needs no choice, and a set without documents allows none.
  const isChoice = candidates.length > 1 && validate.length > 0;
  const trials = await Promise.all(
    candidates.map(async (label) => {
      const { verdicts, ...trialSpent } = isChoice
        ? await judgeLabel(judge, label, validate, "validate", asked)
        : { verdicts: [], cost: 0, date: "" };
      addSpent(spent, trialSpent);
      const { scores } = measureVerdicts(verdicts);
      const accuracy = scoreNamed(scores, "balanced-accuracy");
      return { label, verdicts, accuracy, auc: scoreNamed(scores, "auc") };
    }),
  );
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

/** The documents behind a label as the evidence tells them. */
export function shownExamples(
  sets: ExampleSets,
  memberOf?: (row: number) => number | undefined,
): ShownExample[] {
  return (["explain", "validate", "score"] as const).flatMap((set) =>
    sets[set].map(({ id, kind, activation, row }): ShownExample => {
      const member = kind === "active" ? memberOf?.(row) : undefined;
      return { id, set, kind, activation, ...(member === undefined ? {} : { member }) };
    }),
  );
}
