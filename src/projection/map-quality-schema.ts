import { z } from "zod";
import { type Fields, count, measured } from "../core/schema.js";
import type { MapQuality } from "./map-quality.js";

export type { MapQuality };

const fields: Fields<MapQuality> = {
  rows: count,
  neighbours: count,
  neighbours_kept: measured,
  trustworthiness: measured,
  random_neighbours_kept: measured,
  random_trustworthiness: measured,
  recall: measured,
};

/** The content of `map-quality.json` and `document-map-quality.json`. */
export const qualitySchema: z.ZodType<MapQuality> = z.object(fields);
