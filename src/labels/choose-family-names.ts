import { type Family, familyLatents } from "../records/family.js";
import { type Label, mergeLabels } from "../records/label.js";

/**
 * The families with their names: the one given to the parent by an import or a person (`given`), else a language
 * model's if it was made for a family of exactly the same latents and is above chance, else the keyword name (`byWords`,
 * in the order of the families), whose words stay with any other name.
 */
export function withFamilyNames(
  families: readonly Family[],
  byWords: readonly Label[],
  byModel: readonly Label[],
  given: readonly Label[] = [],
): Family[] {
  const byParent = new Map(byModel.map((label) => [label.id, label]));
  const givenTo = new Map(given.map((label) => [label.id, label]));
  return families.map((family, index) => {
    const words = byWords[index];
    const model = byParent.get(family.parent);
    const isSame =
      model !== undefined &&
      keyOf(familyLatents(family)) === keyOf((model.members ?? []).map(({ latent }) => latent));
    const named = [words, ...(isSame ? [model] : []), givenTo.get(family.parent) ?? []].flat();
    const [label] = mergeLabels(named);
    if (label === words || label.text === "") return { ...family, label: words };
    return { ...family, label: { ...label, keywords: words.text.split(", ") } };
  });
}

function keyOf(latents: readonly number[]): string {
  return [...latents].sort((a, b) => a - b).join(" ");
}
