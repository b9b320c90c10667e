import type { Postings } from "../core/codes.js";
import { createPostingsList, postingsOf } from "../core/postings.js";
import { type KeywordOptions, labelByKeywords } from "./keywords.js";
import type { FamilyOutline } from "../records/family.js";
import type { Label } from "../records/label.js";
import type { WordIndex } from "../words/word-index.js";

/** Weight of the parent's activation relative to a member's. */
const PARENT_WEIGHT = 2;
/** With fewer documents in which several latents are active, those with a single active latent count too. */
const FEWEST_SHARED = 10;

/**
 * Names families without a language model, by the distinctive words of the documents in which at least two of a
 * family's latents are active. A document's weight is the sum of the latents' activations, each as a share of its
 * maximum, with the parent's counted twice. Names have the form of labelByKeywords' labels, in the order of `families`,
 * with the parent as id; no two are equal.
 */
export function nameFamiliesByKeywords(
  documents: readonly string[] | WordIndex,
  postings: Postings,
  families: readonly FamilyOutline[],
  options: KeywordOptions = {},
): Label[] {
  const together = familyPostings(postings, families);
  return labelByKeywords(documents, together, options).map((label, i) => {
    const id = families[i].parent;
    // labelByKeywords numbers labels that are still equal, here by the family's index.
    const text = label.text.replace(/ \((\d+)\)$/, (tail, place) =>
      Number(place) === i ? ` (${id})` : tail,
    );
    return { ...label, of: "family", id, text };
  });
}

// Postings with one latent per family.
function familyPostings(postings: Postings, families: readonly FamilyOutline[]): Postings {
  const highest = highestValues(postings);
  const sums = new Float64Array(postings.documents);
  const counts = new Uint32Array(postings.documents);
  const together = createPostingsList(postings.documents);
  for (const { parent, members } of families) {
    const touched: number[] = [];
    const add = (latent: number, weight: number): void => {
      const { rows, values } = postingsOf(postings, latent);
      rows.forEach((row, at) => {
        if (values[at] <= 0) return;
        if (counts[row]++ === 0) touched.push(row);
        sums[row] += (weight * values[at]) / highest[latent];
      });
    };
    add(parent, PARENT_WEIGHT);
    for (const { latent } of members) add(latent, 1);
    touched.sort((a, b) => a - b);
    const shared = touched.filter((row) => counts[row] > 1);
    for (const row of shared.length >= FEWEST_SHARED ? shared : touched) {
      together.put(row, sums[row]);
    }
    for (const row of touched) sums[row] = counts[row] = 0;
    together.endLatent();
  }
  return together.finish();
}

function highestValues(postings: Postings): Float64Array {
  const highest = new Float64Array(postings.n);
  return highest.map((_, latent) =>
    postingsOf(postings, latent).values.reduce((most, value) => Math.max(most, value), 0),
  );
}
