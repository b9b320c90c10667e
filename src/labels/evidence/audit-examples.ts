import { type Postings, topDocuments } from "../../core/codes.js";
import { postingsOf, postingCount } from "../../core/postings.js";

/** A document shown for a label, by row. */
export interface AuditRow {
  row: number;
  activation: number;
  /** For families: the member that is strongest in it. */
  member?: number;
}

/**
 * Documents that illustrate a latent if no model was shown any: half of them its strongest, the others spread evenly
 * over the rest of those in which it is active above 0, including the weakest. Strongest first.
 */
export function exampleRows(postings: Postings, latent: number, count: number): AuditRow[] {
  const size = postingCount(postings, latent);
  const all = topDocuments(postings, latent, size).filter(({ value }) => value > 0);
  return spread(all, count).map(({ document, value }) => ({ row: document, activation: value }));
}

/** The same for a family: its documents by the sum of its latents' activations, each as a share of its highest. */
export function familyRows(
  postings: Postings,
  latents: readonly number[],
  count: number,
): AuditRow[] {
  const rows = new Map<number, { sum: number; best: AuditRow; share: number }>();
  for (const member of latents) {
    const { rows: documents, values: active } = postingsOf(postings, member);
    const highest = active.reduce((most, value) => Math.max(most, value), 0);
    active.forEach((activation, i) => {
      if (activation <= 0) return;
      const row = documents[i];
      const share = activation / highest;
      const found = rows.get(row);
      const best = { row, activation, member };
      if (found === undefined) rows.set(row, { sum: share, best, share });
      else {
        found.sum += share;
        if (share > found.share) Object.assign(found, { best, share });
      }
    });
  }
  const ranked = [...rows.values()].sort((a, b) => b.sum - a.sum || a.best.row - b.best.row);
  return spread(ranked, count).map(({ best }) => best);
}

function spread<T>(ranked: readonly T[], count: number): T[] {
  if (ranked.length <= count) return [...ranked];
  const first = Math.ceil(count / 2);
  const rest = count - first;
  const places = Array.from({ length: rest }, (_, i) =>
    Math.round(first + ((i + 1) * (ranked.length - 1 - first)) / rest),
  );
  return [...ranked.slice(0, first), ...places.map((place) => ranked[place])];
}
