import type { ChatModel } from "../llm/types.js";
import type { OnProgress } from "../core/progress.js";
import { type Asking, addSpent, createAsking } from "./ask.js";
import { chooseAndScore } from "./choose.js";
import type { LabelEvidence } from "./evidence/evidence.js";
import type { ExampleOptions, ExampleSource } from "./examples/example.js";
import { drawExamples, fillOptions } from "./examples/draw-examples.js";
import { interpretLatent } from "./interpret.js";
import { evidenceOf, recordOf } from "./judged-label.js";
import type { Label } from "../records/label.js";
import { mapInOrder } from "./map-in-order.js";
import { type LabelProtocol, PROTOCOLS, fitExamples } from "./protocol.js";

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
  label: Label;
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
  const asking = createAsking(options.signal);
  const work = (latent: number): Promise<LabelledLatent> =>
    labelLatent(source, latent, options, asking);
  yield* labelInOrder("label", latents, work, options);
}

/** Runs `work` over the items, several at a time, and tells the progress with what was spent. */
export async function* labelInOrder<T, R>(
  step: string,
  items: readonly T[],
  work: (item: T) => Promise<R>,
  options: ModelLabelOptions,
): AsyncGenerator<R> {
  const { spent, onProgress } = options;
  let done = 0;
  const tell = (): void => {
    const note = spent && `$${spent().toFixed(4)}`;
    onProgress?.({ step, done, total: items.length, note });
  };
  tell();
  for await (const result of mapInOrder(items, work, options)) {
    yield result;
    done++;
    tell();
  }
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
    const reason = `skipped: ${sets.reason}`;
    return { label: { of: "latent", id: latent, text: "", source: "llm", reason, scores: [] } };
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
  const { limit } = fillOptions(drawing);
  const told = { latent, sets, explained, judged, protocol, models, limit };
  return { label: recordOf(told), evidence: evidenceOf(told) };
}
