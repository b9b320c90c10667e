/** Words per shingle, the unit by which two texts are compared. */
const SHINGLE = 3;

/** How similar two texts may be. */
export interface DuplicateOptions {
  /** Jaccard overlap of three-word sequences at which two texts are near-duplicates, above 0 to 1. Default 0.6. */
  maxOverlap?: number;
}

/** Remembers texts and rejects near-duplicates of them. */
export interface DuplicateFilter {
  /** Keeps the text and returns true, unless it equals or nearly equals a kept one. */
  add(text: string): boolean;
}

/**
 * A filter for the texts shown about one latent. Create a new one for every latent; otherwise latents labelled later
 * run out of examples. Texts are compared ignoring case, punctuation and spacing. Throws RangeError for an overlap
 * outside (0, 1].
 */
export function createDuplicateFilter({
  maxOverlap = 0.6,
}: DuplicateOptions = {}): DuplicateFilter {
  if (!(maxOverlap > 0 && maxOverlap <= 1)) {
    throw new RangeError(`near-duplicates: maxOverlap must be above 0 to 1, got ${maxOverlap}`);
  }
  const seen = new Set<string>();
  const kept: Set<string>[] = [];
  return {
    add(text) {
      const words = normaliseWords(text);
      const key = words.join(" ");
      if (seen.has(key)) return false;
      const shingles = shinglesOf(words);
      if (kept.some((other) => jaccardReaches(shingles, other, maxOverlap))) return false;
      seen.add(key);
      kept.push(shingles);
      return true;
    },
  };
}

function normaliseWords(text: string): string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  );
}

function shinglesOf(words: readonly string[]): Set<string> {
  const out = new Set<string>();
  for (let i = 0; i + SHINGLE <= words.length; i++) out.add(words.slice(i, i + SHINGLE).join(" "));
  return out;
}

// Texts too short for a shingle are duplicates only if they are equal.
function jaccardReaches(a: Set<string>, b: Set<string>, least: number): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size === 0 || small.size < least * large.size) return false;
  let shared = 0;
  for (const shingle of small) if (large.has(shingle)) shared++;
  return shared >= least * (a.size + b.size - shared);
}
