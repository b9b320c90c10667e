import { shuffleInPlace } from "../../core/random.js";
import type {
  Example,
  ExampleCount,
  ExampleSets,
  SkippedLatent,
  ExampleSource,
  ExampleOptions,
  FullExampleOptions,
} from "./example.js";
import { drawActive } from "./active-examples.js";
import { drawInactive } from "./inactive-examples.js";
import { type DuplicateFilter, createDuplicateFilter } from "./near-duplicates.js";
import { latentRandom } from "./latent-random.js";
import { checkLimit, truncateText } from "../../words/truncate-text.js";

/**
 * The paper's protocol: 5 + 5 documents to explain and 3 + 3 to predict, texts over 100 characters, strongest first.
 */
export const COMPAT_EXAMPLES: ExampleOptions = {
  explain: { active: 5, inactive: 5 },
  validate: { active: 0, inactive: 0 },
  score: { active: 3, inactive: 3 },
  active: "ranked",
  inactive: ["random"],
  least: 1,
  minCharacters: 101,
  limit: { characters: 100_000 },
};

/**
 * The documents shown to a model about one latent, or the reason why there are none. Depends only on the source, the
 * latent and the options, not on other latents. Texts are truncated before they are compared, so that no two shown
 * texts are near-duplicates. Throws RangeError for a latent that does not exist and for options out of range.
 */
export function drawExamples(
  source: ExampleSource,
  latent: number,
  options: ExampleOptions = {},
): ExampleSets | SkippedLatent {
  const full = fillOptions(options);
  checkSource(source, latent, full);
  const wanted = [full.explain, full.validate, full.score];
  const filter = createDuplicateFilter(full);
  const show = (row: number): string | undefined => showText(source, row, full, filter);
  const total = wanted.reduce((sum, { active }) => sum + active, 0);
  const active = drawActive(source, latent, total, full, show);
  const sizes = wanted.map((count) => scaleCount(count, active.examples.length, total));
  const fewest = wanted.reduce((sum, count) => sum + leastCount(count.active, full.least), 0);
  if (active.examples.length < fewest) {
    return { latent, reason: tooFew(active.available, active.examples.length, fewest) };
  }
  const inactiveTotal = sizes.reduce((sum, { inactive }) => sum + inactive, 0);
  const inactive = drawInactive(source, latent, inactiveTotal, full, show, active.examples);
  if (inactive.length < inactiveTotal) {
    return {
      latent,
      reason: `inactive in ${inactive.length} distinct documents, needs ${inactiveTotal}`,
    };
  }
  const positives = deal(
    active.examples,
    sizes.map(({ active: size }) => size),
    full.active,
  );
  const negatives = deal(
    inactive,
    sizes.map(({ inactive: size }) => size),
    "deciles",
  );
  const random = latentRandom(full.seed, latent, "order");
  const [explain, validate, score] = sizes.map((_, set) => {
    const examples = [...positives[set], ...negatives[set]];
    shuffleInPlace(examples, random);
    return examples;
  });
  return { latent, explain, validate, score };
}

/** Fills in the defaults. Throws RangeError if an option is out of range. */
export function fillOptions(options: ExampleOptions): FullExampleOptions {
  const full: FullExampleOptions = {
    explain: options.explain ?? { active: 10, inactive: 10 },
    validate: options.validate ?? { active: 5, inactive: 5 },
    score: options.score ?? { active: 20, inactive: 20 },
    active: options.active ?? "deciles",
    inactive: options.inactive ?? ["random"],
    pool: options.pool ?? 2000,
    least: options.least ?? 0.4,
    limit: options.limit ?? { characters: 1000 },
    minCharacters: options.minCharacters ?? 1,
    maxOverlap: options.maxOverlap ?? 0.6,
    seed: options.seed ?? 0,
  };
  for (const name of ["explain", "validate", "score"] as const) {
    const { active, inactive } = full[name];
    if (![active, inactive].every((count) => Number.isInteger(count) && count >= 0)) {
      throw new RangeError(
        `drawExamples: ${name} must be whole numbers from 0, got ${active} + ${inactive}`,
      );
    }
  }
  if (full.inactive.length === 0) {
    throw new RangeError("drawExamples: inactive must name at least one kind");
  }
  if (!(full.least >= 0 && full.least <= 1)) {
    throw new RangeError(`drawExamples: least must be from 0 to 1, got ${full.least}`);
  }
  if (!(Number.isInteger(full.pool) && full.pool >= 1)) {
    throw new RangeError(`drawExamples: pool must be a whole number from 1, got ${full.pool}`);
  }
  checkLimit(full.limit, "drawExamples");
  return full;
}

