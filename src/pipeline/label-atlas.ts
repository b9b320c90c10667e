import { existsSync } from "node:fs";
import path from "node:path";
import { readJsonl } from "../data/jsonl.js";
import { BudgetError } from "../llm/types.js";
import type { LabelEvidence } from "../labels/evidence.js";
import type { InactiveKind } from "../labels/examples.js";
import {
  type LabelledLatent,
  type ModelLabelOptions,
  labelLatents,
} from "../labels/label-latents.js";
import type { LabelRecord } from "../labels/label.js";
import { type LabelProtocol, PROTOCOLS } from "../labels/protocol.js";
import type { AtlasReport } from "./build.js";
import { type AtlasData, openAtlas } from "./context.js";
import { ATLAS_FILES } from "./files.js";
import { openLabelSource } from "./label-source.js";
import { withLock } from "./lock.js";
import { openMergedLines } from "./merged-lines.js";
import { refreshLabels } from "./refresh.js";

/** How an atlas is labelled by a language model. */
export interface LabelAtlasOptions extends Omit<ModelLabelOptions, "examples"> {
  /** Default all. */
  latents?: readonly number[];
  /** Kinds of inactive documents, in place of the protocol's. */
  inactive?: readonly InactiveKind[];
}

/** What a run labelled. */
export interface LabelAtlasReport {
  /** Latents with a label, without one because an answer failed, and passed over for too few documents. */
  labelled: number;
  failed: number;
  skipped: number;
  /** Mean of the first score over the labelled latents that have one, and how many those are. */
  meanScore: number | undefined;
  scored: number;
  /** Why the run stopped before its end; what is done is kept. */
  stopped?: string;
  /** Steps of the atlas that were brought up to date. */
  refreshed: AtlasReport;
}

/**
 * Labels an atlas's latents by a language model and brings labels, families and catalog up to date. Records and evidence
 * appear in the atlas when the run ends, also where it ends at the most that may be spent, by the signal or by an error.
 * Killed, it leaves the atlas as it was and all answers on the models' ledger, so that it goes on for nothing.
 * Throws FormatError where there is no finished atlas, Error where another process is at work in it, and as
 * labelLatents does.
 */
export async function labelAtlas(
  dir: string,
  options: LabelAtlasOptions,
): Promise<LabelAtlasReport> {
  return withLock(dir, async () => {
    const data = await openAtlas(dir, options);
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
export async function rehearseLabels(dir: string, options: LabelAtlasOptions): Promise<void> {
  const data = await openAtlas(dir, options);
  try {
    for await (const labelled of labelStream(data, options)) void labelled;
  } finally {
    await data.close();
  }
}

async function* labelStream(
  data: AtlasData,
  options: LabelAtlasOptions,
): AsyncGenerator<LabelledLatent> {
  const protocol = protocolOf(options);
  const source = await openLabelSource(data, protocol.examples.inactive ?? ["random"]);
  const { n } = source.postings;
  const latents = options.latents ?? Array.from({ length: n }, (_, latent) => latent);
  yield* labelLatents(source, latents, { ...options, protocol });
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
  data: AtlasData,
  options: LabelAtlasOptions,
): Promise<Omit<LabelAtlasReport, "refreshed">> {
  const file = (name: keyof typeof ATLAS_FILES): string => path.join(data.dir, ATLAS_FILES[name]);
  const before = await labelledBefore(file("modelLabels"));
  const records = await openMergedLines<LabelRecord>(file("modelLabels"), ({ latent }) =>
    String(latent),
  );
  const evidences = await openMergedLines<LabelEvidence>(
    file("evidence"),
    ({ of, latent }) => `${of} ${latent}`,
  );
  const count = createCount();
  let failure: { error: unknown } | undefined;
  try {
    for await (const { record, evidence } of labelStream(data, options)) {
      count.add(record);
      // A question that failed today says nothing against the label of yesterday.
      if (record.label === "" && before.has(record.latent)) continue;
      await records.add(record);
      if (evidence !== undefined) await evidences.add(evidence);
    }
  } catch (error) {
    failure = { error };
  }
  await evidences.commit();
  await records.commit();
  if (failure === undefined) return count.report();
  const { error } = failure;
  if (error instanceof BudgetError) return { ...count.report(), stopped: error.message };
  throw error;
}

async function labelledBefore(file: string): Promise<Set<number>> {
  const latents = new Set<number>();
  if (!existsSync(file)) return latents;
  for await (const { value } of readJsonl(file)) {
    const { latent, label } = value as LabelRecord;
    if (label !== "") latents.add(latent);
  }
  return latents;
}

function createCount(): {
  add(record: LabelRecord): void;
  report(): Omit<LabelAtlasReport, "refreshed">;
} {
  const counts = { labelled: 0, failed: 0, skipped: 0, scored: 0 };
  let sum = 0;
  return {
    add({ label, score, model }) {
      // Only a latent that was asked about names a model.
      if (label !== "") counts.labelled++;
      else if (model === undefined) counts.skipped++;
      else counts.failed++;
      if (score === undefined) return;
      counts.scored++;
      sum += score;
    },
    report: () => ({ ...counts, meanScore: counts.scored > 0 ? sum / counts.scored : undefined }),
  };
}
