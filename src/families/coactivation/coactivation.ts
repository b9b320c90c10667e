import { grown } from "../../core/collections.js";
import type { Codes, CountOptions } from "../../core/codes.js";
import { latentCounts } from "../../core/codes.js";
import type { OnProgress } from "../../core/progress.js";

/** Pairs reserved at first where no smaller bound is known; memory never written to costs none. */
const FIRST_CAPACITY = 1 << 26;
/** Documents whose rows are fetched together, see `meetAll`. */
const FETCH = 32;
/** A met pair adds 4 plus its share of the cosine, so one float64 cell holds both: cosine is at most 1. */
const MEETING = 4;

/**
 * How often, and how similarly, latents are active together: the strict lower triangle of C and D, row by row.
 * The partners j < i of latent i are `latents[offsets[i]]` up to `latents[offsets[i + 1] - 1]`, ascending;
 * pairs that never meet are absent. C's diagonal is `counts`.
 */
export interface Coactivation {
  n: number;
  /** Documents counted over (N), each as often as its weight says. */
  documents: number;
  /** Documents in which each latent is active, f [n]. */
  counts: Uint32Array;
  /** D's diagonal: 1, or 0 where a latent has no norm [n]. */
  cosineDiagonal: Float32Array;
  /** [n + 1] */
  offsets: Uint32Array;
  /** The partner in each pair [pairs]. */
  latents: Uint32Array;
  /** C: documents in which both are active [pairs]. */
  together: Uint32Array;
  /** D: cosine of the two latents' activations over all documents, 0 where either has no norm [pairs]. */
  cosine: Float32Array;
  /** Whether pairs were counted only where their lower latent leads; see PairOptions. Default false. */
  leading?: boolean;
}

/** Where two latents count as active together. */
export interface PairOptions extends CountOptions {
  /**
   * Only in documents in which the lower latent, the one that can be a parent across prefixes, leads: is among the strongest quarter
   * of the document's k. The first latents of an SAE with prefixes are active weakly where nothing else is left. Default false.
   */
  leading?: boolean;
}

/** How `computeCoactivation` counts. */
export interface CoactivationOptions extends PairOptions {
  /** Pairs that meet in fewer documents are left out, which saves memory where n is large. Default 1: none. */
  minTogether?: number;
  /** How often each document counts [N], whole numbers from 0: one resample of the corpus. Default: once each. */
  weights?: Uint32Array;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * C and D of `codes`, accumulated sparsely: N k² / 2 additions, and 12 bytes for each pair that meets.
 * C is exact; D is within about 1e-6. Throws RangeError where a document names a latent twice or a value is
 * not finite, or there is not one weight per document.
 */
export function computeCoactivation(codes: Codes, options: CoactivationOptions = {}): Coactivation {
  const { n, k } = codes;
  const { minTogether = 1, leading, weights, onProgress, signal } = options;
  if (weights !== undefined && weights.length !== codes.rows) {
    throw new RangeError(`co-activation: expected ${codes.rows} weights, got ${weights.length}`);
  }
  const lists = createLists(codes, inverseNorms(codes, weights), options);
  const most = (codes.rows * k * (k - 1)) / 2;
  const pairs = createPairs(n, minTogether, { most, first: FIRST_CAPACITY });
  const cells = new Float64Array(n + 1);
  const met = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    if (i % 256 === 0) {
      signal?.throwIfAborted();
      onProgress?.({ step: "co-activation", done: i, total: n });
    }
    if ((lists.starts[i + 1] - lists.starts[i]) * k * 4 > i) {
      meetAll(lists, i, cells);
      pairs.takeAll(i, cells);
    } else {
      const size = meetFew(lists, i, cells, met);
      pairs.takeListed(i, met.subarray(0, size).sort(), cells);
    }
  }
  onProgress?.({ step: "co-activation", done: n, total: n });
  return {
    n,
    documents: weights?.reduce((sum, weight) => sum + weight, 0) ?? codes.rows,
    counts: lists.counts,
    cosineDiagonal: lists.cosineDiagonal,
    ...pairs.finish(),
    ...(leading && { leading }),
  };
}

/**
 * Postings, and each document's latents that were visited so far, so that visiting latents in
 * ascending order meets every pair once. Values are times their latent's scale, such as 1 over its norm.
 */
