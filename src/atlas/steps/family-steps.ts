import { existsSync } from "node:fs";
import path from "node:path";
import { writeJson } from "../../files/json.js";
import { sha256File, writeFileAtomic } from "../../files/atomic-file.js";
import { latentDensities } from "../../core/codes.js";
import { toFamiliesJson } from "../../families/files/families-json.js";
import { forestToGraphml } from "../../families/files/graphml.js";
import { readAnalysis } from "../../labels/paper/analysis.js";
import type { FindFamilies } from "../../compare/document-stability.js";
import { sampleStability } from "../../compare/sample-stability.js";
import type { FamilyStabilityEntry, StabilityReport } from "../../compare/stability-report.js";
import { familyStatistics } from "../../families/statistics/family-statistics.js";
import { nameFamiliesByKeywords } from "../../labels/family-names.js";
import { labelsFromAnalysis } from "../../labels/paper/labels-from-analysis.js";
import { labelByKeywords } from "../../labels/keywords.js";
import { type Label, mergeLabels } from "../../records/label.js";
import { readLabels, writeLabels } from "../../records/label-lines.js";
import { withFamilyNames } from "../../labels/choose-family-names.js";
import {
  applyScores,
  readFamilyNames,
  readModelLabels,
  readScores,
} from "../../records/model-labels.js";
import { readOverrides } from "../../records/overrides.js";
import type { AtlasBuild } from "./atlas-build.js";
import {
  familyCoactivation,
  familyCodes,
  familyCounting,
  sampleNote,
} from "../files/coactivation.js";
import { ATLAS_FILES, TASKS_FOLDER } from "../files/files.js";
import { atlasLabelDocuments } from "../labels/label-documents.js";
import { findFamilies } from "./find-families.js";
import { edgeHelp } from "../../families/edges/edge-help.js";
import type { Forest } from "../../families/forest/forest.js";
import { normaliseInputs } from "../../sae/normalisation.js";
import type { Sae } from "../../sae/sae.js";
import { FormatError } from "../../core/errors.js";
import type { FamilyResult } from "../../families/extract/extract-families.js";
import type { Family } from "../../records/family.js";
import {
  type StatisticsRecord,
  statisticsRecord,
} from "../../families/statistics/statistics-record.js";

/**
 * Labels every latent by its documents' words; labels by a language model take their place, imported ones and those of an
 * analysis file that of both, and a person's, in labels.overrides.jsonl, that of all. Scores measured apart are put beside
 * the labels that they were measured on.
 */
export async function labelsStep({ runner, options, hashes, data }: AtlasBuild): Promise<void> {
  const { analysis, dir } = options;
  await runner.step(
    {
      name: "labels",
      version: 3,
      inputs: {
        corpus: hashes.corpus,
        codes: hashes.codes,
        analysis: hashes.analysis,
        ...(await hashesOf(dir, ["imported", "overrides", "modelLabels", "labelScores"])),
      },
      options: {},
      outputs: [ATLAS_FILES.labels],
    },
    async () => {
      const keywords = await keywordLabels(data, options);
      const analysed = labelsFromAnalysis((await readAnalysis(analysis)) ?? []);
      const { n } = await data.sae();
      const byModel = await readModelLabels(data.file("modelLabels"), n);
      const merged = mergeLabels(
        keywords,
        byModel,
        analysed,
        ...(await readGivenLabels(dir, n, "latent")),
      );
      const words = new Map(keywords.map((label) => [label.id, label.keywords]));
      const full = merged.map((label) => {
        const keywords = label.keywords ?? words.get(label.id);
        return keywords === undefined ? label : { ...label, keywords };
      });
      const scored = applyScores(full, await readScores(data.file("labelScores"), n));
      await writeLabels(data.file("labels"), scored);
    },
  );
}

/** The labels that the atlas's tasks have made of this corpus, else made here: the same. */
async function keywordLabels(
  data: AtlasBuild["data"],
  options: AtlasBuild["options"],
): Promise<Label[]> {
  const plan = path.join(data.dir, TASKS_FOLDER, "plan.json");
  if (existsSync(plan)) {
    const { readPlannedLabels } = await import("../../tasks/run-task.js");
    const made = await readPlannedLabels(plan, options);
    if (made !== undefined) return made;
  }
  const { texts, postings } = await atlasLabelDocuments(data, options);
  return labelByKeywords(texts, postings, options);
}

/**
 * Finds the families and names them by their documents' words; a language model's name for the same family wins, an imported
 * one over that, and a person's over all.
 */
