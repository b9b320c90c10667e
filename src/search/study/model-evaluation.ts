import type { Embedder } from "../../corpus/embedder.js";
import type { ChatModel } from "../../llm/types.js";
import { dot, matrixRow } from "../../core/matrix.js";
import type { OnProgress } from "../../core/progress.js";
import { askAll } from "./ask-all.js";
import { createBootstrap } from "../../core/bootstrap.js";
import { type MeasureMeans, measuresFrom } from "./equal-cosine.js";
import type { JudgeQuestion, JudgedSearches } from "./judge-question.js";
import { countVerdicts, judgeQuestion, readVerdict } from "./judge-question.js";
import { rewriteQuestion } from "./rewrite-question.js";
import type { PlainSearch, SteeringTrial, TrialMeasures, TrialSource } from "./trials.js";
import { createFinder, measureTrial } from "./trials.js";

/** What language models need to see of an evaluation. */
export interface EvaluatedTexts {
  /** Labels by latent. */
  labels: readonly string[];
  /** Latents whose labels may be listed next to the true ones. */
  clean: readonly number[];
  /** The text of a document as a judge reads it. */
  documentText: (row: number) => string;
  /** Default 0. */
  seed?: number;
}

/** A search whose results a judge sees. */
export type JudgedTrial = Pick<SteeringTrial, "case" | "found">;

/** How models are asked. */
interface AskingOptions {
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** Queries that a model rewrote, searched and measured as the steered ones are. */
export interface RewritingEvaluation {
  model: string;
  /** Name of the embedder. */
  embedder: string;
  failed: number;
  /** The new queries by case; undefined where the answer failed. */
  queries: (string | undefined)[];
  /** Cosine to the original by case; NaN where the answer failed. */
  cosines: number[];
  /** `others` is not measured: its `n` is 0. */
  measures: MeasureMeans;
  judged?: JudgedSearches;
}

/** The questions about trials, in their order. */
export function judgeQuestions(
  source: TrialSource,
  plain: readonly PlainSearch[],
  trials: readonly JudgedTrial[],
  { labels, clean, documentText, seed }: EvaluatedTexts,
): JudgeQuestion[] {
  const textsOf = (rows: Uint32Array): string[] => Array.from(rows, (row) => documentText(row));
  return trials.map(({ case: at, found }) =>
    judgeQuestion(
      {
        id: at,
        up: source.cases[at].up,
        down: source.cases[at].down,
        before: textsOf(plain[at].found),
        after: textsOf(found),
      },
      labels,
      clean,
      seed,
    ),
  );
}

/** Has a judge answer questions about trials; verdicts are counted by the groups that `groupOf` names. */
export async function judgeTrials<T extends JudgedTrial>(
  judge: ChatModel,
  trials: readonly T[],
  questions: readonly JudgeQuestion[],
  groupOf: (trial: T) => string,
  { onProgress, signal }: AskingOptions = {},
): Promise<Map<string, JudgedSearches>> {
  const answers = await askAll(
    judge,
    questions.map(({ question }) => question),
    { step: "judge", onProgress, signal },
  );
  const groups = new Map<string, ReturnType<typeof readVerdict>[]>();
  for (const [i, trial] of trials.entries()) {
    const verdict = readVerdict(answers[i], questions[i].kinds);
    const group = groups.get(groupOf(trial));
    if (group) group.push(verdict);
    else groups.set(groupOf(trial), [verdict]);
  }
  return new Map([...groups].map(([name, verdicts]) => [name, countVerdicts(verdicts)]));
}

/** The baseline: a model rewrites every case's query, which is embedded, searched and measured. */
export async function evaluateRewriting(
  source: TrialSource,
  plain: readonly PlainSearch[],
  { writer, embedder, queryTexts, labels, top, seed }: RewritingOptions,
  { onProgress, signal }: AskingOptions = {},
): Promise<{ evaluation: RewritingEvaluation; trials: JudgedTrial[] }> {
  const { cases, queries, model } = source;
  const answers = await askAll(writer, rewriteQuestions(source, queryTexts, labels), {
    step: "rewrite",
    onProgress,
    signal,
  });
  const written = answers.map((answer) =>
    answer.status === "ok" ? answer.value.query : undefined,
  );
  const known = written.flatMap((text, at) => (text === undefined ? [] : [{ text, at }]));
  const rows = await embedder.embed(
    known.map(({ text }) => text),
    { signal },
  );
  const find = createFinder(source, model.engine, top);
  const found =
    known.length === 0
      ? []
      : await find(
          rows,
          known.map(({ at }) => cases[at]),
        );
  const cosines = cases.map(() => NaN);
  const measures: (Partial<TrialMeasures> | undefined)[] = cases.map(() => undefined);
  for (const [i, { at }] of known.entries()) {
    const [row, original] = [matrixRow(rows, i), matrixRow(queries, cases[at].query)];
    cosines[at] = dot(row, original) / Math.sqrt(dot(row, row) * dot(original, original));
    measures[at] = measureTrial(source, at, plain[at], found[i]);
  }
  const bootstrap = createBootstrap(cases.length, { seed });
  const means = measuresFrom((measure) => bootstrap(measures.map((own) => own?.[measure] ?? NaN)));
  return {
    evaluation: {
      model: writer.model,
      embedder: embedder.id,
      failed: cases.length - known.length,
      queries: written,
      cosines,
      measures: means,
    },
    trials: known.map(({ at }, i) => ({ case: at, found: found[i] })),
  };
}

/** Who rewrites, and what. */
export interface RewritingOptions {
  writer: ChatModel;
  embedder: Embedder;
  /** Text of every query [Q]. */
  queryTexts: readonly string[];
  labels: readonly string[];
  top: number;
  seed?: number;
}

/** The questions of the baseline, by case. */
export function rewriteQuestions(
  { cases }: TrialSource,
  queryTexts: readonly string[],
  labels: readonly string[],
): ReturnType<typeof rewriteQuestion>[] {
  return cases.map(({ query, up, down }) =>
    rewriteQuestion(queryTexts[query], labels[up], labels[down]),
  );
}
