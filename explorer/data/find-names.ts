import { type AtlasData, latentName } from "./atlas.js";
import { plain, wordsOf } from "./text.js";

/** A latent or a family that a text names. */
export interface NamedThing {
  kind: "latent" | "family";
  id: number;
  name: string;
}

/**
 * Latents and families whose names have all words of a text: first those that are called just that, then those that begin with
 * it, have it as whole words, or have it within words; of equal ones the shortest. A number finds that latent, and so do the words "latent 12" or "family 12".
 */
export function findNames(data: AtlasData, text: string, most: number): NamedThing[] {
  const wanted = text.trim().toLowerCase();
  const words = wordsOf(text);
  if (words.length === 0) return [];
  const found: { kind: NamedThing["kind"]; id: number; rank: number; length: number }[] = [];
  const add = (kind: NamedThing["kind"], id: number, name: string): void => {
    const lower = name.toLowerCase();
    const isNumber = wanted === `${kind} ${id}` || (kind === "latent" && wanted === String(id));
    if (!isNumber && !words.every((word) => lower.includes(word))) return;
    found.push({
      kind,
      id,
      rank: isNumber ? 0 : rankOf(lower, wanted, words),
      length: name.length,
    });
  };
  for (const [latent, label] of data.columns.label.entries()) add("latent", latent, label);
  for (const { parent, name } of data.families) add("family", parent, name);
  return found
    .sort((a, b) => a.rank - b.rank || a.length - b.length)
    .slice(0, most)
    .map(({ kind, id }) => ({
      kind,
      id,
      name: kind === "latent" ? latentName(data, id) : plain(data.familyOf.get(id)?.name ?? "", 80),
    }));
}

/**
 * How well a name in lower case fits words, the lower the better: 0 is the text itself, 1 begins with it, 2 has all as whole words, 3
 * has them within words.
 */
export function rankOf(name: string, wanted: string, words: readonly string[]): number {
  if (name === wanted) return 0;
  const parts = name.split(/[^\p{L}\p{N}]+/u);
  if (!words.every((word) => parts.includes(word))) return name.startsWith(wanted) ? 2 : 3;
  return name.startsWith(wanted) ? 1 : 2;
}
