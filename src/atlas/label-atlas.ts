import { existsSync } from "node:fs";
import path from "node:path";
import { readJsonl } from "../files/jsonl.js";
import { BudgetError } from "../llm/types.js";
import type { LabelEvidence } from "../labels/evidence/evidence.js";
import type { InactiveKind } from "../labels/examples/example.js";
import {
  type LabelledLatent,
  type ModelLabelOptions,
  labelLatents,
} from "../labels/label-latents.js";
import {
  type FamilyNameRecord,
  type LabelledFamily,
  labelFamilies,
} from "../labels/label-families.js";
import { type LabelRecord, mergeLabels } from "../labels/label.js";
import { type LabelProtocol, PROTOCOLS } from "../labels/protocol.js";
import type { BuildReport } from "./steps/atlas-build.js";
import { type AtlasStore, openStore } from "./store.js";
import { ATLAS_FILES } from "./files.js";
import { openLabelSource } from "./label-source.js";
import { withLock } from "./lock.js";
import { openMergedLines } from "./merged-lines.js";
import { refreshLabels } from "./refresh.js";

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
 * Killed, it leaves the atlas as it was and all answers on the models' ledger, so that it goes on for nothing.
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
export async function rehearseLabels(dir: string, options: LabelAtlasOptions): Promise<void> {
  const data = await openStore(dir, options);
  try {
    for await (const labelled of labelStream(data, options)) void labelled;
  } finally {
    await data.close();
  }
}

/** One label as it comes, of a latent or of a family. */
type Labelled = ({ of: "latent" } & LabelledLatent) | ({ of: "family" } & LabelledFamily);

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
  const fresh = new Map<number, LabelRecord>();
  for await (const labelled of labelLatents(source, latents, { ...options, protocol })) {
    const { record } = labelled;
    if (options.families && record.label !== "") fresh.set(record.latent, shortened(record));
    yield { of: "latent", ...labelled };
  }
  if (!options.families) return;
  const known = await data.labels();
  const labelOf = (latent: number): LabelRecord | undefined => {
    const records = [known.get(latent), fresh.get(latent)].filter((one) => one !== undefined);
    return mergeLabels(records).at(0);
  };
  const families = await data.families();
  const named = labelFamilies(source, families, { ...options, protocol, labelOf });
  for await (const labelled of named) yield { of: "family", ...labelled };
}

/** Label and scores alone: all that families need, and little enough to be held for every latent. */
function shortened({ latent, label, source, ...rest }: LabelRecord): LabelRecord {
  const { score, scoreName, n, interval, scores } = rest;
  return { latent, label, source, score, scoreName, n, interval, scores };
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
    latent: await openLabelLines<LabelRecord>(file("modelLabels")),
    family: await openLabelLines<FamilyNameRecord>(file("modelFamilies")),
  };
  const evidences = await openMergedLines<LabelEvidence>(
    file("evidence"),
    (row) => `${row.of} ${row.latent}`,
  );
  const counts = { latent: createCount(), family: createCount() };
  let failure: { error: unknown } | undefined;
  try {
    for await (const labelled of labelStream(data, options)) {
      const { of, record, evidence } = labelled;
      counts[of].add(record);
      const isKept =
        of === "latent" ? await lines.latent.add(record) : await lines.family.add(labelled.record);
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
async function openLabelLines<T extends LabelRecord>(
  file: string,
): Promise<{ add(record: T): Promise<boolean>; commit(): Promise<void>; abort(): Promise<void> }> {
  const labelled = new Set<number>();
  if (existsSync(file)) {
    for await (const { value } of readJsonl(file)) {
      const { latent, label } = value as T;
      if (label !== "") labelled.add(latent);
    }
  }
  const lines = await openMergedLines<T>(file, ({ latent }) => String(latent));
  return {
    async add(record) {
      // A question that failed today says nothing against the label of yesterday.
      if (record.label === "" && labelled.has(record.latent)) return false;
      await lines.add(record);
      return true;
    },
    commit: () => lines.commit(),
    abort: () => lines.abort(),
  };
}

function createCount(): { add(record: LabelRecord): void; report(): LabelCounts } {
  const counts: Omit<LabelCounts, "meanScore"> = {
    labelled: 0,
    failed: 0,
    skipped: 0,
    scored: 0,
    cost: 0,
  };
  let sum = 0;
  return {
    add({ label, score, model, reason, cost = 0 }) {
      counts.cost += cost;
      // Only what was asked about names a model.
      if (label !== "") counts.labelled++;
      else if (model === undefined) counts.skipped++;
      else {
        counts.failed++;
        counts.failure ??= reason;
      }
      if (score === undefined) return;
      counts.scored++;
      sum += score;
    },
    report: () => ({ ...counts, meanScore: counts.scored > 0 ? sum / counts.scored : undefined }),
  };
}
