import { existsSync } from "node:fs";
import path from "node:path";
import { readJsonl } from "../../files/jsonl.js";
import { BudgetError } from "../../llm/types.js";
import { evidenceSchema, readEvidence } from "../../labels/evidence/evidence-read.js";
import type { InactiveKind } from "../../labels/examples/example.js";
import {
  type LabelledLatent,
  type ModelLabelOptions,
  labelLatents,
} from "../../labels/llm/label-latents.js";
import { type LabelledFamily, labelFamilies } from "../../labels/llm/label-families.js";
import { type Label, mergeLabels } from "../../records/label.js";
import { labelLineSchema, parseLabel, toLine } from "../../records/label-lines.js";
import { type LabelProtocol, PROTOCOLS } from "../../labels/llm/protocol.js";
import type { BuildReport } from "../steps/atlas-build.js";
import { type AtlasStore, openStore } from "../store.js";
import { ATLAS_FILES } from "../files/files.js";
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
}

/** How many latents or families were labelled. */
export interface LabelCounts {
  /** With a label, without one because an answer failed, and passed over for too few documents. */
  labelled: number;
  failed: number;
  skipped: number;
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
  /** Why the run stopped before its end; what is done is kept. */
  stopped?: string;
  /** Steps of the atlas that were brought up to date. */
  refreshed: BuildReport;
}

/**
 * Labels an atlas's latents by a language model and brings labels, families and catalog up to date. Records and evidence
 * appear in the atlas when the run ends, also where it ends at the most that may be spent, by the signal or by an error.
 * Killed, it leaves the atlas as it was and all answers on the models' ledger, so that the next run continues without paying again.
 * Throws FormatError where there is no finished atlas, Error where another process is at work in it, and as
 * labelLatents does.
 */
export async function labelAtlas(
  dir: string,
  options: LabelAtlasOptions,
): Promise<LabelAtlasReport> {
  return withLock(dir, async () => {
    const data = await openStore(dir, options);
    try {
      const report = await labelInto(data, options);
      const { onProgress, signal } = options;
      return { ...report, refreshed: await refreshLabels(dir, { onProgress, signal }) };
    } finally {
      await data.close();
    }
  });
}

/** Runs through all questions of labelAtlas and writes nothing: for models that only count, see createRehearsal. */
export async function rehearseLabels(data: AtlasStore, options: LabelAtlasOptions): Promise<void> {
  for await (const labelled of labelStream(data, options)) void labelled;
}

/** One label as it comes, of a latent or of a family. */
type Labelled = LabelledLatent | LabelledFamily;

async function* labelStream(
  data: AtlasStore,
  options: LabelAtlasOptions,
): AsyncGenerator<Labelled> {
  const protocol = protocolOf(options);
  const { examples, familyExamples } = protocol;
  const kinds = [...(examples.inactive ?? []), ...(familyExamples.inactive ?? [])];
  const source = await openLabelSource(data, kinds);
  const { n } = source.postings;
  const latents = options.latents ?? Array.from({ length: n }, (_, latent) => latent);
  const fresh = new Map<number, Label>();
  for await (const labelled of labelLatents(source, latents, { ...options, protocol })) {
    const { label } = labelled;
    if (options.families && label.text !== "") fresh.set(label.id, shortened(label));
    yield labelled;
  }
  if (!options.families) return;
  const known = await data.labels();
  const labelOf = (latent: number): Label | undefined => {
    const both = [known.get(latent), fresh.get(latent)].filter((one) => one !== undefined);
    return mergeLabels(both).at(0);
  };
  const families = await data.families();
  yield* labelFamilies(source, families, { ...options, protocol, labelOf });
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
): Promise<Omit<LabelAtlasReport, "refreshed">> {
  const file = (name: keyof typeof ATLAS_FILES): string => path.join(data.dir, ATLAS_FILES[name]);
  const lines = {
    latent: await openLabelLines(file("modelLabels")),
    family: await openLabelLines(file("modelFamilies")),
  };
  // Damage is found before anything is spent.
  if (existsSync(file("evidence"))) await drain(readEvidence(file("evidence")));
  const evidences = await openMergedLines(
    file("evidence"),
    evidenceSchema,
    (row) => `${row.of} ${row.latent}`,
  );
  const counts = { latent: createCount(), family: createCount() };
  let failure: { error: unknown } | undefined;
  try {
    for await (const labelled of labelStream(data, options)) {
      const { label, evidence } = labelled;
      counts[label.of].add(label);
      const isKept = await lines[label.of].add(label);
      if (isKept && evidence !== undefined) await evidences.add(evidence);
    }
  } catch (error) {
    failure = { error };
  }
  await evidences.commit();
  await lines.latent.commit();
  if (options.families) await lines.family.commit();
  else await lines.family.abort();
  const report = { latents: counts.latent.report(), families: counts.family.report() };
  if (failure === undefined) return report;
  const { error } = failure;
  if (error instanceof BudgetError) return { ...report, stopped: error.message };
  throw error;
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

async function drain(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const row of rows) void row;
}

function createCount(): { add(label: Label): void; report(): LabelCounts } {
  const counts: Omit<LabelCounts, "meanScore"> = {
    labelled: 0,
    failed: 0,
    skipped: 0,
    scored: 0,
    cost: 0,
  };
  let sum = 0;
  return {
    add({ text, scores, model, reason, cost = 0 }) {
      counts.cost += cost;
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
