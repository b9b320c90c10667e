import { z } from "zod";
import { readCheckedJson } from "../files/checked-json.js";
import { GROUP_DOCUMENTS } from "./block-coactivation.js";
import type { TaskKind } from "./plan.js";
import { LABEL_DOCUMENTS, STRONGEST } from "./label-documents.js";
import { SHARD_DOCUMENTS } from "./task-folders.js";

/** What was measured on one core, and prices of a common cloud. */
export interface RunRates {
  /** Floating-point operations per second of the encoder's product. */
  flops: number;
  /** Bytes of embeddings read from Parquet per second. */
  bytesRead: number;
  /** Pairs of one document added per second. */
  pairs: number;
  /** Pairs of a partial written, or read and added up, per second. */
  merged: number;
  /** Bytes of codes read from Parquet per second. */
  codesRead: number;
  /** Characters of texts read per second. */
  textRead: number;
  /** Characters of texts that labels are made from per second. */
  labelled: number;
  /** US dollars per core-hour. */
  coreHour: number;
  /** US dollars per GB and month on object storage. */
  gigabyteMonth: number;
}

/** Measured as docs/scale.md says; prices of spot machines and standard object storage. */
export const RUN_RATES: Readonly<RunRates> = {
  flops: 8.7e10,
  bytesRead: 1e8,
  pairs: 4e7,
  merged: 1.5e7,
  codesRead: 5e7,
  textRead: 5.5e7,
  labelled: 1e7,
  coreHour: 0.04,
  gigabyteMonth: 0.023,
};

/** Sizes of a run. */
export interface RunSize {
  documents: number;
  d: number;
  k: number;
  n: number;
  /** Characters of a document's text. Default 1,000, as an abstract has. */
  characters?: number;
  /** As makePlan takes them. */
  shardDocuments?: number;
  groupDocuments?: number;
  labelDocuments?: number;
}

/** One kind of task in all: how many there are, core-hours, and bytes read and written. */
export interface StageEstimate {
  kind: TaskKind;
  tasks: number;
  coreHours: number;
  read: number;
  written: number;
}

/** What a run takes: its stages, and US dollars for the cores and for a month of all that was written. */
export interface RunEstimate {
  stages: StageEstimate[];
  coreHours: number;
  computeCost: number;
  storageCost: number;
}

/** Bytes of a pair in partials and totals. */
const PAIR_BYTES = 20;
/** Bytes of a latent with its value, in Parquet with Snappy. */
const CODE_BYTES = 8;
/** Bytes of a latent's label with its keywords. */
const LABEL_BYTES = 500;

/** What encoding, counting and keyword labels take, from rates measured on one core. Latents are taken to meet as if they were independent. */
export function estimateRun(size: RunSize, rates: RunRates = RUN_RATES): RunEstimate {
  const { documents, d, k, n } = size;
  const { shardDocuments = SHARD_DOCUMENTS, groupDocuments = GROUP_DOCUMENTS } = size;
  const { characters = 1000, labelDocuments = LABEL_DOCUMENTS } = size;
  const groups = Math.ceil(documents / groupDocuments);
  const met = (count: number): number => (n * n * -Math.expm1((-count * k * k) / (n * n))) / 2;
  const partials = groups * met(Math.min(documents, groupDocuments));
  const additions = (documents * k * (k + 1)) / 2;
  const [embeddings, codes] = [4 * documents * d, CODE_BYTES * documents * k];
  const texts = characters * documents;
  const chosen = Math.min(
    documents,
    labelDocuments + (documents > labelDocuments ? STRONGEST * n : 0),
  );
  const seconds = {
    encode: (2 * documents * n * d) / rates.flops + embeddings / rates.bytesRead,
    pairs: additions / rates.pairs + partials / rates.merged,
    total: (partials + met(documents)) / rates.merged,
    labels:
      codes / rates.codesRead + texts / rates.textRead + (chosen * characters) / rates.labelled,
  };
  const stage = (
    kind: keyof typeof seconds,
    tasks: number,
    read: number,
    written: number,
  ): StageEstimate => ({
    ...{ kind, tasks, read, written },
    coreHours: seconds[kind] / 3600,
  });
  const stages = [
    stage("encode", Math.ceil(documents / shardDocuments), embeddings, codes),
    stage("pairs", groups, codes, PAIR_BYTES * partials),
    stage(
      "total",
      Math.max(1, Math.round((n * n) / 2 ** 29)),
      PAIR_BYTES * partials,
      PAIR_BYTES * met(documents),
    ),
    stage("labels", 1, codes + texts, LABEL_BYTES * n),
  ];
  const coreHours = stages.reduce((sum, stage) => sum + stage.coreHours, 0);
  const gigabytes = stages.reduce((sum, stage) => sum + stage.written, 0) / 1e9;
  return {
    stages,
    coreHours,
    computeCost: coreHours * rates.coreHour,
    storageCost: gigabytes * rates.gigabyteMonth,
  };
}

/** The rates with those of a JSON file in their place. Throws FormatError for what is no rate. */
export async function readRates(file?: string): Promise<RunRates> {
  if (file === undefined) return RUN_RATES;
  const names = Object.keys(RUN_RATES) as [keyof RunRates, ...(keyof RunRates)[]];
  const schema = z.partialRecord(z.enum(names), z.number().positive());
  return { ...RUN_RATES, ...(await readCheckedJson(file, schema)) };
}
