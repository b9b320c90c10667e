/** Folder of an atlas for the embeddings that its build made. */
export const SOURCE_FOLDER = "source";

/** Folder of an atlas for the plan of its tasks and what they made: codes, totals and labels. */
export const TASKS_FOLDER = "tasks";

/** Names of an atlas's files, relative to its folder. */
export const ATLAS_FILES = {
  manifest: "manifest.json",
  sae: "sae.safetensors",
  trainLog: "train-log.jsonl",
  metrics: "metrics.json",
  labels: "labels.jsonl",
  /** Written by people, read by every build, never written by one. */
  overrides: "labels.overrides.jsonl",
  /** Labels and family names of other tools or atlases; what `importLabels` took in. */
  imported: "labels.import.jsonl",
  /** Labels and family names by a language model, their scores, what stands behind them, and every answer. */
  modelLabels: "labels.llm.jsonl",
  modelFamilies: "families.llm.jsonl",
  evidence: "labels.evidence.jsonl",
  ledger: "labels.ledger.jsonl",
  batches: "labels.batches.jsonl",
  /** Scores of labels that were measured apart from them, such as by embeddings. */
  labelScores: "labels.scores.jsonl",
  families: "families.json",
  familyStatistics: "family-statistics.json",
  forest: "spanning-forest.graphml",
  /** How reproducible families and latents are; written by `stability` alone. */
  stability: "stability.json",
  taxonomy: "taxonomy.json",
  /** What differs between documents, by question; written by `contrast --save` alone. */
  contrasts: "contrasts.json",
  map: "map.npy",
  mapQuality: "map-quality.json",
  /** Of the documents by their embeddings; not every atlas has it. */
  documentMap: "document-map.npy",
  documentMapQuality: "document-map-quality.json",
  /** The evaluation of steering, and the answers of its models. */
  steering: "steering.json",
  steeringLedger: "steering.ledger.jsonl",
  catalogJsonl: "catalog.jsonl",
  catalogCsv: "catalog.csv",
  catalogParquet: "catalog.parquet",
  /** A folder of vectors that searches by meaning keep; it may be removed. */
  nameVectors: "name-vectors",
  /** A folder in which searches keep an index of each shard of large embeddings; it may be removed. */
  searchIndex: "search-index",
} as const;

/** Where a training keeps its state until it is done; each training, by its step's key, has a file of its own. */
export function trainStateFile(key: string): string {
  return `train-state-${key.slice(0, 12)}.safetensors`;
}

/** Name of the SAE that was trained as the atlas's own but with another seed. */
export function seedSaeFile(seed: number): string {
  return `sae-seed-${seed}.safetensors`;
}

/** Folder of an atlas for codes in shards, where its embeddings are. */
export const CODES_FOLDER = "codes";

/** Whether a name is that of a file of codes. */
export function isCodesFile(name: string): boolean {
  return /^(topk_(indices|values)_\d+_\d+\.npy|(tasks\/)?codes\/part-\d+\.parquet)$/.test(name);
}

/** Names of the two files of codes. */
export function codesFiles(k: number, n: number): { indices: string; values: string } {
  return { indices: `topk_indices_${k}_${n}.npy`, values: `topk_values_${k}_${n}.npy` };
}
