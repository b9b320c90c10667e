import { readFileSync } from "node:fs";
import { type Codes, type Matrix, createCodes } from "../../src/core/index.js";
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
