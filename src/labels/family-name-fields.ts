import type { Label } from "../records/label.js";
import { familyLatents } from "./family-source.js";

/**
 * The fields of a family's name in `families.json`, in addition to the paper's: the name given to its parent by an
 * import or a person (`given`), else a language model's if it was made for a family of exactly the same latents, else
 * the keyword name (`byWords`, in the order of the families).
 */
export function nameFields(
  byWords: readonly Label[],
  byModel: readonly Label[],
  given: readonly Label[] = [],
): (
  family: { parent: number; members: readonly { latent: number }[] },
  index: number,
) => Record<string, unknown> {
  const named = new Map(byModel.map((label) => [label.id, label]));
  const givenTo = new Map(given.map((label) => [label.id, label]));
  return (family, index) => {
    const words = byWords[index];
    const model = named.get(family.parent);
    const isSame =
      model !== undefined &&
      keyOf(familyLatents(family)) === keyOf((model.members ?? []).map(({ latent }) => latent));
    const label = givenTo.get(family.parent) ?? (isSame ? model : undefined);
    if (label === undefined || label.text === "") return nameAndScore(words);
    return {
      ...nameAndScore(label),
      name_score_name: label.scores.at(0)?.name,
      name_scores: label.scores,
      name_model: label.model,
      name_prompt_version: label.promptVersion,
      name_date: label.date,
      name_cost: label.cost,
      name_keywords: words.text,
    };
  };
}

function nameAndScore({ text, source, scores }: Label): Record<string, unknown> {
  const first = scores.at(0);
  return {
    name: text,
    name_source: source,
    name_score: first?.value,
    // Imports do not state the number of documents.
    name_score_n: first?.n || undefined,
    name_score_interval: first?.interval,
  };
}

function keyOf(latents: readonly number[]): string {
  return [...latents].sort((a, b) => a - b).join(" ");
}
