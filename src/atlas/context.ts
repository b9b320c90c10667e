import { existsSync } from "node:fs";
import path from "node:path";
import { type Codes, type CountOptions, type Postings, invertCodes } from "../core/codes.js";
import { readCodes } from "../files/codes.js";
import { type ClassTree, type Document, readClassTree, readCorpus } from "../corpus/corpus.js";
import { readJson } from "../files/json.js";
import { readJsonl } from "../files/jsonl.js";
import { readNpyMatrix } from "../files/numpy/npy.js";
import { readText } from "../files/text.js";
import { openEngine } from "../engine/auto.js";
import type { Engine } from "../engine/engine.js";
import { type ClassIndex, buildClassIndex } from "../taxonomy/classes.js";
import { type Coactivation, computeCoactivation } from "../families/coactivation.js";
import { fromFamiliesJson } from "../families/files/families-json.js";
import type { FamilyMember } from "../families/subtrees.js";
import type { Forest } from "../families/forest.js";
import { forestFromGraph, parseGraphml } from "../families/files/graphml.js";
import type { StabilityReport } from "../compare/stability-report.js";
import type { TaxonomyReport } from "../taxonomy/taxonomy-report.js";
import { KEYWORD_SCORE } from "../labels/keywords.js";
import type { LabelRecord, LabelScore, LabelSource } from "../labels/label.js";
import type { Matrix } from "../core/matrix.js";
import { loadSae } from "../sae/checkpoint.js";
import type { Sae } from "../sae/sae.js";
import { readAtlasOptions } from "./atlas-options.js";
import { type LatentDirections, documentDirections } from "../search/directions.js";
import type { SteeringReport } from "./evaluate-steering.js";
import { ATLAS_FILES, codesFiles } from "./files.js";
import type { AtlasOptions } from "./options.js";

/** A family as `families.json` tells it. */
export interface AtlasFamily {
  parent: number;
  /** Its own name, else the parent's label. */
  name: string;
  /** Where the name comes from and how well it describes the family, where the file tells. */
  nameSource?: LabelSource;
  nameScores: LabelScore[];
  members: FamilyMember[];
  /** The pass that found it, from 0. */
  pass: number;
  /** How well it comes again over resamples of the documents, where that was measured. */
  stability?: number;
}

/** What an atlas is made from and holds, each read or computed once and only when it is asked for. */
export interface AtlasData {
  /** Folder of the atlas. */
  readonly dir: string;
  /** Path of the corpus. */
  readonly corpus: string;
  /** Path of the embeddings. */
  readonly embeddings: string;
  /** Path of the training's log; undefined where the SAE was given. */
  readonly trainLog: string | undefined;
  engine(): Promise<Engine>;
  sae(): Promise<Sae>;
  documents(): Promise<Document[]>;
  texts(): Promise<string[]>;
  classTree(): Promise<ClassTree | undefined>;
  /** Undefined where the documents have no classes. */
  classIndex(): Promise<ClassIndex | undefined>;
  codes(): Promise<Codes>;
  /** Whether slots of value 0 count as active, for this SAE. */
  counting(): Promise<CountOptions>;
  postings(): Promise<Postings>;
  coactivation(): Promise<Coactivation>;
  /** For steering by the method `documents`. */
  directions(): Promise<LatentDirections>;
  /** By latent. */
  labels(): Promise<Map<number, LabelRecord>>;
  families(): Promise<AtlasFamily[]>;
  forest(): Promise<Forest>;
  taxonomy(): Promise<TaxonomyReport | undefined>;
  /** Undefined where it was not measured. */
  stability(): Promise<StabilityReport | undefined>;
  places(): Promise<Matrix>;
  /** Undefined where steering was not evaluated. */
  steering(): Promise<SteeringReport | undefined>;
  /** Frees the engine if it was opened. */
  close(): Promise<void>;
}

