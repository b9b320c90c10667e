import { type AtlasData, latentName } from "./atlas.js";
import { plain, wordsOf } from "./text.js";

/** A latent or a family that a text names. */
export interface NamedThing {
  kind: "latent" | "family";
  id: number;
  name: string;
}

/** Families, then latents, whose names have all words of a text; a number finds that latent. */
export function findNames(data: AtlasData, text: string, most: number): NamedThing[] {
  const words = wordsOf(text);
  if (words.length === 0) return [];
  const holds = (name: string): boolean => {
    const lower = name.toLowerCase();
    return words.every((word) => lower.includes(word));
  };
  const found: NamedThing[] = [];
  for (const { parent, name } of data.families) {
    if (found.length >= most / 2) break;
    if (holds(name)) found.push({ kind: "family", id: parent, name: plain(name, 80) });
  }
  for (const [latent, label] of data.columns.label.entries()) {
    if (found.length >= most) break;
    if (text.trim() === String(latent) || holds(label)) {
      found.push({ kind: "latent", id: latent, name: latentName(data, latent) });
    }
  }
  return found;
}
