import { compact } from "../../core/collections.js";
import type { BuildPlan } from "../../atlas/options.js";
import type { Atlas } from "../../atlas/atlas.js";
import type { StatisticsRecord } from "../../families/statistics/statistics-record.js";
import type { EdgeAgreement, LatentAgreement } from "../../taxonomy/agreement.js";
import type { FamilyAgreement } from "../../taxonomy/family-agreement.js";
import type { UnitAgreement } from "../../taxonomy/unit-agreement.js";

/** A measure beside its mean over random families or edges; null where there is none. */
interface Measured {
  value: number | null;
  random: number | null;
}

/** What a share rests on. */
interface Judged {
  /** What was judged: latents, edges or members. */
  judged: number;
  /** 95 % interval of the share. */
  interval: [number, number] | null;
  /** What does best of all that it is held against, by name. */
  hardest: { name: string; share: number } | null;
}

/** What a share of edges rests on. */
interface EdgeSummary {
  edges: number;
  interval: [number, number] | null;
  /**
   * The null that does best; with `branch` that of a random denser parent in the child's own branch of so many documents,
   * for the `edges` that have one, whose own share is `observed`.
   */
  hardest: { share: number; branch?: number; edges?: number; observed?: number } | null;
  flat: boolean;
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
  /**
   * Edges that agree with the classes, of those that could be judged; with flat classes those whose latents have the same
   * class. No value and no null from fewer than 20.
   */
  edgeAgreement?: Measured & EdgeSummary;
  /**
   * Live latents whose best class has an F1 over 0.5, beside chance and other units of the same number; `classes` are the
   * different classes of the latents and of those units.
   */
  latentAgreement?: { value: number | null } & Judged & { classes: Record<string, number> };
  /** Members that are in their family's class. No value and no null from fewer than 20. */
  familyCoherence?: Measured & Judged;
  /** Of a build by --sample: how well the families are found in fewer of its documents. */
  sample?: StatisticsRecord["sample"];
}

/** F1 over which a latent counts as naming a class. */
const NAMED = 0.5;

/** What a build found, in numbers. */
export async function summariseAtlas(atlas: Atlas): Promise<BuildSummary> {
  const statistics = await atlas.store.familyStatistics();
  const { N, n, k, live, normalized_mse: error } = await atlas.metrics();
  const taxonomy = await atlas.taxonomy();
  const edges = taxonomy?.edges[0];
  const { families, active, baselines } = taxonomy ?? {};
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
        ...(await describeAgreement(edges)),
        random: known(edges.randomNull.mean),
        edges: edges.edges,
        flat: taxonomy?.isFlat ?? false,
      },
    }),
    ...(active && { latentAgreement: await describeLatents(active, baselines) }),
    ...(families && { familyCoherence: await describeCoherence(families) }),
    ...(statistics.sample && { sample: statistics.sample }),
  };
}

/** The summary in words, a row per measure. */
export function describeSummary(summary: BuildSummary): string[][] {
  const { documents, latents, live, k, labelled, families, edgeAgreement: edges } = summary;
  const {
    coactivationRatio: ratio,
    familyCoherence: coherence,
    latentAgreement: named,
    sample,
  } = summary;
  return compact([
    ["documents", String(documents)],
    ["latents", `${latents} (${live} live), ${k} per document`],
    ["normalised MSE", digits(summary.normalizedMse, 4)],
    ["labelled", String(labelled)],
    ["families", String(families)],
    [
      "co-activation within families over outside them",
      `${digits(ratio.value, 1)} (random families ${digits(ratio.random, 1)})`,
    ],
    named && [`latents with a class of F1 over ${NAMED}`, describeShare(named, "latents")],
    named && ["distinct classes among them", describeClasses(named.classes)],
    edges && [
      edges.flat ? "edges between latents of the same class" : "edges that agree with the classes",
      describeEdges(edges),
    ],
    coherence && ["family members in their family's class", describeShare(coherence, "members")],
    sample && ["documents sampled for families", String(sample.documents)],
    ...(sample ? describeSample(sample.stability) : []),
  ]);
}

/** How well families are found in fewer documents, a row per number of these. */
export function describeSample(
  stability: NonNullable<StatisticsRecord["sample"]>["stability"],
): string[][] {
  return stability.map(({ documents, overlap, random }) => [
    `families found in ${documents} documents`,
    `overlap ${digits(known(overlap), 3)} (random latents ${digits(known(random), 3)})`,
  ]);
}

async function describeAgreement(
  edges: EdgeAgreement,
): Promise<Pick<EdgeSummary, "interval" | "hardest"> & { value: number | null }> {
  const { FEWEST_EDGES } = await import("../../taxonomy/agreement.js");
  const { hardestNull } = await import("../../taxonomy/hardest-null.js");
  if (edges.edges < FEWEST_EDGES) return { value: null, interval: null, hardest: null };
  return { value: known(edges.share), interval: edges.interval, hardest: hardestNull(edges) };
}

