import type { ChatModel } from "../../llm/types.js";
import type { OnProgress } from "../../core/progress.js";
import { type Asking, addSpent, createAsking } from "./ask.js";
import { chooseAndScore } from "./choose.js";
import type { LabelEvidence } from "../evidence/evidence.js";
import type { ExampleOptions, ExampleSource } from "../examples/example.js";
import { drawExamples, fillOptions } from "../examples/draw-examples.js";
import { interpretLatent } from "./interpret.js";
import { evidenceOf, recordOf } from "./judged-label.js";
import type { Label, Score } from "../../records/label.js";
import { type TextLimit, truncateText } from "../../words/truncate-text.js";
import { strongestSlots } from "../examples/active-examples.js";
import { activeTest } from "../examples/inactive-examples.js";
import { sameName } from "./names.js";
import { mapInOrder } from "./map-in-order.js";
import { type LabelProtocol, PROTOCOLS, fitExamples } from "./protocol.js";

/** Documents of another latent that show what its label stands for. */
const CONTRAST_TEXTS = 5;

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
  /** The language of the labels, such as "German". Default: the model's choice. */
  language?: string;
  /** Kept with each label: how well the judge tells true labels from others, from checkJudge. */
  judgeCheck?: Score;
  /** Random seed of the examples and of bootstraps. Default 0. */
  seed?: number;
  /** Latents labelled at a time, each with at least one question in flight. Default 64. */
  inFlight?: number;
  /** US dollars spent so far, for the progress report. */
  spent?: () => number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** Options of labelLatents. */
export interface LatentLabelOptions extends ModelLabelOptions {
  /**
   * Latents that a latent may not share its label with, such as its family and its nearest neighbours. Of two latents of a
   * run, the later one gets another label. Default none.
   */
  rivalsOf?: (latent: number) => readonly number[];
  /** The labels of latents outside the run. */
  labelOf?: (latent: number) => Label | undefined;
}

/** A latent's label with its evidence; without evidence if the latent was skipped. */
export interface LabelledLatent {
  label: Label;
  evidence?: LabelEvidence;
}

/**
 * Labels latents, in the order given: the explainer proposes labels, the judge chooses one on the validate set and
 * scores it on documents that neither has seen. Where a rival has all proposed labels, the explainer is asked once more
 * for what tells the two apart. The result depends only on the answers, so with a ledger an interrupted run continues
 * where it stopped. A failed question fails its latent or document, not the run. Throws BudgetError, Error if 20 questions
 * in a row get no usable answer, and the signal's reason, in each case after yielding every finished label.
 */
export async function* labelLatents(
  source: ExampleSource,
  latents: readonly number[],
  options: LatentLabelOptions,
): AsyncGenerator<LabelledLatent> {
  const asking = createAsking(options.signal);
  const places = new Map(latents.map((latent, place) => [latent, place]));
  const texts = new Map<number, Promise<string>>();
  const takenFrom = async (latent: number): Promise<Taken[]> => {
    const taken: Taken[] = [];
    for (const rival of options.rivalsOf?.(latent) ?? []) {
      const place = places.get(rival);
      // Waiting for later latents, too, could wait forever.
      if (place !== undefined && place >= (places.get(latent) ?? 0)) continue;
      // A latent that gets none today keeps that of yesterday.
      const label = (await texts.get(rival)) || options.labelOf?.(rival)?.text;
      if (label) taken.push({ rival, label });
    }
    return taken;
  };
  const work = (latent: number): Promise<LabelledLatent> => {
    const labelled = labelLatent(source, latent, options, asking, () => takenFrom(latent));
    texts.set(
      latent,
      labelled.then(
        ({ label }) => label.text,
        () => "",
      ),
    );
    return labelled;
  };
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

/** A label that another latent has. */
interface Taken {
  rival: number;
  label: string;
}

async function labelLatent(
  source: ExampleSource,
  latent: number,
  options: LatentLabelOptions,
  asking: Asking,
  takenLabels: () => Promise<Taken[]>,
): Promise<LabelledLatent> {
  const { explainer, judge = explainer, protocol = PROTOCOLS.default, subject, seed = 0 } = options;
  asking.signal?.throwIfAborted();
  const drawing = { seed, ...(options.examples ?? fitExamples(protocol.examples, source)) };
  const sets = drawExamples(source, latent, drawing);
  if ("reason" in sets) {
    const reason = `skipped: ${sets.reason}`;
    return { label: { of: "latent", id: latent, text: "", source: "llm", reason, scores: [] } };
  }
  const { limit } = fillOptions(drawing);
  const { language, judgeCheck } = options;
  const context = { ...asking, ...protocol, subject, language };
  const explained = [await interpretLatent(explainer, sets.explain, context)];
  const taken = await takenLabels();
  const takenBy = (name: string): Taken | undefined =>
    taken.find(({ label }) => sameName(label, name));
  const isFree = (name: string): boolean => takenBy(name) === undefined;
  let candidates = explained[0].labels.filter(isFree);
  const collision = explained[0].labels.map(takenBy)[0];
  if (candidates.length === 0 && collision !== undefined) {
    const { rival, label } = collision;
    const others = strongestTexts(source, rival, { without: latent, limit });
    const again = { ...context, taken: { label, texts: others } };
    explained.push(await interpretLatent(explainer, sets.explain, again));
    candidates = explained[1].labels.filter(isFree);
  }
  const isShared = candidates.length === 0 && collision !== undefined;
  const proposed = isShared ? explained[0].labels : candidates;
  const judging = { ...asking, subject, seed };
  const judged = await chooseAndScore(judge, proposed, sets, protocol, judging);
  for (const one of explained) addSpent(judged, one);
  if (isShared) judged.notes.push(`latent ${collision.rival} has the same label`);
  const models = { explainer: explainer.model, judge: judge.model };
  const parts = {
    ...{ latent, sets, explained, judged, protocol, models, limit, language, judgeCheck },
  };
  return { label: recordOf(parts), evidence: evidenceOf(parts) };
}

/** Texts in which one latent is strongest and another is not active. */
function strongestTexts(
  { postings, documents }: ExampleSource,
  latent: number,
  { without, limit }: { without: number; limit: TextLimit },
): string[] {
  const isActive = activeTest(postings, without);
  return [...strongestSlots(postings, latent)]
    .map((slot) => postings.rows[slot])
    .filter((row) => !isActive(row))
    .slice(0, CONTRAST_TEXTS)
    .map((row) => truncateText(documents[row].text, limit));
}
