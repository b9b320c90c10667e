import type { Postings } from "../../core/codes.js";
import type { Matrix } from "../../core/matrix.js";
import type { TextLimit } from "../../words/truncate-text.js";

/** How an inactive document was chosen. */
export type InactiveKind = "random" | "near" | "neighbour";

/** A document as it is shown to a model about one latent. */
export interface Example {
  /** Row of the corpus. */
  row: number;
  /** The document's id. */
  id: string;
  /** Cut at the limit. */
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

/** One latent's examples: three sets that share no document and no near-duplicate text, each in shuffled order. */
export interface ExampleSets {
  latent: number;
  /** Shown to the explainer. */
  explain: Example[];
  /** Candidate labels are chosen by these. */
  validate: Example[];
  /** The reported scores are measured on these alone. */
  score: Example[];
}

/** A latent that gets no examples. */
export interface SkippedLatent {
  latent: number;
  /** Such as "active in 3 documents, needs 12". */
  reason: string;
}

/** What examples are drawn from. */
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
   * Which group a document of a latent belongs to, for active examples spread over groups rather than over deciles;
   * families spread theirs over members so.
   */
  group?: (latent: number, row: number) => number;
  /** Rows that are not to be drawn, such as those that the label was made from. */
  exclude?: (row: number) => boolean;
}

/** How examples are drawn. */
export interface ExampleOptions {
  /** Default 10 + 10. */
  explain?: ExampleCount;
  /** Default 5 + 5. */
  validate?: ExampleCount;
  /** Default 20 + 20. */
  score?: ExampleCount;
  /**
   * Active documents: one of each tenth of the activations in turn ("deciles", the default), or the strongest ones
   * ("top"), dealt out to the three sets; or the strongest to explain and the next ones to validate and score
   * ("ranked", as the paper).
   */
  active?: "deciles" | "top" | "ranked";
  /** Kinds of inactive documents, taken in turn. Default ["random"]. */
  inactive?: readonly InactiveKind[];
  /** Documents that "near" picks the nearest of: drawn at random from those where the latent is inactive. Default 2,000. */
  pool?: number;
  /**
   * Where a latent has too few documents its sets shrink alike down to this share of what was asked, 0 to 1; below it
   * the latent is skipped. Default 0.4.
   */
  least?: number;
  /** Default 1,000 characters. */
  limit?: TextLimit;
  /** Fewest characters of a document that is shown, blanks at both ends aside. Default 1. */
  minCharacters?: number;
  /** Jaccard overlap of three-word runs from which texts are near-duplicates. Default 0.6. */
  maxOverlap?: number;
  /** Default 0. The draw for one latent depends on this and on the latent alone. */
  seed?: number;
}

/** All options with their defaults filled in. */
export type FullExampleOptions = Required<ExampleOptions>;