async function describeLatents(
  agreement: LatentAgreement,
  baselines: readonly UnitAgreement[] = [],
): Promise<NonNullable<BuildSummary["latentAgreement"]>> {
  const { FEWEST_EDGES } = await import("../../taxonomy/agreement.js");
  const { hardestLatentNull } = await import("../../taxonomy/hardest-null.js");
  const { wilsonInterval } = await import("../../core/statistics.js");
  const { live } = agreement;
  const named = <T extends { level: number }>(over: readonly T[]): T | undefined =>
    over.find(({ level }) => level === NAMED);
  const own = named(agreement.over);
  const classes = Object.fromEntries([
    ["latents", own?.classes ?? 0],
    ...baselines.map(({ units, active }) => [units, named(active.over)?.classes ?? 0] as const),
  ]);
  if (own === undefined || live < FEWEST_EDGES) {
    return { value: null, judged: live, interval: null, hardest: null, classes };
  }
  const { units = "classes assigned at random", share } = hardestLatentNull(
    agreement,
    baselines,
    NAMED,
  );
  const interval = wilsonInterval(own.count, live);
  return { value: own.share, judged: live, interval, hardest: { name: units, share }, classes };
}

async function describeCoherence({
  families,
  meanCoherence,
  interval = [NaN, NaN],
  ...nulls
}: FamilyAgreement): Promise<NonNullable<BuildSummary["familyCoherence"]>> {
  const { FEWEST_EDGES } = await import("../../taxonomy/agreement.js");
  const { hardestFamilyNull } = await import("../../taxonomy/hardest-null.js");
  const judged = families.reduce((sum, { matched }) => sum + matched, 0);
  if (judged < FEWEST_EDGES) {
    return { value: null, random: null, judged, interval: null, hardest: null };
  }
  const { share, branch } = hardestFamilyNull(nulls);
  const name =
    branch === undefined
      ? "random families"
      : `random latents of the same classes of at least ${branch} documents`;
  const random = known(nulls.meanCoherenceNull.mean);
  return { value: known(meanCoherence), random, judged, interval, hardest: { name, share } };
}

function describeShare(
  { value, interval, hardest, judged }: { value: number | null } & Judged,
  of: string,
): string {
  if (value === null || interval === null || hardest === null) {
    return `unknown: only ${judged} ${of} could be judged`;
  }
  const [low, high] = interval;
  return `${digits(value)} (95 % interval ${digits(low)} to ${digits(high)} of ${judged}; ${hardest.name} ${digits(hardest.share)})`;
}

function describeClasses({ latents: own, ...others }: Record<string, number>): string {
  const beside = Object.entries(others).map(([units, count]) => `${units} ${count}`);
  return beside.length === 0 ? String(own) : `${own} (${beside.join(", ")})`;
}

function describeEdges({ value, interval, hardest, edges }: Measured & EdgeSummary): string {
  if (value === null || interval === null || hardest === null) {
    return `unknown: only ${edges} could be judged`;
  }
  const [low, high] = interval;
  const { branch, edges: drawn, observed, share } = hardest;
  const chance =
    branch === undefined
      ? `random ${digits(share)}`
      : `${digits(observed ?? null)} of the ${drawn} whose class of at least ${branch} documents has denser latents, against ${digits(share)} at random`;
  return `${digits(value)} (95 % interval ${digits(low)} to ${digits(high)} of ${edges}; ${chance})`;
}

/** What a build will do, with its times, in one line. */
export function describePlan(plan: BuildPlan): string {
  const { documents, embedder, perSecond = 0, embedSeconds, training, trainSeconds } = plan;
  const rate = perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0);
  const parts = compact([
    embedSeconds !== undefined &&
      `${about(embedSeconds)} to embed with ${embedder} (${rate} per second)`,
    trainSeconds !== undefined &&
      training !== undefined &&
      `${about(trainSeconds)} to train ${training.n} latents, ${training.k} per document`,
    "then labels, families and map",
  ]);
  return `${documents.toLocaleString("en")} documents: ${parts.join(", ")}`;
}

function about(seconds: number): string {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3600).toFixed(1)} h`;
}

/** Which steps of a build ran and which were still valid. */
export function describeSteps(ran: readonly string[], kept: readonly string[]): string {
  if (ran.length === 0) return "nothing has changed";
  return kept.length === 0 ? "all steps ran" : `ran ${ran.join(", ")}; kept ${kept.join(", ")}`;
}

// A mean over no families has no value: null in some of the atlas's files, NaN in reports.
function known(value: number | null | undefined): number | null {
  return value === undefined || value === null || isNaN(value) ? null : value;
}

function digits(value: number | null, count = 2): string {
  return value === null ? "none" : value.toFixed(count);
}
