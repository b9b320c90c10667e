import type { Embedder } from "../../corpus/embedder.js";
import type { PricedChatModel } from "../../llm/chat.js";
import type { Estimate } from "../../llm/estimate.js";
import type { Matrix } from "../../core/matrix.js";
import { takeRows } from "../../core/matrix.js";
import { createRandom, sampleIndices } from "../../core/random.js";
import { encodeEmbeddings } from "../../sae/encode.js";
import { documentDirections } from "../../search/directions.js";
import {
  type EvaluationOptions,
  type SteeringEvaluation,
  evaluateSteering,
} from "../../search/study/evaluate-steering.js";
import { drawCases, drawQueries } from "../../search/study/evaluation-cases.js";
import { JUDGE_CHANCE } from "../../search/study/judge-question.js";
import {
  type EvaluatedTexts,
  type JudgedTrial,
  evaluateRewriting,
  judgeQuestions,
  judgeTrials,
  rewriteQuestions,
} from "../../search/study/model-evaluation.js";
import { typicalActivations } from "../../search/steer.js";
import type { SteeringTrial, TrialSource } from "../../search/study/trials.js";
import type { NamedCase, SteeringReport } from "./steering-report.js";
import type { AtlasStore } from "../store.js";

/** Queries, latents and models of an evaluation of steering. */
export interface AtlasSteeringOptions extends EvaluationOptions {
  /** How many documents are drawn as queries (default 300), or queries that are given. */
  queries?: number | GivenQueries;
  /** Draws documents as the paper does, so that one may come twice. Default false. */
  withReplacement?: boolean;
  /** Fewest documents of a latent that is steered; it has a label too. Default 20. */
  minActive?: number;
  /** Says which latents went up and down. Default none. */
  judge?: PricedChatModel;
  /** Cases that are judged, the first ones. Default 50, as in the paper. */
  judged?: number;
  /** Rewrites the queries for the baseline, which needs an embedder and the queries' texts. Default none. */
  writer?: PricedChatModel;
  /** The embedder of the corpus. */
  embedder?: Embedder;
}

/** Queries that are no documents of the corpus. */
export interface GivenQueries {
  /** [Q, d] */
  embeddings: Matrix;
  texts?: readonly string[];
}

const TEXT_SHOWN = 200;

/**
 * Evaluates steering on an atlas's documents. Half of them, drawn on the seed, can be found; the directions of the
 * method `documents` come from the other half, so that no document is sought by itself. Queries drawn from documents are
 * of the half that can be found, and never find themselves. Throws RangeError where a baseline lacks texts or an
 * embedder.
 */
export async function evaluateAtlasSteering(
  data: AtlasStore,
  options: AtlasSteeringOptions = {},
): Promise<SteeringReport> {
  const prepared = await prepare(data, options);
  const { source, texts } = prepared;
  const { evaluation, trials, plain } = await evaluateSteering(source, options);
  const { judge, writer, embedder, seed, onProgress, signal } = options;
  const asking = { onProgress, signal };
  if (writer && embedder) {
    const { top } = evaluation;
    const baseline = { writer, embedder, queryTexts: prepared.queryTexts, top, seed };
    const rewritten = await evaluateRewriting(
      source,
      plain,
      { ...baseline, labels: texts.labels },
      asking,
    );
    evaluation.rewriting = rewritten.evaluation;
    if (judge) {
      const own = rewritten.trials.filter((trial) => trial.case < judgedCases(options));
      const questions = judgeQuestions(source, plain, own, texts);
      const counted = await judgeTrials(judge, own, questions, () => "all", asking);
      evaluation.rewriting.judged = counted.get("all");
    }
  }
  if (judge) {
    const own = judgedTrials(trials, options);
    const questions = judgeQuestions(source, plain, own, texts);
    const counted = await judgeTrials(judge, own, questions, cellOf, asking);
    for (const cell of evaluation.cells) cell.judged = counted.get(cellOf(cell));
    const cases = Math.min(judgedCases(options), source.cases.length);
    evaluation.judge = { model: judge.model, cases, chance: JUDGE_CHANCE };
  }
  return { ...evaluation, cases: nameCases(evaluation, prepared) };
}

