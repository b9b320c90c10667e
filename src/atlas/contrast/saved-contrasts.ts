import { existsSync } from "node:fs";
import { z } from "zod";
import type { CatalogContrast } from "../../catalog/row.js";
import { knownOrNull } from "../../catalog/rounded.js";
import type { Contrast, ContrastFinding, ContrastTrend } from "../../compare/contrast/contrast.js";
import type { Effect, Rate } from "../../compare/contrast/effects.js";
import { addToList } from "../../core/collections.js";
import { readCheckedJson } from "../../files/checked-json.js";
import type { AtlasStore } from "../store.js";
import { type Fields, count, interval, measured } from "../../core/schema.js";

/** A contrast and what was asked: a column, or sets of documents. */
export interface SavedContrast extends Contrast {
  question: string;
}

const of = z.enum(["latent", "family"]);
const effectFields: Fields<Effect> = { value: measured, interval };
const effect = z.object(effectFields);
const rateFields: Fields<Rate> = { active: count, total: count };
const rate = z.object(rateFields);
const finding: Fields<ContrastFinding> = {
  of,
  id: count,
  side: count,
  effect,
  rates: z.tuple([rate, rate]).optional(),
  within: z.object({ family: count, effect }).optional(),
  p: measured,
  active: count,
};
const trend: Fields<ContrastTrend> = {
  of,
  id: count,
  points: z.array(z.object({ value: measured, documents: count, rate: measured, interval })),
};
const fields: Fields<SavedContrast> = {
  question: z.string(),
  kind: z.enum(["classes", "number"]),
  names: z.array(z.string()),
  documents: z.object({ choosing: count, measuring: count, empty: count, small: count }),
  compared: count,
  rare: count,
  rate: measured,
  threshold: measured,
  seed: measured,
  findings: z.array(z.object(finding)),
  permuted: z.object({ count, mean: measured, any: measured }),
  trends: z.array(z.object(trend)),
};

/** The content of `contrasts.json`. */
const contrastsSchema: z.ZodType<SavedContrast[]> = z.array(z.object(fields));

/** Contrasts that were saved, the last one at the end. Throws FormatError where their file is damaged. */
export async function savedContrasts(
  store: Pick<AtlasStore, "file">,
): Promise<readonly SavedContrast[]> {
  const file = store.file("contrasts");
  return existsSync(file) ? readCheckedJson(file, contrastsSchema) : [];
}

/** The class or set that a finding is about; "" for numbers. */
export function groupOf(
  { kind, names }: Pick<Contrast, "kind" | "names">,
  { side }: Pick<ContrastFinding, "side">,
): string {
  return kind === "number" ? "" : (names[side] ?? "");
}

/** The contrasts of each latent that differs, as the catalog has them. */
export function contrastsByLatent(
  saved: readonly SavedContrast[],
): ReadonlyMap<number, readonly CatalogContrast[]> {
  const found = new Map<number, CatalogContrast[]>();
  for (const contrast of saved) {
    for (const one of contrast.findings.filter((each) => each.of === "latent")) {
      addToList(found, one.id, {
        question: contrast.question,
        group: groupOf(contrast, one),
        effect: knownOrNull(one.effect.value),
        low: knownOrNull(one.effect.interval[0]),
        high: knownOrNull(one.effect.interval[1]),
      });
    }
  }
  return found;
}
