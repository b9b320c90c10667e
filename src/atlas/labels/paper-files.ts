import { existsSync } from "node:fs";
import path from "node:path";
import { latentDensities } from "../../core/codes.js";
import { writeJson } from "../../files/json.js";
import { selectCleanLatents } from "../../labels/paper/clean-labels.js";
import { analysisOfLabels, analysisToJson } from "../../labels/paper/analysis.js";
import type { Verdict } from "../../labels/evidence/evidence.js";
import { readEvidence } from "../../labels/evidence/evidence-read.js";
import { familyAnalysisEntry } from "../../labels/paper/family-analysis-entry.js";
import { readFamilyNames, readModelLabels } from "../../records/model-labels.js";
import type { AtlasStore } from "../store.js";

/** What writePaperFiles wrote. */
export interface PaperFiles {
  files: string[];
  /** Labels in the first file, and those of them that pass the paper's cleaning rules. */
  labels: number;
  clean: number;
}

/**
 * Writes an atlas's labels and family names by a language model in the paper's files, `feature_analysis_results_{k}.json`
 * and `family_analysis_{k}_{n}.json`; the latter only where families were named.
 */
export async function writePaperFiles(data: AtlasStore, out: string): Promise<PaperFiles> {
  const { k, n } = await data.sae();
  const densities = latentDensities(await data.codes(), await data.counting());
  const records = await readModelLabels(data.file("modelLabels"), n);
  const rows = analysisOfLabels(records, (latent) => densities[latent]);
  rows.sort((a, b) => a.latent - b.latent);
  const analysis = path.join(out, `feature_analysis_results_${k}.json`);
  await writeJson(analysis, analysisToJson(rows));
  const written = {
    files: [analysis],
    labels: rows.length,
    clean: selectCleanLatents(rows).length,
  };
  const named = (await readFamilyNames(data.file("modelFamilies"), n)).filter(
    ({ text }) => text !== "",
  );
  if (named.length === 0) return written;
  const verdicts = await familyVerdicts(data.file("evidence"));
  const families = path.join(out, `family_analysis_${k}_${n}.json`);
  await writeJson(
    families,
    named.map((label) => familyAnalysisEntry(label, verdicts.get(label.id))),
  );
  return { ...written, files: [analysis, families] };
}

async function familyVerdicts(file: string): Promise<Map<number, Verdict[]>> {
  const found = new Map<number, Verdict[]>();
  if (!existsSync(file)) return found;
  for await (const { of, latent, verdicts } of readEvidence(file)) {
    if (of === "family") found.set(latent, verdicts);
  }
  return found;
}
