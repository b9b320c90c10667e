import type { Atlas } from "../../atlas/atlas.js";

/** What a build found, as a row per measure. */
export async function summariseAtlas(atlas: Atlas): Promise<Record<string, string | number>> {
  const statistics = await atlas.store.familyStatistics();
  const { N, n, k, live, normalized_mse: error } = await atlas.metrics();
  const taxonomy = await atlas.taxonomy();
  const edges = taxonomy?.edges[0];
  const families = taxonomy?.families;
  const ratio = `${digits(statistics.block_ratio_cooc, 1)} (random families ${digits(statistics.null_density?.block_ratio_cooc.mean, 1)})`;
  return {
    documents: N,
    latents: `${n} (${live} live), ${k} per document`,
    "normalised MSE": digits(error, 4),
    labelled: [...(await atlas.labels()).values()].filter(({ text }) => text !== "").length,
    families: (await atlas.families()).length,
    "co-activation inside families over outside": ratio,
    ...(edges && {
      "edges that agree with the classes": `${digits(edges.share)} (${edges.edges} judged; random ${digits(edges.randomNull.mean)})`,
    }),
    ...(families && {
      "family members in their family's class": `${digits(families.meanCoherence)} (random families ${digits(families.meanCoherenceNull.mean)})`,
    }),
  };
}

/** Which steps of a build ran and which were still valid. */
export function describeSteps(ran: readonly string[], kept: readonly string[]): string {
  if (ran.length === 0) return "nothing had changed";
  return kept.length === 0 ? "all steps ran" : `ran ${ran.join(", ")}; kept ${kept.join(", ")}`;
}

// A mean over no families has no value: null in some of the atlas's files, NaN in reports.
function digits(value: number | null | undefined, count = 2): string {
  return value === undefined || value === null || isNaN(value) ? "none" : value.toFixed(count);
}
