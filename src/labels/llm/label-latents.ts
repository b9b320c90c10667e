import type { ChatModel } from "../../llm/types.js";
import type { OnProgress } from "../../core/progress.js";
import { type Asking, addSpent, createAsking } from "./ask.js";
import { chooseAndScore } from "./choose.js";
import type { LabelEvidence } from "../evidence/evidence.js";
import type { ExampleOptions, ExampleSource } from "../examples/example.js";
import { drawExamples, fillOptions } from "../examples/draw-examples.js";
import { interpretLatent } from "./interpret.js";
import { evidenceOf, recordOf } from "./judged-label.js";
import type { Label } from "../../records/label.js";
import { mapInOrder } from "./map-in-order.js";
import { type LabelProtocol, PROTOCOLS, fitExamples } from "./protocol.js";

/** Options of labelling latents and families by a language model. */
export interface ModelLabelOptions {
  explainer: ChatModel;
  /** Default: the explainer. */
  judge?: ChatModel;
  /** Default PROTOCOLS.default. */
  protocol?: LabelProtocol;
  /** Replaces the protocol's examples. */
  examples?: ExampleOptions;
  /** What the corpus contains, for the prompts, such as "abstracts of papers in astronomy". */
  subject?: string;
  /** Random seed of the examples and of bootstraps. Default 0. */
  seed?: number;
  /** Latents labelled at a time, each with at least one question in flight. Default 64. */
  inFlight?: number;
  /** US dollars spent so far, for the progress report. */
  spent?: () => number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** A latent's label with its evidence; without evidence if the latent was skipped. */
export interface LabelledLatent {
  label: Label;
  evidence?: LabelEvidence;
}

/**
 * Labels latents, in the order given: the explainer proposes labels, the judge chooses one on the validate set and
 * scores it on documents that neither has seen. The result depends only on the answers, so with a ledger an interrupted
 * run continues where it stopped. A failed question fails its latent or document, not the run. Throws BudgetError,
 * ApiError if the server refuses all questions, and the signal's reason, in each case after yielding every finished
 * label.
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

/** Runs `work` over the items, several at a time, and reports progress with the amount spent. */
export async function* labelInOrder<T, R>(
  step: string,
  items: readonly T[],
  work: (item: T) => Promise<R>,
  options: ModelLabelOptions,
): AsyncGenerator<R> {
  const { spent, onProgress } = options;
  let done = 0;
  const report = (): void => {
    const note = spent && `$${spent().toFixed(4)}`;
    onProgress?.({ step, done, total: items.length, note });
  };
  report();
  for await (const result of mapInOrder(items, work, options)) {
    yield result;
    done++;
    report();
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
  const parts = { latent, sets, explained, judged, protocol, models, limit };
  return { label: recordOf(parts), evidence: evidenceOf(parts) };
}
