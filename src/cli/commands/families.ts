import { ownValue } from "../../core/collections.js";
import path from "node:path";
import type { FoundFamilies } from "../../atlas/steps/find-families.js";
import type { Codes } from "../../core/codes.js";
import type { Matrix } from "../../core/matrix.js";
import type { Coactivation } from "../../families/coactivation/coactivation.js";
import type { FamilyResult } from "../../families/extract/extract-families.js";
import { EDGE_WEIGHTS } from "../../families/edges/edge-weights.js";
import type { AnalysisRow } from "../../labels/paper/clean-labels.js";
import type { Command, CommandContext, CommandOutput, OptionValues } from "../command.js";
import { UsageError, defineCommand } from "../command.js";
import { formatRows } from "../results/rows.js";
import * as option from "../option-kinds.js";

const COUNTING = ["codes", "plan", "group-documents", "sample", "skip-zeros"] as const;
const EDGES = ["weight", "threshold", "sae", "prefixes"] as const;
const GROUPING = [...EDGES, "passes", "max-density"] as const;

const options = {
  codes: option.folder("folder of codes: topk_indices_ and topk_values_ files, or Parquet shards"),
  n: option.count("number of latents, if the files of the codes do not record it", {
    needs: ["codes"],
  }),
  plan: option.input("plan.json whose tasks have counted co-activation, instead of --codes", {
    excludes: ["codes", "skip-zeros", "group-documents"],
  }),
  "group-documents": option.count(
    "documents whose pairs are counted at once, which bounds the memory (default: all, or 1,000,000 for shards)",
  ),
  sample: option.count("use N random documents, and report whether they are enough", {
    needs: ["codes"],
    excludes: ["group-documents"],
  }),
  seed: option.integer("random seed (default 0)"),
  "forest-in": option.input(
    "take the families of an existing directed forest (.graphml) instead, in one pass",
    {
      excludes: [...COUNTING, "analysis", "compat", ...GROUPING],
    },
  ),
  analysis: option.input(
    "feature_analysis_results_K.json; only latents that pass its cleaning rules are used",
  ),
  compat: option.flag("reproduce the paper's code, bugs included; needs --analysis", {
    needs: ["analysis"],
    excludes: [...GROUPING, "min-children", "max-overlap"],
  }),
  out: option.path("families.json to write", { required: true }),
  forest: option.file("also write the spanning forest, .graphml"),
  weight: option.text("edge weight (default wilson-cosine)", { choices: EDGE_WEIGHTS }),
  threshold: option.number("weakest edge kept, on the scale of the weight (default 0.1)"),
  prefixes: option.numbers(
    "ends of the nested prefixes that the SAE was trained with; parents then come from an earlier prefix than their children, and lead their documents (a --plan must be planned with --leading, or for an SAE that has prefixes)",
    { least: 1 },
  ),
  passes: option.count("times the forest is rebuilt without the parents found so far (default 4)"),
  nested: option.text(
    "latents of --forest-in that start a family: only roots, all that have three children (through, as in an atlas), or those of them whose ancestors have three too (stop) (default roots)",
    { choices: ["roots", "through", "stop"], needs: ["forest-in"] },
  ),
  "min-children": option.integer("fewest members of a family (default 4; with --forest-in 3)"),
  "max-overlap": option.number("largest Jaccard overlap of two families (default 0.6)"),
  "max-density": option.number("largest density; denser latents are left out (default 0.2)"),
  "skip-zeros": option.flag("do not count slots whose value is 0"),
  sae: option.input("SAE, for weights that use its decoder", { needs: ["weight"] }),
  compare: option.input("families.json to compare the result with"),
};

type Values = OptionValues<typeof options>;

