import type { BuildPlan } from "../../atlas/options.js";
import type { Atlas } from "../../atlas/atlas.js";

/** Edges below which a share of them says nothing. */
const FEWEST_EDGES = 10;

/** A measure beside its mean over random families or edges; null where there is none. */
interface Measured {
  value: number | null;
  random: number | null;
}

/** What a build found. */
export interface BuildSummary {
  documents: number;
  latents: number;
  /** Latents that are active in some document. */
  live: number;
  /** Active latents per document. */
  k: number;
  normalizedMse: number;
  /** Latents with a label. */
  labelled: number;
  families: number;
  /** Co-activation inside families over that outside. */
  coactivationRatio: Measured;
  /** Edges that agree with the classes, of those that could be judged; no value from fewer than 10. */
  edgeAgreement?: Measured & { edges: number };
  /** Members that are in their family's class. */
  familyCoherence?: Measured;
}

/** What a build found, in numbers. */
export async function summariseAtlas(atlas: Atlas): Promise<BuildSummary> {
  const statistics = await atlas.store.familyStatistics();
  const { N, n, k, live, normalized_mse: error } = await atlas.metrics();
  const taxonomy = await atlas.taxonomy();
  const edges = taxonomy?.edges[0];
  const families = taxonomy?.families;
  const labels = [...(await atlas.labels()).values()];
  return {
    ...{ documents: N, latents: n, live, k, normalizedMse: error },
    labelled: labels.filter(({ text }) => text !== "").length,
    families: (await atlas.families()).length,
    coactivationRatio: {
      value: known(statistics.block_ratio_cooc),
      random: known(statistics.null_density?.block_ratio_cooc.mean),
    },
    ...(edges && {
      edgeAgreement: {
        value: edges.edges < FEWEST_EDGES ? null : known(edges.share),
        random: known(edges.randomNull.mean),
        edges: edges.edges,
      },
    }),
    ...(families && {
      familyCoherence: {
        value: known(families.meanCoherence),
        random: known(families.meanCoherenceNull.mean),
      },
    }),
  };
}

/** The summary in words, a row per measure. */
export function describeSummary(summary: BuildSummary): string[][] {
  const { documents, latents, live, k, labelled, families, edgeAgreement: edges } = summary;
  const { coactivationRatio: ratio, familyCoherence: coherence } = summary;
  return [
    ["documents", String(documents)],
    ["latents", `${latents} (${live} live), ${k} per document`],
    ["normalised MSE", digits(summary.normalizedMse, 4)],
    ["labelled", String(labelled)],
    ["families", String(families)],
    [
      "co-activation inside families over outside",
      `${digits(ratio.value, 1)} (random families ${digits(ratio.random, 1)})`,
    ],
    ...(edges ? [["edges that agree with the classes", describeEdges(edges)]] : []),
    ...(coherence
      ? [
          [
            "family members in their family's class",
            `${digits(coherence.value)} (random families ${digits(coherence.random)})`,
          ],
        ]
      : []),
  ];
}

function describeEdges({ value, random, edges }: Measured & { edges: number }): string {
  return value === null
    ? `unknown: ${edges} could be judged, fewer than ${FEWEST_EDGES}`
    : `${digits(value)} (${edges} judged; random ${digits(random)})`;
}

/** What a build will do, with its times, in one line. */
export function describePlan(plan: BuildPlan): string {
  const { documents, embedder, perSecond = 0, embedSeconds, training, trainSeconds } = plan;
  const rate = perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0);
  const parts = [
    ...(embedSeconds === undefined
      ? []
      : [`${about(embedSeconds)} to embed with ${embedder} (${rate} a second)`]),
    ...(trainSeconds === undefined || training === undefined
      ? []
      : [`${about(trainSeconds)} to train ${training.n} latents, ${training.k} per document`]),
    "then labels, families and map",
  ];
  return `${documents.toLocaleString("en")} documents: ${parts.join(", ")}`;
}

function about(seconds: number): string {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3600).toFixed(1)} h`;
}

/** Which steps of a build ran and which were still valid. */
export function describeSteps(ran: readonly string[], kept: readonly string[]): string {
  if (ran.length === 0) return "nothing had changed";
  return kept.length === 0 ? "all steps ran" : `ran ${ran.join(", ")}; kept ${kept.join(", ")}`;
}

// A mean over no families has no value: null in some of the atlas's files, NaN in reports.
function known(value: number | null | undefined): number | null {
  return value === undefined || value === null || isNaN(value) ? null : value;
}

function digits(value: number | null, count = 2): string {
  return value === null ? "none" : value.toFixed(count);
}
