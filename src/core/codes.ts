/**
 * The sparse activations of N documents: row i holds the k latents of document i with their values, in
 * descending order of pre-activation. Slots whose value is 0 after the ReLU are kept, as the reference keeps them.
 * `indices` and `values` are [rows, k], row-major; every index is below `n`.
 */
export interface Codes {
  rows: number;
  k: number;
  n: number;
  indices: Uint32Array;
  values: Float32Array;
}

/**
 * The same activations latent by latent: latent f is active in documents `rows[offsets[f]]` up to
 * `rows[offsets[f + 1] - 1]` (ascending), with `values` next to them. `offsets` is [n + 1].
 */
export interface Postings {
  n: number;
  documents: number;
  offsets: Uint32Array;
  rows: Uint32Array;
  values: Float32Array;
}

/** Counting options shared by everything that counts active latents. */
export interface CountOptions {
  /** Leave out slots whose value is 0. Default false: a slot counts, as in the reference. */
  skipZeros?: boolean;
}

/**
 * Checked codes over the given arrays (not copied). Throws RangeError where a length does not fit or an index
 * is n or more.
 */
export function createCodes(
  rows: number,
  k: number,
  n: number,
  indices: Uint32Array,
  values: Float32Array,
): Codes {
  if (indices.length !== rows * k || values.length !== rows * k) {
    throw new RangeError(
      `codes: ${rows} x ${k} needs ${rows * k} entries, got ${indices.length} indices and ${values.length} values`,
    );
  }
  for (let i = 0; i < indices.length; i++) {
    if (indices[i] >= n) {
      throw new RangeError(
        `codes: row ${Math.floor(i / k)} names latent ${indices[i]}, but n is ${n}`,
      );
    }
  }
  return { rows, k, n, indices, values };
}

/** Number of documents in which each latent is active [n]. */
export function latentCounts(codes: Codes, { skipZeros = false }: CountOptions = {}): Uint32Array {
  const counts = new Uint32Array(codes.n);
  for (let i = 0; i < codes.indices.length; i++) {
    if (skipZeros && codes.values[i] === 0) continue;
    counts[codes.indices[i]]++;
  }
  return counts;
}

/** Share of documents in which each latent is active [n]. */
export function latentDensities(codes: Codes, options: CountOptions = {}): Float64Array {
  return Float64Array.from(latentCounts(codes, options), (count) => count / codes.rows);
}

/** Turns codes into postings, documents ascending within each latent. */
export function invertCodes(codes: Codes, options: CountOptions = {}): Postings {
  const { rows: documents, k, n } = codes;
  const counts = latentCounts(codes, options);
  const offsets = new Uint32Array(n + 1);
  for (let f = 0; f < n; f++) offsets[f + 1] = offsets[f] + counts[f];
  const rows = new Uint32Array(offsets[n]);
  const values = new Float32Array(offsets[n]);
  const next = offsets.slice(0, n);
  for (let i = 0; i < documents; i++) {
    for (let s = i * k; s < (i + 1) * k; s++) {
      if (options.skipZeros && codes.values[s] === 0) continue;
      const at = next[codes.indices[s]]++;
      rows[at] = i;
      values[at] = codes.values[s];
    }
  }
  return { n, documents, offsets, rows, values };
}

/**
 * The documents in which `latent` is strongest, strongest first, ties by lower document number.
 * At most `count`; fewer where it is active less often.
 */
export function topDocuments(
  postings: Postings,
  latent: number,
  count: number,
): { document: number; value: number }[] {
  const start = postings.offsets[latent];
  const end = postings.offsets[latent + 1];
  const order = Array.from({ length: end - start }, (_, i) => start + i);
  order.sort(
    (a, b) => postings.values[b] - postings.values[a] || postings.rows[a] - postings.rows[b],
  );
  return order
    .slice(0, count)
    .map((at) => ({ document: postings.rows[at], value: postings.values[at] }));
}
