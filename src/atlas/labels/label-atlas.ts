import { existsSync } from "node:fs";
import type { CatalogRow } from "../../catalog/row.js";
import type { Embedder } from "../../corpus/embedder.js";
import { readJsonl } from "../../files/jsonl.js";
import { BudgetError } from "../../llm/types.js";
import { evidenceSchema, readEvidence } from "../../labels/evidence/evidence-read.js";
import { scoreByEmbedding } from "../../labels/embedding-score.js";
import type { ExampleSource, InactiveKind } from "../../labels/examples/example.js";
import { checkJudge } from "../../labels/llm/judge-check.js";
import type { LabelledLatent, ModelLabelOptions } from "../../labels/llm/label-latents.js";
import { labelLatents } from "../../labels/llm/label-latents.js";
import { type LabelledFamily, labelFamilies } from "../../labels/llm/label-families.js";
import { type Family, familyLatents } from "../../records/family.js";
import type { Label, Score } from "../../records/label.js";
import { isAboveChance, mergeLabels, withScore } from "../../records/label.js";
import { labelLineSchema, parseLabel, toLine } from "../../records/label-lines.js";
import { type LabelProtocol, PROTOCOLS } from "../../labels/llm/protocol.js";
import type { BuildReport } from "../steps/atlas-build.js";
import { type AtlasStore, openStore } from "../store.js";
import { openLabelSource } from "./label-source.js";
import { withLock } from "../files/lock.js";
import { openMergedLines } from "../files/merged-lines.js";
import { refreshLabels } from "../steps/refresh.js";

/** How an atlas is labelled by a language model. */
export interface LabelAtlasOptions extends Omit<ModelLabelOptions, "examples"> {
  /** Default all. */
  latents?: readonly number[];
  /** Names the families too, after the latents. Default false. */
  families?: boolean;
  /** Kinds of inactive documents, in place of the protocol's. */
  inactive?: readonly InactiveKind[];
  /** Labels also where the judge cannot tell true labels from others. Default false. */
  force?: boolean;
  /** For the embedding score of protocol "local", of embeddings as wide as its own. Default: no such score. */
  embedder?: () => Promise<Embedder>;
}

/** How many latents or families were labelled. */
export interface LabelCounts {
  /** With a label, without one because an answer failed, and passed over for too few documents. */
  labelled: number;
  failed: number;
  skipped: number;
  /** Of those with a label, those whose scores are not above chance, or that have none; keywords that are stay instead. */
  atChance: number;
  /** Why the first that failed did, such as "no label: it is a refusal". */
  failure?: string;
  /** Mean of the first score over those that have one, and how many those are. */
  meanScore: number | undefined;
  scored: number;
  /** US dollars that their answers cost, in this run or in one before. */
  cost: number;
}

/** What a run labelled. */
export interface LabelAtlasReport {
  latents: LabelCounts;
  families: LabelCounts;
  /** The judge's AUC of true against dealt labels; undefined where the atlas has too few keyword labels to measure it. */
  judgeCheck?: Score;
  /** Why the run stopped before its end; what is done is kept. */
  stopped?: string;
  /** Steps of the atlas that were brought up to date. */
  refreshed: BuildReport;
}

/** Least AUC of a judge, of true labels against dealt ones; 0.5 is a coin. */
const LEAST_JUDGE_AUC = 0.6;

/**
 * Labels an atlas's latents by a language model and brings labels, families and catalog up to date, also where the run
 * ends at the most that may be spent, by the signal or by an error. First checks the judge on labels whose truth is known.
 * Killed, it leaves the atlas as it was and all answers on the models' ledger, so that the next run continues without paying again.
 * Throws FormatError where there is no finished atlas, Error where another process is at work in it or the judge cannot
 * tell true labels from others, and as labelLatents does.
 */
export async function labelAtlas(
  dir: string,
  options: LabelAtlasOptions,
): Promise<LabelAtlasReport> {
  return withLock(dir, async () => {
    const data = await openStore(dir, options);
    try {
      const { failure, ...report } = await labelInto(data, options);
      const { onProgress, signal } = options;
      const isOver = failure === undefined;
      // What is done is brought up to date also by a run that is interrupted.
      const refreshed = await refreshLabels(dir, { onProgress, ...(isOver && { signal }) });
      if (isOver) return { ...report, refreshed };
      const { error } = failure;
      if (error instanceof BudgetError) return { ...report, stopped: error.message, refreshed };
      throw error;
    } finally {
      await data.close();
    }
  });
}