export const familiesCommand: Command = defineCommand({
  name: "families",
  group: "steps",
  summary: "Group co-activating latents into feature families.",
  details:
    "Prints statistics: sizes, parent-child ratio, and the in-block ratios of C and D, each beside families of random " +
    "latents.",
  example:
    "feature-families families --codes codes --analysis feature_analysis_results_64.json --out families.json --json",
  options,
  async run(values, _positionals, context) {
    const { codes, plan, forestIn, compare, out } = values;
    if (codes === undefined && plan === undefined && forestIn === undefined) {
      throw new UsageError("families: pass --codes, --plan or --forest-in");
    }
    const output = await (forestIn === undefined
      ? familiesFromCoactivation(values, context)
      : familiesFromForest(values, forestIn));
    if (compare !== undefined) await addComparison(output, out, compare);
    return output;
  },
});

async function familiesFromCoactivation(
  values: Values,
  context: CommandContext,
): Promise<CommandOutput> {
  const { findFamilies } = await import("../../atlas/steps/find-families.js");
  const { familyStatistics } = await import("../../families/statistics/family-statistics.js");
  const { statisticsRecord } = await import("../../families/statistics/statistics-record.js");
  const { compat, sae, out } = values;
  const sampled = await drawSample(values);
  const leading = (values.prefixes?.length ?? 0) > 1;
  const countings = leading ? [{}, { leading }] : [{}];
  const counted = await countCoactivation(values, context, countings, sampled);
  const [coactivation, pairs = coactivation] = counted;
  const { readAnalysis } = await import("../../labels/paper/analysis.js");
  const analysis = await readAnalysis(values.analysis);
  const decoder = sae === undefined ? undefined : await readDecoder(sae);
  const find = (counted: Coactivation): FoundFamilies =>
    findFamilies(counted, { ...values, analysis, decoder });
  const found = find(pairs);
  const label = labelsOf(analysis, found.clean);
  const { counts, documents } = coactivation;
  await writeResult(
    values,
    found,
    label,
    Float64Array.from(counts, (count) => count / documents),
  );
  const statistics = familyStatistics(found.families, found.forest.nodes, coactivation, { compat });
  const record = { ...statisticsRecord(statistics), edges: found.forest.from.length };
  const lines = [...statisticsLines(record), `wrote ${out}`];
  if (sampled === undefined) return { json: record, lines };
  const { sampleStability } = await import("../../compare/sample-stability.js");
  const { skipZeros, seed } = values;
  const drawing = { skipZeros, leading, seed, ...context };
  const sample = await sampleStability(sampled, found, find, drawing);
  const { describeSample } = await import("../results/build.js");
  return {
    json: { ...record, sample: { documents: sampled.rows, stability: sample } },
    lines: [...lines, "", ...formatRows(describeSample(sample))],
  };
}

/** The codes of a sample, where one is asked for. */
async function drawSample({
  codes = "",
  n,
  plan,
  sample,
  seed = 0,
}: Values): Promise<Codes | undefined> {
  if (plan !== undefined || sample === undefined) return undefined;
  const { openCodes } = await import("../../tasks/code-files.js");
  const { sampleCodes } = await import("../../tasks/some-codes.js");
  const { createRandom } = await import("../../core/random.js");
  return sampleCodes(await openCodes(codes, { n }), sample, createRandom(seed));
}

/** Co-activation of a plan's totals, of a sample or of all codes, counted in each of these ways. */
async function countCoactivation(
  values: Values,
  context: CommandContext,
  countings: readonly { leading?: boolean }[],
  sampled?: Codes,
): Promise<Coactivation[]> {
  const { codes = "", plan, skipZeros } = values;
  if (plan !== undefined) {
    const { readTotals } = await import("../../tasks/run-task.js");
    return Promise.all(countings.map((counting) => readTotals(plan, counting)));
  }
  const ways = countings.map((counting) => ({ ...counting, skipZeros }));
  if (sampled === undefined) {
    const { countCodes } = await import("../../atlas/steps/count-codes.js");
    return countCodes("families", { ...values, codes }, ways, context);
  }
  const { computeCoactivation } = await import("../../families/coactivation/coactivation.js");
  return ways.map((way) => computeCoactivation(sampled, { ...way, ...context }));
}

