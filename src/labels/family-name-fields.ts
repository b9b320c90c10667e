import type { FamilyNameRecord } from "./label-families.js";
import { familyLatents } from "./family-source.js";
import { type LabelRecord, labelScores } from "./label.js";

/**
 * What `families.json` tells of a family's name beside the paper's fields: the one that was given to its parent by an import
 * or a person (`given`), else a language model's where it was given to a family of the very same latents, else the one by
 * keywords (`byWords`, in the order of the families).
 */
export function nameFields(
  byWords: readonly LabelRecord[],
  byModel: readonly FamilyNameRecord[],
  given: readonly LabelRecord[] = [],
): (
  family: { parent: number; members: readonly { latent: number }[] },
  index: number,
) => Record<string, unknown> {
  const named = new Map(byModel.map((record) => [record.latent, record]));
  const givenTo = new Map(given.map((record) => [record.latent, record]));
  return (family, index) => {
    const words = byWords[index];
    const model = named.get(family.parent);
    const isSame =
      model !== undefined &&
      keyOf(familyLatents(family)) === keyOf(model.members.map(({ latent }) => latent));
    const record = givenTo.get(family.parent) ?? (isSame ? model : undefined);
    if (record === undefined || record.label === "") {
      const { label, source, score, n, interval } = words;
      return {
        name: label,
        name_source: source,
        name_score: score,
        name_score_n: n,
        name_score_interval: interval,
      };
    }
    return {
      name: record.label,
      name_source: record.source,
      name_score: record.score,
      name_score_n: record.n,
      name_score_interval: record.interval,
      name_score_name: record.scoreName,
      name_scores: labelScores(record),
      name_model: record.model,
      name_prompt_version: record.promptVersion,
      name_date: record.date,
      name_cost: record.cost,
      name_keywords: words.label,
    };
  };
}

function keyOf(latents: readonly number[]): string {
  return [...latents].sort((a, b) => a - b).join(" ");
}
