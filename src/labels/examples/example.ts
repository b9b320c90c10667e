import type { Postings } from "../../core/codes.js";
import type { Matrix } from "../../core/matrix.js";
import type { TextLimit } from "../../words/truncate-text.js";

/** How an inactive document was chosen. */
export type InactiveKind = "random" | "near" | "neighbour";

/** A document shown to a model about one latent. */
export interface Example {
  /** Row of the corpus. */
  row: number;
  /** The document's id. */
  id: string;
  /** Truncated at the limit. */
  text: string;
  /** Why it was chosen. */
  kind: "active" | InactiveKind;
  /** The latent's activation: above 0 for kind "active", else 0. */
  activation: number;
}

/** Numbers of documents in which a latent is active and in which it is not. */
export interface ExampleCount {
  active: number;
  inactive: number;
}

/** One latent's examples: three disjoint sets without near-duplicate texts, each shuffled. */
export interface ExampleSets {
  latent: number;
  /** Shown to the explainer. */
  explain: Example[];
  /** Used to choose among candidate labels. */
  validate: Example[];
  /** Used only to measure the reported scores. */
  score: Example[];
}

/** A latent without examples, and the reason. */
export interface SkippedLatent {
  latent: number;
  /** Such as "active in 3 documents, needs 12". */
  reason: string;
}

/** The data that examples are drawn from. */
export interface ExampleSource {
  /** Where the latents are active. Entries of value 0 count as inactive. */
  postings: Postings;
  /** The corpus, row for row. */
  documents: readonly { id: string; text: string }[];
  /** The documents' embeddings [N, d], for inactive documents of kind "near". */
  embeddings?: Matrix;
  /** Neighbours by decoder direction or co-activation, for inactive documents of kind "neighbour". */
  neighbours?: {
    /** Where the neighbours are active. */
    postings: Postings;
    of: (latent: number) => readonly number[];
  };
  /**
   * The group that a document of a latent belongs to. If given, active examples are spread over groups, such as the
   * members of a family, instead of deciles.
   */
  group?: (latent: number, row: number) => number;
  /** Whether to skip a row, such as one that the label was made from. */
  exclude?: (row: number) => boolean;
}

/** Options of drawExamples. */
export interface ExampleOptions {
  /** Default 10 + 10. */
  explain?: ExampleCount;
  /** Default 5 + 5. */
  validate?: ExampleCount;
  /** Default 20 + 20. */
  score?: ExampleCount;
  /**
   * Active documents: one of each decile of activation in turn ("deciles", the default) or the strongest ones ("top"),
   * distributed over the three sets; the strongest to explain and the next ones to validate and score ("ranked", the
   * paper's choice); or the strongest to explain and one of each decile of the others to validate and score
   * ("strongest").
   */
  active?: "deciles" | "top" | "ranked" | "strongest";
  /** Kinds of inactive documents, taken in turn. Default ["random"]. */
  inactive?: readonly InactiveKind[];
  /** Size of the random sample of inactive documents from which "near" picks the nearest. Default 2,000. */
  pool?: number;
  /**
   * If a latent has too few documents, its sets shrink in proportion down to this share of their size, 0 to 1; below it
   * the latent is skipped. Default 0.4.
   */
  least?: number;
  /** Default 1,000 characters. */
  limit?: TextLimit;
  /** Minimum length of a document in characters, without surrounding white space. Default 1. */
  minCharacters?: number;
  /** Jaccard overlap of three-word sequences at which texts are near-duplicates. Default 0.6. */
  maxOverlap?: number;
  /** Default 0. The draw for a latent depends only on this and on the latent. */
  seed?: number;
}

/** All options, with defaults filled in. */
export type FullExampleOptions = Required<ExampleOptions>;
