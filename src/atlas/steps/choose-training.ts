import type { Document } from "../../corpus/corpus.js";
import { latentsFor, openBudget } from "../../sae/train/budget.js";
import type { AtlasTraining } from "../options.js";

/** Latents for each that a document keeps, at least: with fewer, latents stand for half of what there is. */
const LATENTS_PER_ACTIVE = 8;
/** Most words of a text, and the latents that are kept for it. */
const ACTIVE = [
  [5, 4],
  [20, 8],
  [60, 16],
  [Infinity, 32],
] as const;
/** Texts whose words are counted. */
const SAMPLE = 1000;

/**
 * How an SAE is trained for a corpus: n by how many documents there are, in steps of 1, 1.5, 2, 3, 4, 6, 8 …; k by how long a
 * text is, since a longer one is about more, but at most d, the width of the embeddings. docs/benchmarks.md, "k and n of a corpus", has the measurements.
 */
export function chooseTraining(
  documents: readonly Pick<Document, "text">[],
  d?: number,
): AtlasTraining {
  const n = latentsFor(documents.length);
  const stride = Math.max(1, Math.floor(documents.length / SAMPLE));
  const words = documents
    .filter((_, i) => i % stride === 0)
    .map(({ text }) => text.split(/\s+/, 100).length)
    .sort((a, b) => a - b);
  const median = words.at(words.length >> 1) ?? 0;
  const [, active] = ACTIVE.find(([length]) => median <= length) ?? [0, 1];
  const k = Math.max(1, Math.min(active, d ?? Infinity, Math.floor(n / LATENTS_PER_ACTIVE)));
  return { k, n, ...openBudget(documents.length) };
}
