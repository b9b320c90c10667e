import { existsSync } from "node:fs";
import { requireChoice, requireCount, requireText } from "../../core/arguments.js";
import { ArgumentError } from "../../core/errors.js";
import type { Presentable, PresentationPart } from "../../core/presentation.js";
import type { OnProgress } from "../../core/progress.js";
import type { Embedder } from "../../corpus/embedder.js";
import { allowThinking } from "../../labels/llm/ask.js";
import type { InactiveKind } from "../../labels/examples/example.js";
import type { LabelModelOptions } from "../../labels/llm/models.js";
import { defaultProtocol, openLabelModels } from "../../labels/llm/models.js";
import { type LabelProtocol, PROTOCOLS, type ProtocolName } from "../../labels/llm/protocol.js";
import { sampleOverDensities } from "../../labels/llm/sample.js";
import { createBudget } from "../../llm/budget.js";
import { openLedger } from "../../llm/ledger.js";
import { type RehearsalEstimate, createRehearsal } from "../../llm/rehearsal.js";
import type { ChatModel } from "../../llm/types.js";
import type { Label } from "../../records/label.js";
import type { LabelAtlasOptions, LabelAtlasReport } from "./label-atlas.js";
import { labelAtlas, rehearseLabels } from "./label-atlas.js";
import { type Terms, findTerms, namesOf } from "../search/search.js";
import type { AtlasStore } from "../store.js";
import { showsItself } from "../../core/self-showing.js";

