import type { CorpusColumns } from "../corpus/corpus.js";
import type { Embedder } from "../corpus/embedder.js";
import type { EngineName } from "../engine/open-engine.js";
import type { ResampleScheme } from "../compare/resample.js";
import type { ScheduleOptions } from "../tasks/run-plan.js";
import type { MatrixFile } from "../files/matrix.js";
import type { OnProgress } from "../core/progress.js";
import type { NormaliseName } from "../sae/train/train-options.js";

/** How an atlas's SAE is trained; see trainSae for the meaning and further defaults. */
export interface AtlasTraining {
  k: number;
  n: number;
  epochs: number;
  lr: number;
  batch?: number;
  /**
   * "centre" subtracts the columns' means, "z-score" divides by their deviations too, as embeddings of any scale need.
   * Default "none".
   */
  normalise?: NormaliseName;
  /** Stop before `epochs` once the held-out error falls by less than this share; see trainSae. Default: never. */
  plateau?: number;
  /** The directions to start from. Default "random". */
  start?: "random" | "kmeans";
  /** Ends of nested prefixes of the latents (Matryoshka training). Default none. */
  prefixes?: readonly number[];
  /** Default "topk". */
  activation?: "topk" | "batch-topk";
}

/** How the stability of an atlas's families is measured; see documentStability and seedStability. */
export interface AtlasStability extends ResampleScheme {
  /** Resamples of the documents. Default 100. */
  resamples?: number;
  /** SAEs to train as the atlas's own but with other seeds; they are kept in its folder. Default 0. */
  seeds?: number;
  /** How to train those, where the atlas's SAE was given, or in place of how that was trained. */
  training?: Partial<AtlasTraining>;
  /** Files of SAEs of the same embeddings to compare with, beside those trained. */
  saes?: readonly string[];
  /** Latents that those keep per document, where their files do not have it. */
  k?: number;
}

/** What an atlas is made from and how. */
export interface AtlasOptions {
  /** Folder of the atlas; made if missing. */
  dir: string;
  /** Documents, row for row those of the embeddings: any file or folder that readCorpus reads. */
  corpus: string;
  /** Columns of the corpus that hold what, where readCorpus's defaults do not fit. */
  columns?: CorpusColumns;
  /** Embeddings [N, d], a file that openMatrix reads, or a folder of .parquet or .npy shards, whose codes then lie in shards too. */
  embeddings: string;
  /** Column of the embeddings in Parquet, where they are not the only lists of numbers or called embedding. */
  embeddingColumn?: string;
  /** Processes that encode shards, and the threads of each; see encodeToShards. Default: this process alone. */
  workers?: number;
  threads?: number;
  /** An SAE to use: a released .pth or our .safetensors. Without it one is trained. */
  sae?: string;
  /** Latents kept per document, where the SAE's file does not have it. */
  k?: number;
  /** How to train, where no SAE is given. */
  training?: AtlasTraining;
  /** Parents of the documents' classes, a JSONL of {id, name, parents}. */
  classTree?: string;
  /** A `feature_analysis_results` file whose labels and scores replace the keyword labels. */
  analysis?: string;
  /** Make the families as the reference does, bugs included; needs `analysis`. Default false. */
  compat?: boolean;
  /** Weakest edge of a family, on the scale of the default weight; see extractFamilies. Not with `compat`. */
  threshold?: number;
  /**
   * Where the SAE has prefixes, a latent's parent is the one that leads most of its documents: see PairOptions. False: latents of an
   * earlier prefix that are active in them, in a spanning forest, as atlases built by earlier versions keep it. Not with `compat`.
   * Default true.
   */
  leading?: boolean;
  /**
   * Find families and co-activation in this many random documents, drawn by `seed`, and measure whether they are enough; see
   * sampleStability. Not with `schedule`. Default: all documents.
   */
  sample?: number;
  /**
   * What the map places: latents that fire together ("coactivation", the default: truer maps, see docs/benchmarks.md)
   * or that point the same way ("decoder").
   */
  mapFrom?: "decoder" | "coactivation";
  /**
   * Give the documents a map of their own, by their embeddings; without one the explorer places them at the mean of their
   * latents. Default: up to 300,000 documents, where it takes less than a minute by estimate.
   */
  documentMap?: boolean;
  /**
   * Figures are to be drawn of the atlas: a browser and what they take are looked for before the first costly step. It draws
   * none itself; see Atlas.figures. Default false.
   */
  figures?: boolean;
  /**
   * Measure how reproducible families are across document resamples and training seeds. Without it, what was
   * measured before stays as long as the families do.
   */
  stability?: AtlasStability;
  /**
   * Where documents have classes, hold the latents against k-means and random documents however long that takes, and against an
   * SAE trained alike whose decoder stays random, which takes as long as a training. Default false: against the first two, where
   * that takes seconds. What was measured stays as long as the codes do.
   */
  baselines?: boolean;
  /** Of training, map, nulls and the sample. Default 0. */
  seed?: number;
  /** Default "auto". */
  device?: EngineName;
  /** Encode, count co-activation and make keyword labels in tasks, started so. Default: in this process, without tasks. */
  schedule?: ScheduleOptions;
  onProgress?: OnProgress;
  /** Receives what is worth a look, such as a given SAE that seems to want its inputs prepared in another way. */
  onWarning?: (warning: string) => void;
  signal?: AbortSignal;
}

/** How an atlas is built; of what is not given it is chosen or made. */
export interface BuildOptions extends Omit<AtlasOptions, "embeddings" | "training"> {
  /**
   * Leave out documents without a text. The atlas then keeps a copy of the others, and of their rows of embeddings where
   * those that are given are of all documents. Default false.
   */
  skipEmpty?: boolean;
  /** Embeddings [N, d], .npy. Default: made by `embedder`, in the atlas's folder. */
  embeddings?: string;
  /** How to train, where no SAE is given. Default, for all or for what is left out: by the corpus's size and texts. */
  training?: Partial<AtlasTraining>;
  /** The embedder of the corpus and of searches. Default: the offline one. */
  embedder?: Embedder | (() => Promise<Embedder>);
  /** Receives what will be done and how long it takes, once that is known and before the first slow step is over. */
  onPlan?: (plan: BuildPlan) => void;
}

/** What a build does before labels, families and map. Seconds are estimates of what is still to come. */
export interface BuildPlan {
  documents: number;
  /** Name of the embedder, the documents it embeds per second and its time, where there is something to embed. */
  embedder?: string;
  perSecond?: number;
  embedSeconds?: number;
  /** How the SAE is trained, and its time, where it is. */
  training?: AtlasTraining;
  trainSeconds?: number;
}

/** The embeddings of an atlas, with their column. */
export function embeddingsOf({
  embeddings: path,
  embeddingColumn: column,
}: Pick<AtlasOptions, "embeddings" | "embeddingColumn">): MatrixFile {
  return column === undefined ? path : { path, column };
}

/** SAEs of other seeds that are compared by default, where it is known how to train them. */
const SEEDS = 3;

/** The options with `seeds` filled in: 3 where SAEs can be trained as the atlas's own and no others are named, else 0. */
export function withDefaultSeeds(
  options: AtlasStability,
  { training }: Pick<AtlasOptions, "training">,
): AtlasStability {
  const { epochs, lr } = options.training ?? {};
  const isKnown = training !== undefined || (epochs !== undefined && lr !== undefined);
  const isAlone = (options.saes ?? []).length === 0;
  return { ...options, seeds: options.seeds ?? (isKnown && isAlone ? SEEDS : 0) };
}