export interface Lists {
  k: number;
  weights?: Uint32Array;
  counts: Uint32Array;
  cosineDiagonal: Float32Array;
  /** Postings of latent i: `starts[i]` to `starts[i + 1]`. */
  starts: Uint32Array;
  documents: Uint32Array;
  scaled: Float32Array;
  /** 1 where later latents meet the posting, else 0. */
  leads: Uint8Array;
  /** Latents of document r visited so far: `visited[r * k]` on, `fill[r]` of them. */
  visited: Uint16Array | Uint32Array;
  visitedScaled: Float32Array;
  fill: Uint32Array;
}

/** Lists of which no latent was visited yet; `scale` is [n]. Throws RangeError where a document names a latent twice. */
export function createLists(
  codes: Codes,
  scale: Float64Array,
  options: CoactivationOptions,
): Lists {
  const { rows, k, n, indices, values } = codes;
  const { skipZeros = false, leading = false, weights } = options;
  const leaders = Math.max(1, Math.round(k / 4));
  const { counts, listed } = countLatents(codes, options);
  const starts = new Uint32Array(n + 1);
  for (let i = 0; i < n; i++) starts[i + 1] = starts[i] + listed[i];
  const documents = new Uint32Array(starts[n]);
  const scaled = new Float32Array(starts[n]);
  const leads = new Uint8Array(starts[n]);
  const next = starts.slice(0, n);
  for (let r = 0; r < rows; r++) {
    if (weights?.[r] === 0) continue;
    const least = leading
      ? values.slice(r * k, (r + 1) * k).sort()[Math.max(0, k - leaders)]
      : -Infinity;
    for (let s = r * k; s < (r + 1) * k; s++) {
      const value = values[s];
      if (skipZeros && value === 0) continue;
      const latent = indices[s];
      const at = next[latent]++;
      if (at > starts[latent] && documents[at - 1] === r) {
        throw new RangeError(`co-activation: row ${r} names latent ${latent} twice`);
      }
      documents[at] = r;
      scaled[at] = value * scale[latent];
      leads[at] = value >= least ? 1 : 0;
    }
  }
  const visited = n <= 65536 ? new Uint16Array(rows * k) : new Uint32Array(rows * k);
  const visitedScaled = new Float32Array(rows * k);
  const fill = new Uint32Array(rows);
  const cosineDiagonal = Float32Array.from(scale, (value) => (value > 0 ? 1 : 0));
  return {
    k,
    weights,
    counts,
    cosineDiagonal,
    starts,
    documents,
    scaled,
    leads,
    visited,
    visitedScaled,
    fill,
  };
}

/** Documents of each latent by their weights, and documents listed in its postings [n]. */
function countLatents(
  codes: Codes,
  { skipZeros, weights }: CoactivationOptions,
): { counts: Uint32Array; listed: Uint32Array } {
  if (weights === undefined) {
    const counts = latentCounts(codes, { skipZeros });
    return { counts, listed: counts };
  }
  const { k, n, indices, values } = codes;
  const counts = new Uint32Array(n);
  const listed = new Uint32Array(n);
  weights.forEach((weight, r) => {
    if (weight === 0) return;
    for (let s = r * k; s < (r + 1) * k; s++) {
      if (skipZeros && values[s] === 0) continue;
      counts[indices[s]] += weight;
      listed[indices[s]]++;
    }
  });
  return { counts, listed };
}

/** 1 over each latent's Euclidean length over all documents, 0 where it has none [n]. */
function inverseNorms({ n, k, indices, values }: Codes, weights?: Uint32Array): Float64Array {
  const out = new Float64Array(n);
  for (let s = 0; s < indices.length; s++) {
    const value = values[s];
    if (!Number.isFinite(value)) {
      throw new RangeError(
        `co-activation: row ${Math.floor(s / k)}, latent ${indices[s]}: value is ${value}`,
      );
    }
    const weight = weights === undefined ? 1 : weights[Math.floor(s / k)];
    out[indices[s]] += weight * value * value;
  }
  for (let i = 0; i < n; i++) out[i] = out[i] > 0 ? 1 / Math.sqrt(out[i]) : 0;
  return out;
}

