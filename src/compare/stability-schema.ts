import { z } from "zod";
import { type Fields, count, measured } from "../core/schema.js";
import type {
  FamilyStabilityEntry,
  PermutedStability,
  StabilityReport,
} from "./stability-report.js";

const number = measured;
const known = z.number().nullable();
const stable = z.object({ latent: count, stability: number });

const permuted: Fields<PermutedStability> = {
  count,
  edgeCount: count,
  families: known,
  edges: known,
};
const documents: Fields<StabilityReport["documents"]> = {
  resamples: count,
  scheme: z.enum(["subsample", "bootstrap"]),
  share: known,
  seed: number,
  families: known,
  edges: known,
  random: known,
  permuted: z.object(permuted),
};
const seeds: Fields<NonNullable<StabilityReport["seeds"]>> = {
  saes: z.array(z.object({ name: z.string(), threshold: number })),
  families: known,
  matched: known,
  random: known,
};
const family: Fields<FamilyStabilityEntry> = {
  latent: count,
  stability: number,
  interval: z.tuple([number, number]),
  foundAgain: number,
  random: number,
  members: z.array(stable),
  seeds: z.object({ stability: known, matched: number, random: known }).nullable(),
};
const edge: Fields<StabilityReport["edges"][number]> = {
  parent: count,
  child: count,
  stability: number,
  directed: number,
};
const fields: Fields<StabilityReport> = {
  documents: z.object(documents),
  seeds: z.object(seeds).nullable(),
  families: z.array(z.object(family)),
  edges: z.array(z.object(edge)),
  latents: z.array(z.object({ stability: number, matched: number })).nullable(),
};

/** The content of `stability.json`. */
export const stabilitySchema: z.ZodType<StabilityReport> = z.object(fields);