/** Runs through all questions of labelAtlas and writes nothing: for models that only count, see createRehearsal. */
export async function rehearseLabels(data: AtlasStore, options: LabelAtlasOptions): Promise<void> {
  const source = await openRun(data, options);
  await measureJudge(data, source, options);
  // Stand-ins are all alike: rivals that share one are asked about again only in the run.
  for await (const labelled of labelStream(data, source, options, () => [])) void labelled;
}

type Labelled = LabelledLatent | LabelledFamily;

function openRun(data: AtlasStore, options: LabelAtlasOptions): Promise<ExampleSource> {
  const { examples, familyExamples } = protocolOf(options);
  return openLabelSource(data, [...(examples.inactive ?? []), ...(familyExamples.inactive ?? [])]);
}

async function measureJudge(
  data: AtlasStore,
  source: ExampleSource,
  options: LabelAtlasOptions,
): Promise<Score | undefined> {
  const { latents, families, explainer, judge = explainer, subject, seed, signal } = options;
  if (latents?.length === 0 && !families) return undefined;
  const { onProgress } = options;
  const step = "check the judge";
  onProgress?.({ step, done: 0, total: 1 });
  const labels = (await data.labels()).values();
  const protocol = protocolOf(options);
  const check = await checkJudge(source, labels, judge, { protocol, subject, seed, signal });
  onProgress?.({ step, done: 1, total: 1, note: check && `AUC ${check.value.toFixed(2)}` });
  return check;
}

async function* labelStream(
  data: AtlasStore,
  source: ExampleSource,
  options: LabelAtlasOptions,
  rivalsOf: (latent: number) => readonly number[],
): AsyncGenerator<Labelled> {
  const protocol = protocolOf(options);
  const { n } = source.postings;
  const latents = options.latents ?? Array.from({ length: n }, (_, latent) => latent);
  const known = await data.labels();
  const fresh = new Map<number, Label>();
  const given = (latent: number): Label | undefined => {
    const label = known.get(latent);
    return label?.source === "keywords" ? undefined : label;
  };
  const asked = { ...options, protocol, rivalsOf, labelOf: given };
  for await (const labelled of labelLatents(source, latents, asked)) {
    const { label } = labelled;
    if (options.families && label.text !== "") fresh.set(label.id, shortened(label));
    yield labelled;
  }
  if (!options.families) return;
  const labelOf = (latent: number): Label | undefined => {
    const both = [known.get(latent), fresh.get(latent)].filter((one) => one !== undefined);
    return mergeLabels(both).at(0);
  };
  yield* labelFamilies(source, await data.families(), { ...options, protocol, labelOf });
}

/** The latents of a latent's families, and those of the nearest directions. */
function rivalsIn(
  catalog: readonly CatalogRow[],
  families: readonly Family[],
): (latent: number) => number[] {
  const relatives = new Map<number, Set<number>>();
  for (const family of families) {
    const latents = familyLatents(family);
    for (const latent of latents) {
      const own = relatives.get(latent) ?? new Set();
      for (const other of latents) if (other !== latent) own.add(other);
      relatives.set(latent, own);
    }
  }
  return (latent) => [
    ...(relatives.get(latent) ?? []),
    ...catalog[latent].nearest.map(({ index }) => index),
  ];
}

/** Label and scores alone: all that families need, and little enough to be held for every latent. */
function shortened({ of, id, text, source, scores }: Label): Label {
  return { of, id, text, source, scores };
}

function protocolOf({ protocol = PROTOCOLS.default, inactive }: LabelAtlasOptions): LabelProtocol {
  if (inactive === undefined) return protocol;
  return {
    ...protocol,
    examples: { ...protocol.examples, inactive },
    familyExamples: { ...protocol.familyExamples, inactive },
  };
}