export async function familiesStep({ runner, options, hashes, data }: AtlasBuild): Promise<void> {
  const { analysis, compat = false, threshold, dir, onProgress, signal } = options;
  const sae = await data.sae();
  const { prefixes } = sae;
  const { leading } = familyCounting(sae, options);
  const stabilityHash = runner.findOutputHash(ATLAS_FILES.stability);
  await runner.step(
    {
      name: "families",
      version: 1,
      inputs: {
        codes: hashes.codes,
        corpus: hashes.corpus,
        analysis: hashes.analysis,
        labels: runner.outputHash(ATLAS_FILES.labels),
        ...(stabilityHash !== undefined && { stability: stabilityHash }),
        ...(await hashesOf(dir, ["imported", "overrides", "modelFamilies"])),
      },
      options: { compat, threshold, ...(leading && { leading }), ...sampleNote(options) },
      outputs: [ATLAS_FILES.families, ATLAS_FILES.familyStatistics, ATLAS_FILES.forest],
    },
    async () => {
      const coactivation = await data.coactivation();
      const rules = { analysis: await readAnalysis(analysis), compat, threshold, prefixes, signal };
      const found = findFamilies(await familyCoactivation(data, options), { ...rules, onProgress });
      const find: FindFamilies = (counted) => findFamilies(counted, rules);
      const sample = await measureSample(data, options, found, find);
      const { forest } = found;
      const helpOf = prefixes && (await measureHelp(sae, data));
      const stability = await data.stability();
      if (stability) checkMeasured(stability, found, data.file("stability"));
      const stable = stability ? withMemberStability(found.families, stability) : found.families;
      const bare = helpOf ? withMemberHelp(stable, helpOf) : stable;
      const labels = await data.labels();
      const label = (latent: number): string | undefined => labels.get(latent)?.text || undefined;
      const { texts, postings } = await atlasLabelDocuments(data, options);
      const names = nameFamiliesByKeywords(texts, postings, bare);
      const byModel = await readFamilyNames(data.file("modelFamilies"), coactivation.n);
      const given = mergeLabels(...(await readGivenLabels(dir, coactivation.n, "family")));
      const families = withFamilyNames(bare, names, byModel, given);
      const extras = (_family: Family, f: number): Record<string, unknown> =>
        stability ? stabilityFields(stability.families[f]) : {};
      await writeJson(data.file("families"), toFamiliesJson(families, label, extras));
      const statistics = familyStatistics(families, forest.nodes, coactivation, { compat });
      await writeJson(data.file("familyStatistics"), { ...statisticsRecord(statistics), sample });
      const densities = latentDensities(await data.codes(), await data.counting());
      await writeFileAtomic(
        data.file("forest"),
        forestToGraphml(forest, {
          densities,
          label,
          families,
          stability: stability?.edges.map((edge) => edge.stability),
          help: helpOf?.(forest),
        }),
      );
    },
  );
}

/** Whether the documents of the sample are enough; undefined where families are of all documents. */
async function measureSample(
  data: AtlasBuild["data"],
  options: AtlasBuild["options"],
  found: FamilyResult,
  find: FindFamilies,
): Promise<StatisticsRecord["sample"]> {
  if (options.sample === undefined) return undefined;
  const codes = await familyCodes(data, options);
  const { seed, onProgress, signal } = options;
  const drawing = { ...familyCounting(await data.sae(), options), seed, onProgress, signal };
  const stability = await sampleStability(codes, found, find, drawing);
  return { documents: codes.rows, stability };
}

/** Measures how much the children of edges help; see edgeHelp. */
async function measureHelp(
  { decoder, decoderBias: bias, normalisation }: Sae,
  data: AtlasBuild["data"],
): Promise<(edges: Pick<Forest, "from" | "to">) => Float32Array> {
  const codes = await data.codes();
  const embeddings = normaliseInputs(normalisation, await data.embeddings());
  return (edges) => edgeHelp(edges, { codes, embeddings, decoder, bias });
}

function withMemberHelp(
  families: readonly Family[],
  helpOf: (edges: Pick<Forest, "from" | "to">) => Float32Array,
): Family[] {
  return families.map((family) => {
    const { members } = family;
    const help = helpOf({
      from: Uint32Array.from(members, ({ parent }) => parent),
      to: Uint32Array.from(members, ({ latent }) => latent),
    });
    return { ...family, members: members.map((member, m) => ({ ...member, help: help[m] })) };
  });
}

/** Throws FormatError where stability was not measured of the very families and edges. */
function checkMeasured(
  { families, edges }: StabilityReport,
  found: FamilyResult,
  file: string,
): void {
  const isSame =
    edges.length === found.forest.from.length &&
    families.length === found.families.length &&
    families.every(({ latent, members }, f) => {
      const family = found.families[f];
      return latent === family.parent && members.length === family.members.length;
    });
  if (isSame) return;
  throw new FormatError(
    file,
    "describes other families than this atlas has: delete it or measure stability again",
  );
}

function withMemberStability(families: readonly Family[], stability: StabilityReport): Family[] {
  return families.map((family, f) => ({
    ...family,
    members: family.members.map((member, m) => ({
      ...member,
      stability: stability.families[f].members[m].stability,
    })),
  }));
}

function stabilityFields(entry: FamilyStabilityEntry): Record<string, unknown> {
  return {
    stability: entry.stability,
    stability_interval: entry.interval,
    stability_found_again: entry.foundAgain,
    stability_random: entry.random,
    stability_seeds: entry.seeds?.stability ?? null,
    stability_seeds_matched: entry.seeds?.matched ?? null,
  };
}

/** SHA-256 of those of an atlas's files that are there, by their name in ATLAS_FILES. */
async function hashesOf(
  dir: string,
  names: readonly (keyof typeof ATLAS_FILES)[],
): Promise<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const name of names) {
    const full = path.join(dir, ATLAS_FILES[name]);
    if (existsSync(full)) out[name] = await sha256File(full);
  }
  return out;
}

/** The labels that other tools and people left in the atlas, the weaker list first. */
async function readGivenLabels(
  dir: string,
  n: number,
  of: "latent" | "family",
): Promise<Label[][]> {
  const imported = path.join(dir, ATLAS_FILES.imported);
  const given = existsSync(imported) ? await readLabels(imported, { n }) : [];
  return [
    given.filter((label) => label.of === of),
    await readOverrides(path.join(dir, ATLAS_FILES.overrides), n, of),
  ];
}
