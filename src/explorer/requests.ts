import { z } from "zod";
import { STEERING_METHODS } from "../search/steering-methods.js";
import type { ExplorerActions } from "./format.js";

const id = z.int().nonnegative();
const latents = z.array(id).min(1).max(10_000);
const of = z.enum(["latent", "family"]);

const search = z.object({
  text: z.string().trim().min(1).max(20_000).optional(),
  document: id.optional(),
  latents: latents.optional(),
  words: z.string().trim().min(1).max(500).optional(),
  edits: z
    .array(
      z.object({
        latents,
        kind: z.enum(["up", "down", "set", "remove"]),
        strength: z.number().nonnegative().optional(),
      }),
    )
    .max(1000)
    .optional(),
  method: z.enum(STEERING_METHODS).optional(),
  filters: z
    .array(
      z.object({
        column: z.string().max(500),
        word: z.string().max(500).optional(),
        from: z.number().optional(),
        to: z.number().optional(),
      }),
    )
    .max(20)
    .optional(),
  limit: z.int().min(1).max(1000).optional(),
});

/** The form of each request; a request of another form is refused. */
export const requestSchemas: {
  [K in keyof ExplorerActions]: z.ZodType<Parameters<ExplorerActions[K]>[0]>;
} = {
  search,
  explain: search.extend({ row: id }),
  document: z.object({ row: id }),
  correct: z.object({
    of,
    latent: id,
    label: z.string().trim().min(1).max(500),
    note: z.string().trim().max(2000).optional(),
  }),
  withdraw: z.object({ of, latent: id }),
};