/** Opens an atlas's data by its options; nothing is read yet. */
export function createAtlasData(options: AtlasOptions): AtlasData {
  const file = (name: string): string => path.join(options.dir, name);
  let opened: Promise<Engine> | undefined;
  const sae = once(() => loadSae(options.sae ?? file(ATLAS_FILES.sae), { k: options.k }));
  const documents = once(() => readCorpus(options.corpus));
  const classTree = once(async () =>
    options.classTree === undefined ? undefined : readClassTree(options.classTree),
  );
  const codes = once(async () => {
    const { k, n } = await sae();
    const names = codesFiles(k, n);
    return readCodes({ indices: file(names.indices), values: file(names.values) }, { n });
  });
  // As the reference does, a top-k latent counts wherever it is among the k; elsewhere an empty slot means nothing.
  const counting = async (): Promise<CountOptions> => ({
    skipZeros: (await sae()).activation.kind !== "topk",
  });
  const classIndex = async (): Promise<ClassIndex | undefined> => {
    const classes = (await documents()).map((document) => document.classes);
    if (!classes.some((list) => list.length > 0)) return undefined;
    return buildClassIndex(classes, { tree: (await classTree())?.parents });
  };
  const postings = once(async () => invertCodes(await codes(), await counting()));
  return {
    dir: options.dir,
    corpus: options.corpus,
    embeddings: options.embeddings,
    trainLog: options.sae === undefined ? file(ATLAS_FILES.trainLog) : undefined,
    engine: () => (opened ??= openEngine(options.device)),
    sae,
    documents,
    texts: once(async () => (await documents()).map((document) => document.text)),
    classTree,
    classIndex: once(classIndex),
    codes,
    counting,
    postings,
    coactivation: once(async () => {
      const { onProgress, signal } = options;
      return computeCoactivation(await codes(), { ...(await counting()), onProgress, signal });
    }),
    directions: once(async () => {
      const embeddings = await readNpyMatrix(options.embeddings);
      return documentDirections(await sae(), embeddings, await postings());
    }),
    labels: once(() => readLabels(file(ATLAS_FILES.labels))),
    families: once(() => readFamilies(file(ATLAS_FILES.families))),
    forest: once(async () => {
      const name = file(ATLAS_FILES.forest);
      return forestFromGraph(parseGraphml(await readText(name), name), name).forest;
    }),
    taxonomy: once(() => readReport<TaxonomyReport>(file(ATLAS_FILES.taxonomy))),
    stability: once(() => readReport<StabilityReport>(file(ATLAS_FILES.stability))),
    places: once(() => readNpyMatrix(file(ATLAS_FILES.map))),
    steering: once(() => readReport<SteeringReport>(file(ATLAS_FILES.steering))),
    async close() {
      if (opened) await (await opened).dispose();
    },
  };
}

/**
 * Opens the atlas that a build left in `dir`, for reading; nothing is read yet but its manifest. Throws FormatError
 * where there is none, or one that no build has finished.
 */
export async function openAtlas(
  dir: string,
  options: Pick<AtlasOptions, "device" | "onProgress" | "signal"> = {},
): Promise<AtlasData> {
  return createAtlasData({ ...(await readAtlasOptions(dir)), ...options });
}

/** Makes the value when it is first asked for, and once. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => (value ??= make());
}

/** What a step left in its file; undefined where it was not run. */
async function readReport<T>(file: string): Promise<T | undefined> {
  return existsSync(file) ? ((await readJson(file)) as T) : undefined;
}

async function readLabels(file: string): Promise<Map<number, LabelRecord>> {
  const labels = new Map<number, LabelRecord>();
  for await (const { value } of readJsonl(file)) {
    const record = value as LabelRecord;
    labels.set(record.latent, record);
  }
  return labels;
}

async function readFamilies(file: string): Promise<AtlasFamily[]> {
  const content = (await readJson(file)) as Record<string, NamedEntry>;
  return fromFamiliesJson(content, { source: file }).flatMap((record) => {
    const { key, label, latent, members, pass = 0 } = record;
    if (latent === undefined || members === undefined) return [];
    const { name, name_source: nameSource, stability } = content[key] ?? {};
    return [
      {
        parent: latent,
        members,
        pass,
        name: name || label,
        nameSource,
        nameScores: scoresOf(content[key]),
        ...(stability !== undefined && { stability }),
      },
    ];
  });
}

/** What of an entry is neither the paper's nor the family itself. */
interface NamedEntry {
  stability?: number;
  name?: string;
  name_source?: LabelSource;
  name_score?: number | null;
  name_score_n?: number;
  name_score_interval?: [number, number];
  name_scores?: LabelScore[];
}

function scoresOf({ name_scores: scores, ...entry }: NamedEntry = {}): LabelScore[] {
  const { name_score: value, name_score_n: n = 0, name_score_interval: interval } = entry;
  if (scores !== undefined) return scores;
  if (value === undefined || value === null) return [];
  return [{ name: KEYWORD_SCORE, value, n, ...(interval ? { interval } : {}) }];
}
