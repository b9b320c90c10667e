import type { LabelSource } from "../records/label.js";

/**
 * One latent in the catalog. Keys stand in this order in every row and are the columns of the files;
 * what is not known is null, a list without entries is empty. Numbers are rounded to 6 significant digits.
 */
export interface CatalogRow {
  /** The latent. */
  index: number;
  /** Empty where it has none; `label_note` then says why. */
  label: string;
  label_source: LabelSource | null;
  label_note: string | null;
  /** The label's first score, its name, the documents (or answers) behind it and its 95 % interval. */
  score: number | null;
  score_name: string | null;
  score_n: number | null;
  score_low: number | null;
  score_high: number | null;
  /** All scores of the label, the first included. */
  scores: CatalogScore[];
  /** Distinctive words, strongest first. */
  keywords: string[];
  /** Language model and version of the prompts behind the label. */
  model: string | null;
  prompt_version: string | null;
  /** When the label was made, ISO 8601. */
  label_date: string | null;
  /** US dollars that the label and its scores cost. */
  label_cost: number | null;
  /** Documents behind label and scores, by what they were used for: explain, validate or score. */
  label_documents: { id: string; use: string }[];
  /** Documents in which it is active, and their share of all. */
  active: number;
  density: number;
  /** Mean and highest activation above 0. */
  mean_activation: number | null;
  max_activation: number | null;
  /** Families with this latent, by the latent that is their parent. */
  families: CatalogFamily[];
  /** How reproducible the latent is across training seeds: its mean best cosine. Null where that was not measured. */
  stability: number | null;
  /** Place on the map. */
  x: number | null;
  y: number | null;
  /** Nearest latents by direction, nearest first. */
  nearest: { index: number; cosine: number }[];
  /** Latents with the most similar activations over the documents, with the number of documents that share both. */
  coactive: { index: number; cosine: number; documents: number }[];
  /** The documents in which it is strongest. */
  top_documents: { id: string; title: string; value: number }[];
  /** The known class that it agrees with best, by F1, with the 95 % interval. */
  class: string | null;
  class_name: string | null;
  class_f1: number | null;
  class_low: number | null;
  class_high: number | null;
  /** The same F1 with the class chosen on the other half of the documents, and with classes dealt out to documents at random. */
  class_held_out: number | null;
  class_chance: number | null;
  /** The highest F1 that units of other kinds, as many as the latents, have with that class; null where they were not measured. */
  class_kmeans: number | null;
  class_random_documents: number | null;
  class_random_decoder: number | null;
  /** Contrasts that were saved and in which the latent differs. */
  contrasts: CatalogContrast[];
}

/** How a latent differs in one contrast; see ContrastFinding. */
export interface CatalogContrast {
  question: string;
  /** The class or set that has more of it where the effect is positive; "" for numbers. */
  group: string;
  effect: number | null;
  low: number | null;
  high: number | null;
}

/** A label's score by one measure; see Score. */
export interface CatalogScore {
  name: string;
  value: number | null;
  n: number;
  low: number | null;
  high: number | null;
}

/** A family as one of its latents sees it. */
export interface CatalogFamily {
  /** The parent latent, which names the family. */
  id: number;
  name: string;
  role: "parent" | "member";
  /** How reproducible the family is across document resamples, 0 to 1. Null where that was not measured. */
  stability: number | null;
}
