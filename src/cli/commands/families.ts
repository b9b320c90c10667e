import path from "node:path";
import { latentDensities } from "../../core/codes.js";
import { readCodes } from "../../files/codes.js";
import { writeFileAtomic } from "../../files/atomic-file.js";
import { readJson, writeJson } from "../../files/json.js";
import { readText } from "../../files/text.js";
import { computeCoactivation } from "../../families/coactivation/coactivation.js";
import { compareFamilies } from "../../compare/compare-families.js";
import { fromFamiliesJson, toFamiliesJson } from "../../families/files/families-json.js";
import { type FamilyResult, groupForest } from "../../families/extract/extract-families.js";
import { forestFromGraph, forestToGraphml, parseGraphml } from "../../families/files/graphml.js";
import { type AnalysisRow, parseAnalysis } from "../../labels/paper/clean-labels.js";
import { familyStatistics, statisticsRecord } from "../../families/statistics/family-statistics.js";
import { EDGE_WEIGHTS, type EdgeWeightName } from "../../families/forest/edge-weights.js";
import { findFamilies } from "../../atlas/steps/find-families.js";
import { loadSae } from "../../sae/checkpoint.js";
import {
  type Command,
  type CommandContext,
  type CommandOutput,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { formatRows } from "../text.js";

const options = {
  codes: {
    type: "string",
    value: "DIR",
    about: "folder with topk_indices_ and topk_values_ files",
  },
  "forest-in": {
    type: "string",
    value: "FILE",
    about: "group an existing directed forest (.graphml) instead, in one pass",
  },
  analysis: {
    type: "string",
    value: "FILE",
    about: "feature_analysis_results_K.json: only latents that pass the cleaning rules are used",
  },
  compat: { type: "boolean", about: "as the paper's code does, bugs included; needs --analysis" },
  out: { type: "string", value: "FILE", about: "families.json", required: true },
  forest: { type: "string", value: "FILE", about: "write the spanning forest too, .graphml" },
  weight: { type: "string", choices: EDGE_WEIGHTS, about: "edge weight (see docs/api.md)" },
  threshold: { type: "number", about: "weakest edge kept, on the weight's scale" },
  passes: {
    type: "integer",
    least: 1,
    about: "times the forest is rebuilt without the parents (default 4)",
  },
  "min-children": {
    type: "integer",
    about: "fewest members of a family (default 4; with --forest-in 3)",
  },
  "max-overlap": { type: "number", about: "largest Jaccard overlap of two families (default 0.6)" },
  "max-density": { type: "number", about: "density from which a latent is left out (default 0.2)" },
  "skip-zeros": { type: "boolean", about: "do not count slots whose value is 0" },
  sae: { type: "string", value: "FILE", about: "the SAE, for weights that use its decoder" },
  compare: {
    type: "string",
    value: "FILE",
    about: "tell how far the families agree with those in FILE",
  },
} as const;

type Values = OptionValues<typeof options>;

export const familiesCommand: Command = defineCommand({
  name: "families",
  summary: "Group co-activating latents into feature families.",
  details:
    "Statistics go to standard output: sizes, parent-child ratio, in-block ratios of C and D, each\n" +
    "beside families of random latents.",
  example:
    "feature-families families --codes codes --analysis feature_analysis_results_64.json --out families.json --json",
  options,
  async run(values, _positionals, context) {
    if ((values.codes === undefined) === (values["forest-in"] === undefined)) {
      throw new UsageError("families: give either --codes or --forest-in");
    }
    if (values.compat && values.analysis === undefined) {
      throw new UsageError("families: --compat needs --analysis");
    }
    const output = await (values.codes === undefined
      ? familiesFromForest(values, values["forest-in"] ?? "")
      : familiesFromCodes(values, values.codes, context));
    if (values.compare !== undefined) await addComparison(output, values.out, values.compare);
    return output;
  },
});

async function familiesFromCodes(
  values: Values,
  folder: string,
  { onProgress, signal }: CommandContext,
): Promise<CommandOutput> {
  const { compat, weight, threshold, passes } = values;
  const codes = await readCodes(folder);
  const skipZeros = values["skip-zeros"];
  const coactivation = computeCoactivation(codes, { skipZeros, onProgress, signal });
  const analysis =
    values.analysis === undefined
      ? undefined
      : parseAnalysis(await readJson(values.analysis), values.analysis);
  const found = findFamilies(coactivation, {
    analysis,
    compat,
    weight: weight as EdgeWeightName | undefined,
    threshold,
    passes,
    minChildren: values["min-children"],
    maxOverlap: values["max-overlap"],
    maxDensity: values["max-density"],
    decoder: values.sae === undefined ? undefined : (await loadSae(values.sae)).decoder,
  });
  const label = labelsOf(analysis, found.clean);
  await writeResult(values, found, label, latentDensities(codes, { skipZeros }));
  const statistics = familyStatistics(found.families, found.forest.nodes, coactivation, { compat });
  const record = { ...statisticsRecord(statistics), edges: found.forest.from.length };
  return { json: record, lines: [...statisticsLines(record), `wrote ${values.out}`] };
}

async function familiesFromForest(values: Values, file: string): Promise<CommandOutput> {
  const named = forestFromGraph(parseGraphml(await readText(file), file), file);
  const families = groupForest(named.forest, { minChildren: values["min-children"] });
  const result = { families, forest: named.forest, found: [families.length] };
  await writeResult(values, result, (latent) => named.labels.get(latent));
  const sizes = families.map(({ members }) => members.length);
  const json: Record<string, unknown> = {
    count: families.length,
    mean_size: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
    max_size: Math.max(0, ...sizes),
    nodes: named.forest.nodes.length,
    edges: named.forest.from.length,
  };
  return {
    json,
    lines: [
      `${families.length} families of ${named.forest.nodes.length} latents`,
      `wrote ${values.out}`,
    ],
  };
}

type Label = (latent: number) => string | undefined;

function labelsOf(
  analysis: readonly AnalysisRow[] | undefined,
  clean: readonly { latent: number; label: string }[] = [],
): Label {
  const labels = new Map((analysis ?? []).map(({ latent, label }) => [latent, label]));
  for (const { latent, label } of clean) labels.set(latent, label);
  return (latent) => labels.get(latent) || undefined;
}

async function writeResult(
  { out, forest: forestFile }: Values,
  { families, forest }: FamilyResult,
  label: Label,
  densities?: Float64Array,
): Promise<void> {
  await writeJson(out, toFamiliesJson(families, label));
  if (forestFile === undefined) return;
  await writeFileAtomic(forestFile, forestToGraphml(forest, { families, label, densities }));
}

async function addComparison(output: CommandOutput, out: string, other: string): Promise<void> {
  const read = async (file: string): Promise<{ label: string; members: number[] }[]> =>
    fromFamiliesJson(await readJson(file), { source: file }).map(({ label, children }) => ({
      label,
      members: children.map(({ latent }) => latent),
    }));
  const comparison = compareFamilies(await read(out), await read(other));
  output.json = { ...(output.json as object), comparison };
  const { shared, equal, meanJaccard, reference } = comparison;
  output.lines.push(
    `${shared} of the families are named in ${path.basename(other)} (${reference} there), ${equal} of them with the same members, mean Jaccard ${meanJaccard.toFixed(3)}`,
  );
}

function statisticsLines(record: Record<string, unknown>): string[] {
  const number = (value: unknown, digits = 3): string =>
    typeof value === "number" ? value.toFixed(digits) : "none";
  const chance = (record.null_density ?? {}) as Record<string, { mean?: number } | undefined>;
  const beside = (key: string): string => `(random of like density ${number(chance[key]?.mean)})`;
  return formatRows([
    ["families", String(record.count)],
    ["latents considered, in families", `${String(record.clean)}, ${number(record.membership)}`],
    ["mean, largest size", `${number(record.mean_size, 2)}, ${String(record.max_size)}`],
    ["parent-child ratio", number(record.mean_parent_child_ratio)],
    ["in-block ratio of C", `${number(record.block_ratio_cooc)} ${beside("block_ratio_cooc")}`],
    ["in-block ratio of D", `${number(record.block_ratio_actsim)} ${beside("block_ratio_actsim")}`],
  ]);
}
