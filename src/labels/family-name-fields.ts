import type { FamilyNameRecord } from "./label-families.js";
import { familyLatents } from "./family-source.js";
import { type LabelRecord, labelScores } from "./label.js";

/**
 * What `families.json` tells of a family's name beside the paper's fields: a language model's name where it was given to
 * a family of the very same latents, else the one by keywords (`byWords`, in the order of the families).
 */
export function nameFields(
  byWords: readonly LabelRecord[],
  byModel: readonly FamilyNameRecord[],
): (
  family: { parent: number; members: readonly { latent: number }[] },
  index: number,
) => Record<string, unknown> {
  const named = new Map(byModel.map((record) => [record.latent, record]));
  return (family, index) => {
    const words = byWords[index];
    const record = named.get(family.parent);
    const isSame =
      record !== undefined &&
      record.label !== "" &&
      keyOf(familyLatents(family)) === keyOf(record.members.map(({ latent }) => latent));
    if (!isSame) {
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