async function labelInto(
  data: AtlasStore,
  options: LabelAtlasOptions,
): Promise<Omit<LabelAtlasReport, "refreshed" | "stopped"> & { failure?: { error: unknown } }> {
  const source = await openRun(data, options);
  const lines = {
    latent: await openLabelLines(data.file("modelLabels")),
    family: await openLabelLines(data.file("modelFamilies")),
  };
  // Damage is found before anything is spent.
  const evidence = data.file("evidence");
  if (existsSync(evidence)) for await (const row of readEvidence(evidence)) void row;
  const evidences = await openMergedLines(
    evidence,
    evidenceSchema,
    (row) => `${row.of} ${row.latent}`,
  );
  const counts = { latent: createCount(), family: createCount() };
  let failure: { error: unknown } | undefined;
  let judgeCheck: Score | undefined;
  try {
    judgeCheck = await measureJudge(data, source, options);
    refuseBadJudge(judgeCheck, options);
    const rescore = await openEmbeddingScore(data, options);
    const rivalsOf = rivalsIn(await data.catalog(), await data.families());
    const settings = { ...options, judgeCheck };
    for await (const { label: made, evidence } of labelStream(data, source, settings, rivalsOf)) {
      const label = await rescore(made);
      counts[label.of].add(label);
      const isKept = await lines[label.of].add(label);
      if (isKept && evidence !== undefined) await evidences.add(evidence);
    }
  } catch (error) {
    failure = { error };
  }
  const report = { latents: counts.latent.report(), families: counts.family.report() };
  const { latents, families } = report;
  const hasLabels = [latents, families].some(
    ({ labelled, skipped, failed }) => labelled + skipped + failed > 0,
  );
  const isKept = failure === undefined || hasLabels;
  const kept = [evidences, lines.latent, ...(options.families ? [lines.family] : [])];
  try {
    if (isKept) for (const file of kept) await file.commit();
  } finally {
    for (const file of [...kept, lines.family]) await file.abort();
  }
  return { ...report, ...(judgeCheck && { judgeCheck }), ...(failure && { failure }) };
}

function refuseBadJudge(
  check: Score | undefined,
  { judge, explainer, force }: LabelAtlasOptions,
): void {
  if (check === undefined || check.value >= LEAST_JUDGE_AUC || force) return;
  const { model } = judge ?? explainer;
  const auc = `AUC ${check.value.toFixed(2)} over ${check.n} answers, expected at least ${LEAST_JUDGE_AUC}`;
  throw new Error(
    `label: the judge ${model} cannot tell a latent's keyword label from another's (${auc}), so its scores would be meaningless: choose a larger judge, or use --force to label anyway`,
  );
}

/** Adds the embedding score to a latent's label, where the protocol has it and the embedder is the corpus's. */
async function openEmbeddingScore(
  data: AtlasStore,
  options: LabelAtlasOptions,
): Promise<(label: Label) => Promise<Label>> {
  const { embedder: open, seed } = options;
  const same = (label: Label): Promise<Label> => Promise.resolve(label);
  if (!protocolOf(options).embedding || open === undefined) return same;
  const embeddings = await data.embeddings();
  // What the corpus was embedded with need not be installed here.
  const embedder = await open().catch(() => undefined);
  if (embedder?.d !== embeddings.cols) return same;
  const source = {
    postings: await data.postings(),
    documents: await data.documents(),
    embeddings,
  };
  return async (label) => {
    if (label.of === "family" || label.text === "") return label;
    const [{ score }] = await scoreByEmbedding(source, [label], embedder, { seed });
    return score === undefined ? label : withScore(label, score);
  };
}

/** A file of labels that is being rewritten; an empty label does not take the place of one. */
async function openLabelLines(file: string): Promise<{
  add(label: Label): Promise<boolean>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}> {
  const labelled = new Set<number>();
  if (existsSync(file)) {
    for await (const { line, value } of readJsonl(file)) {
      const { id, text } = parseLabel(value, file, { place: `line ${line}` });
      if (text !== "") labelled.add(id);
    }
  }
  const lines = await openMergedLines(file, labelLineSchema, ({ latent }) => String(latent));
  return {
    async add(label) {
      // A question that failed today says nothing against the label of yesterday.
      if (label.text === "" && labelled.has(label.id)) return false;
      await lines.add(toLine(label));
      return true;
    },
    commit: () => lines.commit(),
    abort: () => lines.abort(),
  };
}

function createCount(): { add(label: Label): void; report(): LabelCounts } {
  const counts: Omit<LabelCounts, "meanScore"> = {
    labelled: 0,
    failed: 0,
    skipped: 0,
    atChance: 0,
    scored: 0,
    cost: 0,
  };
  let sum = 0;
  return {
    add({ text, scores, model, reason, cost = 0 }) {
      counts.cost += cost;
      if (text !== "" && !isAboveChance({ scores })) counts.atChance++;
      // Only what was asked about names a model.
      if (text !== "") counts.labelled++;
      else if (model === undefined) counts.skipped++;
      else {
        counts.failed++;
        counts.failure ??= reason;
      }
      if (scores.length === 0) return;
      counts.scored++;
      sum += scores[0].value;
    },
    report: () => ({ ...counts, meanScore: counts.scored > 0 ? sum / counts.scored : undefined }),
  };
}