/** Adds latent i's meetings with all earlier latents to `cells`, then enters i in its documents' rows. */
function meetAll(lists: Lists, i: number, cells: Float64Array): void {
  const { k, weights, starts, documents, scaled, leads, visited, visitedScaled, fill } = lists;
  const end = starts[i + 1];
  let touched = 0;
  for (let from = starts[i]; from < end; from += FETCH) {
    const to = Math.min(end, from + FETCH);
    // Rows lie far apart. Touching each cache line of the next ones first lets their fetches overlap
    // instead of each stalling the sums: measured 1.5 times faster at 272,000 x 64.
    for (let p = from; p < to; p++) {
      const row = documents[p] * k;
      const rowEnd = row + fill[documents[p]];
      for (let s = row; s < rowEnd; s += 32) touched += visited[s];
      for (let s = row; s < rowEnd; s += 16) touched += visitedScaled[s];
    }
    for (let p = from; p < to; p++) {
      const value = scaled[p];
      const weight = weights === undefined ? 1 : weights[documents[p]];
      const meeting = MEETING * weight;
      const factor = weight * value;
      const row = documents[p] * k;
      const rowEnd = row + fill[documents[p]];
      for (let s = row; s < rowEnd; s++) {
        cells[visited[s]] += meeting + factor * visitedScaled[s];
      }
      visited[rowEnd] = i;
      visitedScaled[rowEnd] = value;
      fill[documents[p]] += leads[p];
    }
  }
  // Only so that the engine keeps the touching loads; the last cell is no latent's.
  cells[cells.length - 1] = touched;
}

/** The same for a rare latent: lists the latents met in `met` and gives their number. */
function meetFew(lists: Lists, i: number, cells: Float64Array, met: Uint32Array): number {
  const { k, weights, starts, documents, scaled, leads, visited, visitedScaled, fill } = lists;
  let size = 0;
  for (let p = starts[i]; p < starts[i + 1]; p++) {
    const weight = weights === undefined ? 1 : weights[documents[p]];
    const row = documents[p] * k;
    const rowEnd = row + fill[documents[p]];
    for (let s = row; s < rowEnd; s++) {
      const j = visited[s];
      if (cells[j] === 0) met[size++] = j;
      cells[j] += weight * (MEETING + scaled[p] * visitedScaled[s]);
    }
    visited[rowEnd] = i;
    visitedScaled[rowEnd] = scaled[p];
    fill[documents[p]] += leads[p];
  }
  return size;
}

/** The strict lower triangle of C and D while it is filled, row by row. */
export interface Pairs {
  /** Makes room for as many more pairs. */
  reserve(more: number): void;
  /** Adds a pair of the current row, unless it shares too few documents. */
  put(j: number, together: number, cosine: number): void;
  end(i: number): void;
  /** Moves the cells below i into the triangle, clears them and ends the row. */
  takeAll(i: number, cells: Float64Array): void;
  /** The same for the listed cells alone, ascending. */
  takeListed(i: number, listed: Uint32Array, cells: Float64Array): void;
  finish(): Pick<Coactivation, "offsets" | "latents" | "together" | "cosine">;
}

/**
 * No pairs of n latents yet. Room is taken for the `first` of them at once, of which what is never written to costs no memory, and for
 * more where they come to more, up to `most`; growing takes what is there twice.
 */
export function createPairs(
  n: number,
  minTogether: number,
  { most = Infinity, first }: { most?: number; first: number },
): Pairs {
  const bound = Math.min((n * (n - 1)) / 2, most);
  let capacity = Math.min(bound, first);
  let size = 0;
  const offsets = new Uint32Array(n + 1);
  let latents = new Uint32Array(capacity);
  let together = new Uint32Array(capacity);
  let cosine = new Float32Array(capacity);

  const reserve = (more: number): void => {
    if (size + more <= capacity || capacity === bound) return;
    capacity = Math.min(bound, Math.max(size + more, Math.ceil(capacity * 1.5)));
    latents = grown(latents, capacity);
    together = grown(together, capacity);
    cosine = grown(cosine, capacity);
  };
  const put = (j: number, count: number, value: number): void => {
    if (count < minTogether) return;
    latents[size] = j;
    together[size] = count;
    cosine[size++] = value;
  };
  const putCell = (j: number, cell: number): void => {
    const count = Math.floor(cell / MEETING + 0.5);
    put(j, count, cell - MEETING * count);
  };
  return {
    reserve,
    put,
    end(i) {
      offsets[i + 1] = size;
    },
    takeAll(i, cells) {
      reserve(i);
      for (let j = 0; j < i; j++) {
        if (cells[j] === 0) continue;
        putCell(j, cells[j]);
        cells[j] = 0;
      }
      offsets[i + 1] = size;
    },
    takeListed(i, listed, cells) {
      reserve(listed.length);
      for (const j of listed) {
        putCell(j, cells[j]);
        cells[j] = 0;
      }
      offsets[i + 1] = size;
    },
    finish: () => ({
      offsets,
      latents: latents.subarray(0, size),
      together: together.subarray(0, size),
      cosine: cosine.subarray(0, size),
    }),
  };
}