async function readDecoder(file: string): Promise<Matrix> {
  const { loadSae } = await import("../../sae/checkpoint.js");
  return (await loadSae(file)).decoder;
}

async function familiesFromForest(
  { minChildren, maxOverlap, nested, out, forest: forestOut }: Values,
  file: string,
): Promise<CommandOutput> {
  const { groupForest } = await import("../../families/extract/extract-families.js");
  const { forestFromGraph, parseGraphml } = await import("../../families/files/graphml.js");
  const { readText } = await import("../../files/text.js");
  const named = forestFromGraph(parseGraphml(await readText(file), file), file);
  const { forest, labels } = named;
  const families = groupForest(forest, { minChildren, maxOverlap, nested });
  const result = { families, forest, found: [families.length] };
  await writeResult({ out, forest: forestOut }, result, (latent) => labels.get(latent));
  const sizes = families.map(({ members }) => members.length);
  const json: Record<string, unknown> = {
    count: families.length,
    mean_size: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
    max_size: Math.max(0, ...sizes),
    nodes: forest.nodes.length,
    edges: forest.from.length,
  };
  return {
    json,
    lines: [`${families.length} families of ${forest.nodes.length} latents`, `wrote ${out}`],
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
  { out, forest: forestFile }: Pick<Values, "out" | "forest">,
  { families, forest }: FamilyResult,
  label: Label,
  densities?: Float64Array,
): Promise<void> {
  const { toFamiliesJson } = await import("../../families/files/families-json.js");
  const { writeJson } = await import("../../files/json.js");
  await writeJson(out, toFamiliesJson(families, label));
  if (forestFile === undefined) return;
  const { forestToGraphml } = await import("../../families/files/graphml.js");
  const { writeFileAtomic } = await import("../../files/atomic-file.js");
  await writeFileAtomic(forestFile, forestToGraphml(forest, { families, label, densities }));
}

async function addComparison(output: CommandOutput, out: string, other: string): Promise<void> {
  const { compareFamilies } = await import("../../compare/compare-families.js");
  const { fromFamiliesJson } = await import("../../families/files/families-json.js");
  const { readJson } = await import("../../files/json.js");
  const read = async (file: string): Promise<{ label: string; members: number[] }[]> =>
    fromFamiliesJson(await readJson(file), { source: file }).map(({ label, children }) => ({
      label,
      members: children.map(({ latent }) => latent),
    }));
  const comparison = compareFamilies(await read(out), await read(other));
  output.json = { ...(output.json as object), comparison };
  const { shared, equal, meanJaccard, meanBestJaccard, reference } = comparison;
  output.lines.push(
    shared === 0
      ? `no family has a label of ${path.basename(other)} (of its ${reference} families); by members alone the mean best overlap is ${meanBestJaccard.toFixed(3)}`
      : `${shared} families are also in ${path.basename(other)} (of its ${reference}), ${equal} with the same members, mean Jaccard ${meanJaccard.toFixed(3)}`,
  );
}

function statisticsLines(record: Record<string, unknown>): string[] {
  const number = (value: unknown, digits = 3): string =>
    typeof value === "number" ? value.toFixed(digits) : "none";
  const chance = (record.null_density ?? {}) as Record<string, { mean?: number } | undefined>;
  const beside = (key: string): string =>
    `(random of similar density ${number(ownValue(chance, key)?.mean)})`;
  return formatRows([
    ["families", String(record.count)],
    ["latents considered, in families", `${String(record.clean)}, ${number(record.membership)}`],
    ["mean, largest size", `${number(record.mean_size, 2)}, ${String(record.max_size)}`],
    ["parent-child ratio", number(record.mean_parent_child_ratio)],
    ["in-block ratio of C", `${number(record.block_ratio_cooc)} ${beside("block_ratio_cooc")}`],
    ["in-block ratio of D", `${number(record.block_ratio_actsim)} ${beside("block_ratio_actsim")}`],
  ]);
}
