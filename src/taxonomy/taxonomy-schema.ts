import { z } from "zod";
import { type Fields, count, interval, measured } from "../core/schema.js";
import type { Spread } from "../core/statistics.js";
import type { BranchNull, EdgeAgreement, LatentAgreement } from "./agreement.js";
import type { LatentMatch } from "./best-class.js";
import type { FamilyAgreement, FamilyMatch } from "./family-agreement.js";
import type { TaxonomyReport } from "./taxonomy-report.js";
import type { UnitAgreement, UnitSummary } from "./unit-agreement.js";

const spreadFields: Fields<Spread> = { mean: measured, sd: measured };
const spread = z.object(spreadFields);

const matchFields: Fields<LatentMatch> = {
  latent: count,
  active: count,
  // -1 where there is no class.
  classIndex: z.int(),
  classId: z.string().optional(),
  classSize: count,
  hits: count,
  precision: measured,
  recall: measured,
  f1: measured,
  interval,
  threshold: measured,
};
const match = z.object(matchFields);

const overFields: Fields<LatentAgreement["over"][number]> = {
  level: z.number(),
  count,
  share: measured,
  classes: count.optional(),
  null: spread,
};
const latentFields: Fields<LatentAgreement> = {
  live: count,
  meanF1: measured,
  meanF1Null: spread,
  over: z.array(z.object(overFields)),
};

const branchFields: Fields<BranchNull> = {
  atLeast: count,
  edges: count,
  share: measured,
  observed: measured,
};
const edgeFields: Fields<EdgeAgreement & { threshold: number }> = {
  threshold: measured,
  total: count,
  edges: count,
  equal: count,
  above: count,
  below: count,
  share: measured,
  interval,
  shuffledNull: spread,
  randomNull: spread,
  branchNulls: z.array(z.object(branchFields)).optional(),
};

const familyFields: Fields<FamilyMatch> = {
  union: match,
  parent: match,
  matched: count,
  coherence: measured,
};
const familiesFields: Fields<FamilyAgreement> = {
  families: z.array(z.object(familyFields)),
  meanF1: measured,
  meanF1Null: spread,
  meanParentF1: measured,
  coherent: count,
  meanCoherence: measured,
  interval: interval.optional(),
  meanCoherenceNull: spread,
  branchNulls: z.array(z.object({ atLeast: count, ...spreadFields })).optional(),
};

const unitSummaryFields: Fields<UnitSummary> = {
  meanF1: measured,
  over: z.array(z.object({ level: z.number(), count, share: measured, classes: count })),
};
const unitSummary = z.object(unitSummaryFields);
const unitFields: Fields<UnitAgreement> = {
  units: z.string(),
  normalizedMse: measured.optional(),
  live: count,
  active: unitSummary,
  tuned: unitSummary,
  f1: z.array(measured),
  latentF1: z.array(measured),
};

const heldOutFields: Fields<TaxonomyReport["heldOut"]> = {
  meanF1: measured,
  over: z.array(z.object({ level: z.number(), count, share: measured })),
};
const fields: Fields<TaxonomyReport> = {
  documents: count,
  classes: count,
  isFlat: z.boolean().optional(),
  level: z.number(),
  active: z.object(latentFields),
  tuned: z.object(latentFields),
  heldOut: z.object(heldOutFields),
  edges: z.array(z.object(edgeFields)),
  families: z.object(familiesFields).optional(),
  baselines: z.array(z.object(unitFields)).optional(),
  matches: z.array(match),
  heldOutF1: z.array(measured),
  nullF1: z.array(measured),
};

/** The content of `taxonomy.json`. */
export const taxonomySchema: z.ZodType<TaxonomyReport> = z.object(fields);
