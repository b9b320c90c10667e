import type { Codes } from "../../core/codes.js";
import { type Random, createRandom, sampleIndices } from "../../core/random.js";

/** One query with a latent to make more of and one to make less of. */
export interface SteeringCase {
  /** Place among the queries. */
  query: number;
  /** The document that the query is, by its row; it is no result of its own. Undefined for other queries. */
  row?: number;
  /** A latent that is not active in the query. */
  up: number;
  /** A latent that is active in the query. */
  down: number;
}

/** What cases are drawn from. */
export interface CaseSource {
  /** Codes of the queries [Q, k]. */
  codes: Codes;
  /** The document that each query is. Default: none is one. */
  rows?: ArrayLike<number>;
  /** Latents that may be steered. */
  clean: readonly number[];
  /** Default 0. */
  seed?: number;
}

/** How many documents are drawn as queries. */
export interface DrawOptions {
  count: number;
  /** Default 0. */
  seed?: number;
  /** Draws as the paper does, so that a query may come twice. Default false. */
  withReplacement?: boolean;
}

/**
 * Rows drawn at random from `rows`; all of them, in random order, where there are no more than asked for. Throws
 * RangeError where there is nothing to draw.
 */
export function drawQueries(
  rows: ArrayLike<number>,
  { count, seed = 0, withReplacement = false }: DrawOptions,
): number[] {
  if (rows.length === 0) throw new RangeError("drawQueries: there are no documents to draw from");
  const random = createRandom(seed);
  if (withReplacement) return Array.from({ length: count }, () => pick(rows, random));
  const places = sampleIndices(rows.length, Math.min(count, rows.length), random);
  return Array.from(places, (place) => rows[place]);
}

/**
 * A case for every query: `down` drawn from the clean latents active in it, `up` from those that are not. Queries with
 * no clean latent active are left out.
 */
export function drawCases({ codes, rows, clean, seed = 0 }: CaseSource): SteeringCase[] {
  const random = createRandom(seed + 1);
  const isClean = new Set(clean);
  const cases: SteeringCase[] = [];
  for (let query = 0; query < codes.rows; query++) {
    const [start, end] = [query * codes.k, (query + 1) * codes.k];
    const active = new Set<number>();
    for (let s = start; s < end; s++) {
      if (codes.values[s] > 0 && isClean.has(codes.indices[s])) active.add(codes.indices[s]);
    }
    const inactive = clean.filter((latent) => !active.has(latent));
    if (active.size === 0 || inactive.length === 0) continue;
    cases.push({
      query,
      ...(rows ? { row: rows[query] } : {}),
      down: pick([...active], random),
      up: pick(inactive, random),
    });
  }
  return cases;
}

function pick(from: ArrayLike<number>, random: Random): number {
  return from[Math.floor(random() * from.length)];
}