function checkSource(
  { postings, documents, embeddings, neighbours }: ExampleSource,
  latent: number,
  { inactive }: FullExampleOptions,
): void {
  if (!(Number.isInteger(latent) && latent >= 0 && latent < postings.n)) {
    throw new RangeError(`drawExamples: latent must be from 0 to ${postings.n - 1}, got ${latent}`);
  }
  for (const [what, rows] of [
    ["documents", documents.length],
    ["embeddings", embeddings?.rows ?? postings.documents],
    ["the neighbours' documents", neighbours?.postings.documents ?? postings.documents],
  ] as const) {
    if (rows !== postings.documents) {
      throw new RangeError(`drawExamples: expected ${postings.documents} ${what}, got ${rows}`);
    }
  }
  if (inactive.includes("near") && embeddings === undefined) {
    throw new RangeError('drawExamples: inactive documents of kind "near" need embeddings');
  }
  if (inactive.includes("neighbour") && neighbours === undefined) {
    throw new RangeError('drawExamples: inactive documents of kind "neighbour" need neighbours');
  }
}

// The text to show for a row; undefined if it is too short or a near-duplicate of one already shown.
function showText(
  { documents, exclude }: ExampleSource,
  row: number,
  { limit, minCharacters }: FullExampleOptions,
  filter: DuplicateFilter,
): string | undefined {
  if (exclude?.(row)) return undefined;
  const { text } = documents[row];
  if (text.trim().length < minCharacters) return undefined;
  const shown = truncateText(text, limit);
  return filter.add(shown) ? shown : undefined;
}

function leastCount(count: number, least: number): number {
  return count === 0 ? 0 : Math.max(1, Math.ceil(least * count));
}

function scaleCount(count: ExampleCount, found: number, total: number): ExampleCount {
  if (found >= total) return count;
  const share = found / total;
  const scale = (size: number): number =>
    size === 0 ? 0 : Math.max(1, Math.floor(share * size + 1e-9));
  return { active: scale(count.active), inactive: scale(count.inactive) };
}

function tooFew(available: number, distinct: number, fewest: number): string {
  if (available === 0) return "active in no document";
  if (available === distinct) return `active in ${available} documents, needs ${fewest}`;
  return `active in ${available} documents, of which ${distinct} are distinct, needs ${fewest}`;
}

// Splits the list into sets of the given sizes: consecutive segments ("ranked"), or each spread evenly over the list.
function deal(
  examples: readonly Example[],
  sizes: readonly number[],
  order: FullExampleOptions["active"],
): Example[][] {
  const out: Example[][] = sizes.map(() => []);
  let at = 0;
  if (order === "ranked" || order === "strongest") {
    return sizes.map((size) => examples.slice(at, (at += size)));
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  for (let i = 0; i < total; i++) {
    // The set furthest behind its share.
    let next = 0;
    let furthest = -Infinity;
    for (let set = 0; set < sizes.length; set++) {
      if (out[set].length >= sizes[set]) continue;
      const lag = ((i + 1) * sizes[set]) / total - out[set].length;
      if (lag > furthest) [next, furthest] = [set, lag];
    }
    out[next].push(examples[at++]);
  }
  return out;
}