/** What the models of an evaluation would take, all steered searches done and no question sent. */
export async function estimateAtlasSteering(
  data: AtlasStore,
  options: AtlasSteeringOptions,
): Promise<{ judge?: Estimate; writer?: Estimate }> {
  const { source, texts, queryTexts } = await prepare(data, options);
  const { judge, writer } = options;
  const out: { judge?: Estimate; writer?: Estimate } = {};
  if (writer) {
    out.writer = await writer.estimate(rewriteQuestions(source, queryTexts, texts.labels));
  }
  if (judge) {
    const { trials, plain } = await evaluateSteering(source, options);
    // A rewritten query is not known yet: its results stand in by those of the plain search.
    const rewritten: JudgedTrial[] = writer
      ? plain.map(({ found }, at) => ({ case: at, found })).slice(0, judgedCases(options))
      : [];
    const asked = [...judgedTrials(trials, options), ...rewritten];
    const questions = judgeQuestions(source, plain, asked, texts);
    out.judge = await judge.estimate(questions.map(({ question }) => question));
  }
  return out;
}

interface Prepared {
  source: TrialSource;
  texts: EvaluatedTexts;
  /** Texts of the queries; empty where there are none. */
  queryTexts: string[];
  ids: (string | undefined)[];
}

async function prepare(data: AtlasStore, options: AtlasSteeringOptions): Promise<Prepared> {
  const { queries = 300, seed = 0, minActive = 20, withReplacement } = options;
  const [embeddings, sae, codes] = [await data.embeddings(), await data.sae(), await data.codes()];
  const [postings, records, documents] = [
    await data.postings(),
    await data.labels(),
    await data.documents(),
  ];
  const engine = await data.engine();
  const labels = Array.from({ length: sae.n }, (_, latent) => records.get(latent)?.text ?? "");
  const clean = [...labels.keys()].filter(
    (latent) =>
      labels[latent] !== "" && postings.offsets[latent + 1] - postings.offsets[latent] >= minActive,
  );
  const canBeFound = new Uint8Array(codes.rows);
  const half = sampleIndices(codes.rows, codes.rows >> 1, createRandom(seed));
  for (const row of half) canBeFound[row] = 1;
  const accept = (row: number): boolean => canBeFound[row] === 1;
  const rows =
    typeof queries === "number"
      ? drawQueries(half, { count: queries, seed: seed + 1, withReplacement })
      : undefined;
  const given = typeof queries === "number" ? undefined : queries;
  const vectors = given?.embeddings ?? takeRows(embeddings, rows ?? []);
  const queryTexts = given?.texts
    ? [...given.texts]
    : (rows ?? []).map((row) => documents[row].text);
  requireBaseline(options, queryTexts, vectors.rows);
  const queryCodes = await encodeEmbeddings(sae, vectors, { engine });
  const directions = documentDirections(sae, embeddings, postings, {
    accept: (row) => !accept(row),
  });
  return {
    source: {
      model: { engine, sae, typical: typicalActivations(postings), directions },
      embeddings,
      codes,
      queries: vectors,
      cases: drawCases({ codes: queryCodes, rows, clean, seed }),
      accept,
    },
    texts: {
      labels,
      clean,
      seed,
      documentText: (row) => shorten(documents[row].title || documents[row].text),
    },
    queryTexts,
    ids: (rows ?? []).map((row) => documents[row].id),
  };
}

function requireBaseline(
  { writer, embedder }: AtlasSteeringOptions,
  texts: readonly string[],
  count: number,
): void {
  if (!writer) return;
  if (!embedder) throw new RangeError("steering: rewritten queries need the corpus's embedder");
  if (texts.length !== count) {
    throw new RangeError("steering: queries given as vectors have no texts to rewrite");
  }
}

function nameCases(
  { cases }: SteeringEvaluation,
  { texts: { labels }, queryTexts, ids }: Prepared,
): NamedCase[] {
  return cases.map((own) => ({
    ...own,
    id: ids[own.query],
    text: queryTexts[own.query] && shorten(queryTexts[own.query]),
    upLabel: labels[own.up],
    downLabel: labels[own.down],
  }));
}

function judgedCases({ judged = 50 }: AtlasSteeringOptions): number {
  return judged;
}

function judgedTrials(
  trials: readonly SteeringTrial[],
  options: AtlasSteeringOptions,
): SteeringTrial[] {
  return trials.filter((trial) => trial.case < judgedCases(options));
}

function cellOf({ method, up, down }: Pick<SteeringTrial, "method" | "up" | "down">): string {
  return `${method} ${up} ${down}`;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > TEXT_SHOWN ? `${line.slice(0, TEXT_SHOWN)}…` : line;
}