/** What is labelled by a language model, how, and for how much. */
export interface LabelOptions extends LabelModelOptions {
  /** Latents by number, words of their label, or "family:NAME" for all of a family. Default all. */
  latents?: Terms;
  /** Only the first so many of them. Default all. */
  limit?: number;
  /** Only so many of them, sampled evenly by density; the report then projects the cost of all. Default all. */
  sample?: number;
  /** Names the families too, after the latents. Default false. */
  families?: boolean;
  /** "default", "local" or the paper's "compat"; see PROTOCOLS. Default "local" for servers on this machine. */
  protocol?: ProtocolName | LabelProtocol;
  /** Kinds of inactive documents, in turn, in place of the protocol's. */
  inactive?: readonly InactiveKind[];
  /** What the corpus holds, for the prompts, such as "papers on astronomy". */
  subject?: string;
  /** The language of the labels, such as "German". Default: the model's choice. */
  language?: string;
  /** Labels also where the judge cannot tell true labels from others. Default false. */
  force?: boolean;
  /** For the embedding score of protocol "local". Default: none, for an atlas's `label` the atlas's own. */
  embedder?: () => Promise<Embedder>;
  /** Tokens that a model may think before each answer. Default 0. */
  thinkTokens?: number;
  /** US dollars at which the run stops; what is done is kept. Default no cap. */
  maxCost?: number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** What a labelling run would take. */
export interface LabelEstimate extends Presentable {
  explainer: RehearsalEstimate & { model: string };
  /** Undefined where one model does both. */
  judge?: RehearsalEstimate & { model: string };
  /** The same with the time, as far as calls since then have shown how fast the models are. */
  timed(): LabelEstimate;
}

/** What a labelling run did. */
export interface LabelReport extends LabelAtlasReport, Presentable {
  /** US dollars spent by this run. */
  spent: number;
  /** What all latents would cost at the rate of the sample; only with `sample` and where prices are known. */
  projected?: { latents: number; cost: number };
}

/**
 * Counts what `label` with the same options would ask: prompts, tokens, price and time. Sends nothing and writes nothing.
 * Throws ArgumentError where no model is named, and, with `needsKey`, Error where its key is not set.
 */
export async function estimateLabels(
  store: AtlasStore,
  options: LabelOptions,
  { needsKey = false }: { needsKey?: boolean } = {},
): Promise<LabelEstimate> {
  const { onProgress, signal } = options;
  const file = store.file("ledger");
  const ledger = existsSync(file) ? await openLedger(file) : undefined;
  try {
    const budget = createBudget({ maxCost: options.maxCost });
    const models = await openLabelModels(options, {
      ledger,
      budget,
      journal: store.file("batches"),
      needsKey,
    });
    const explainer = createRehearsal(models.explainer);
    const isOne = models.judge === models.explainer;
    const judge = isOne ? undefined : createRehearsal(models.judge);
    const { settings } = await readSettings(store, options);
    await rehearseLabels(store, {
      ...settings,
      ...withThinking({ explainer, judge: judge ?? explainer }, options),
      inFlight: 4,
      onProgress: onProgress && ((progress) => onProgress({ ...progress, step: "estimate" })),
      signal,
    });
    const sum = (): LabelEstimate => {
      const estimate = {
        explainer: { model: models.explainer.model, ...explainer.estimate() },
        ...(judge && { judge: { model: models.judge.model, ...judge.estimate() } }),
      };
      return showsItself({ ...estimate, timed: sum, present: () => presentEstimate(estimate) });
    };
    return sum();
  } finally {
    await ledger?.close();
  }
}

/**
 * Labels latents, and families where asked, by a language model; scores the labels; brings labels, families and catalog up
 * to date. Every answer is kept on the atlas's ledger as it arrives, so that a run that was stopped or killed continues
 * without paying twice. Throws as labelAtlas does.
 */
export async function labelStore(store: AtlasStore, options: LabelOptions): Promise<LabelReport> {
  const budget = createBudget({ maxCost: options.maxCost });
  const { settings, all } = await readSettings(store, options);
  const ledger = await openLedger(store.file("ledger"));
  let run: LabelAtlasReport;
  try {
    const models = await openLabelModels(options, {
      ledger,
      budget,
      journal: store.file("batches"),
      needsKey: true,
    });
    run = await labelAtlas(store.dir, {
      ...settings,
      ...withThinking(models, options),
      spent: () => budget.spent,
      onProgress: options.onProgress,
      signal: options.signal,
    });
  } finally {
    store.reload();
    await ledger.close();
  }
  const projected = options.sample === undefined ? undefined : project(run, all);
  const report = { ...run, spent: budget.spent, ...(projected && { projected }) };
  const labels = await store.labels();
  const rows = settings.latents.map((latent) => labelRow(latent, labels.get(latent)));
  return showsItself({ ...report, present: () => presentReport(report, rows) });
}

function labelRow(latent: number, label: Label | undefined): object {
  const [score] = label?.scores ?? [];
  return {
    ...{ latent, label: label?.text || label?.reason, by: label?.model ?? label?.source },
    ...(score && { measure: score.name, score: score.value, documents: score.n }),
  };
}

function presentReport(
  { latents, spent, stopped, judgeCheck }: Omit<LabelReport, "present">,
  rows: readonly object[],
): PresentationPart[] {
  const { labelled, failed, skipped, failure } = latents;
  const counts = `${labelled} labelled, ${failed} failed, ${skipped} skipped, $${spent.toFixed(4)} spent`;
  const why = [
    ...(judgeCheck === undefined ? [] : [`judge's AUC ${judgeCheck.value.toFixed(2)}`]),
    ...(failure === undefined ? [] : [`first failure: ${failure}`]),
    ...(stopped === undefined ? [] : [`stopped: ${stopped}`]),
  ];
  return [{ text: [counts, ...why].join("; "), rows }];
}

function presentEstimate({
  explainer,
  judge,
}: Pick<LabelEstimate, "explainer" | "judge">): PresentationPart[] {
  const rows = [explainer, ...(judge ? [judge] : [])].map((one) => ({
    model: one.model,
    prompts: one.prompts,
    "tokens in": one.inputTokens,
    "tokens out, at most": one.outputTokens,
    "$ at most": one.cost,
    "$ likely": one.likelyCost,
  }));
  return [{ rows }];
}

type Settings = { latents: readonly number[] } & Omit<LabelAtlasOptions, "explainer" | "judge">;

/** The settings, and how many latents there are before a sample is drawn of them. */
async function readSettings(
  store: AtlasStore,
  options: LabelOptions,
): Promise<{ settings: Settings; all: number }> {
  const { limit, sample, parallel = 64, subject, language, seed, families, inactive } = options;
  if (language !== undefined) requireText("label: language", language);
  requireCount("label: limit", limit, 0);
  requireCount("label: sample", sample);
  requireCount("label: parallel", parallel);
  requireCount("label: thinkTokens", options.thinkTokens, 0);
  if (typeof options.protocol !== "object") {
    requireChoice("label: protocol", options.protocol, Object.keys(PROTOCOLS));
  }
  const latents = (await chosenLatents(store, options.latents)).slice(0, limit);
  const { protocol = defaultProtocol(options), force, embedder } = options;
  return {
    settings: {
      latents:
        sample === undefined
          ? latents
          : sampleOverDensities(await store.postings(), latents, sample),
      families,
      protocol: typeof protocol === "string" ? PROTOCOLS[protocol] : protocol,
      ...{ inactive, subject, language, force, embedder, seed },
      // Each asks at least one question at any time; a batch should hold those of all.
      inFlight: options.batch ? Math.max(1, latents.length) : parallel,
    },
    all: latents.length,
  };
}

async function chosenLatents(store: AtlasStore, terms: Terms | undefined): Promise<number[]> {
  const { n } = await namesOf(store);
  if (terms === undefined) return Array.from({ length: n }, (_, latent) => latent);
  const found = await findTerms(store, terms);
  if (found.length === 0) throw new ArgumentError("label: expected latents, got an empty list");
  return found;
}

function withThinking(
  { explainer, judge }: { explainer: ChatModel; judge: ChatModel },
  { thinkTokens = 0 }: LabelOptions,
): Pick<LabelAtlasOptions, "explainer" | "judge"> {
  return {
    explainer: allowThinking(explainer, thinkTokens),
    judge: allowThinking(judge, thinkTokens),
  };
}

function project({ latents }: LabelAtlasReport, all: number): LabelReport["projected"] {
  const count = latents.labelled + latents.failed + latents.skipped;
  // Nothing was paid where the price is not known.
  if (count === 0 || latents.cost === 0) return undefined;
  return { latents: all, cost: (latents.cost / count) * all };
}
