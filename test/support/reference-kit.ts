import { readFileSync } from "node:fs";
import { type Codes, type Matrix, createCodes } from "../../src/core/index.js";
import type { Coactivation } from "../../src/families/index.js";
import { readJson, readNpyIndices, readNpyMatrix } from "../../src/files/index.js";
import { type CleanLatent, parseAnalysis, selectCleanLatents } from "../../src/labels/index.js";
import { sharedPath } from "./shared.js";

/** The two SAEs of the reference kit. */
export const REFERENCE_SAES = [
  { k: 8, n: 512, checkpoint: "csLG_8_512_16.pth" },
  { k: 16, n: 1024, checkpoint: "csLG_16_1024_32.pth" },
];

export interface ReferenceKit {
  codes: Codes;
  /** C with f on its diagonal. */
  counts: Matrix;
  /** D. */
  cosines: Matrix;
  /** The latents that pass the cleaning rules, in the file's order. */
  clean: CleanLatent[];
  json(name: string): unknown;
}

/** Undefined where the kit is absent. */
export async function readReferenceKit(k: number, n: number): Promise<ReferenceKit | undefined> {
  const root = sharedPath("reference/expected");
  const analysis = sharedPath(`reference/feature_analysis_results_${k}.json`);
  if (root === undefined || analysis === undefined) return undefined;
  const indices = await readNpyIndices(`${root}/topk_indices_${k}_${n}.npy`);
  const values = await readNpyMatrix(`${root}/topk_values_${k}_${n}.npy`);
  return {
    codes: createCodes(indices.rows, indices.cols, n, indices.data, values.data),
    counts: await readNpyMatrix(`${root}/unnorm_cooccurrence_${k}_${n}.npy`),
    cosines: await readNpyMatrix(`${root}/actsims_${k}_${n}.npy`),
    clean: selectCleanLatents(parseAnalysis(await readJson(analysis), analysis)),
    json: (name) => JSON.parse(readFileSync(`${root}/${name}.json`, "utf8")) as unknown,
  };
}

/**
 * Co-activation from the square matrices that the reference stores: `counts` is C with f on its diagonal,
 * `cosines` is D, both [n, n] and symmetric; NaN counts as 0. `documents` is N. Without `cosines`, D is taken as the
 * cosine of plain membership, C / sqrt(f_i f_j). Throws RangeError for a shape that does not fit.
 */
export function coactivationFromDense(
  counts: Matrix,
  cosines: Matrix | undefined,
  documents: number,
): Coactivation {
  const n = counts.rows;
  for (const matrix of [counts, cosines ?? counts]) {
    if (matrix.rows === n && matrix.cols === n) continue;
    throw new RangeError(
      `coactivationFromDense: expected ${n} x ${n}, got ${matrix.rows} x ${matrix.cols}`,
    );
  }
  const diagonal = cosines ?? counts;
  const offsets = new Uint32Array(n + 1);
  for (let i = 0; i < n; i++) {
    offsets[i + 1] = offsets[i];
    for (let j = 0; j < i; j++) if (counts.data[i * n + j] > 0) offsets[i + 1]++;
  }
  const out: Coactivation = {
    n,
    documents,
    counts: Uint32Array.from({ length: n }, (_, i) => counts.data[i * n + i]),
    cosineDiagonal: Float32Array.from({ length: n }, (_, i) =>
      diagonal.data[i * n + i] > 0 ? 1 : 0,
    ),
    offsets,
    latents: new Uint32Array(offsets[n]),
    together: new Uint32Array(offsets[n]),
    cosine: new Float32Array(offsets[n]),
  };
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const count = counts.data[i * n + j];
      if (!(count > 0)) continue;
      out.latents[at] = j;
      out.together[at] = count;
      const cosine = cosines
        ? cosines.data[i * n + j]
        : count / Math.sqrt(out.counts[i] * out.counts[j]);
      out.cosine[at++] = Number.isFinite(cosine) ? cosine : 0;
    }
  }
  return out;
}
