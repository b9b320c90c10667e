import { compact } from "../../core/collections.js";
import type { SearchHit, SearchResults } from "../../atlas/search/search.js";
import { formatRows } from "./rows.js";

const LATENTS_SHOWN = 5;
// Ranks without the edits are known to this one.
const RANKS_BEFORE = 1000;

/** What of a search is shown. */
export type ShownResults = Pick<
  SearchResults,
  "hits" | "edits" | "cosine" | "others" | "left" | "moved"
>;

/** The results as a table, with what the edits did above it. */
export function describeResults(found: ShownResults): string[] {
  const { hits, cosine, left = [] } = found;
  const head = cosine === undefined ? [] : describeEdits(found, cosine);
  if (hits.length === 0) return [...head, "nothing found"];
  const beyond = `>${Math.max(hits.length, RANKS_BEFORE)}`;
  const steered = cosine !== undefined;
  const rows = hits.map(({ rank, score, before, id, title }) => [
    String(rank),
    ...(steered ? [String(before ?? beyond)] : []),
    score.toFixed(4),
    id,
    shorten(title),
  ]);
  return compact([
    ...head,
    ...formatRows([["rank", ...(steered ? ["before"] : []), "cosine", "id", "title"], ...rows]),
    left.length > 0 &&
      `no longer in the results: ${left.map(({ title, before }) => `${shorten(title)} (${before})`).join("; ")}`,
  ]);
}

function describeEdits({ edits, others = 0, moved = [] }: ShownResults, cosine: number): string[] {
  const shown = moved.slice(0, LATENTS_SHOWN);
  return [
    ...edits.map(({ name }) => name),
    ...shown.map(
      ({ latent, label, before, after }) =>
        `  latent ${latent}${label && ` (${label})`}: ${before.toFixed(3)} -> ${after.toFixed(3)}`,
    ),
    ...(moved.length > shown.length ? [`  and ${moved.length - shown.length} more latents`] : []),
    `cosine to the query without edits: ${cosine.toFixed(3)}; its other latents changed by ${(100 * others).toFixed(0)} %`,
  ];
}

/** Why each result that has an explanation scores as it does. */
export function explainResults(
  hits: readonly Pick<SearchHit, "rank" | "title" | "explanation">[],
): string[] {
  return hits.flatMap(({ rank, title, explanation }) => {
    if (!explanation) return [];
    const { score, latents, labels, mean, others: silent, bias, residual } = explanation;
    const shown = latents.slice(0, LATENTS_SHOWN);
    const shares = shown.map(({ latent, contribution }, i): [string, number] => [
      `latent ${latent}${labels[i] && ` (${labels[i]})`}`,
      contribution,
    ]);
    const rest = latents
      .slice(LATENTS_SHOWN)
      .reduce((sum, { contribution }) => sum + contribution, 0);
    const others = latents.length - shown.length;
    if (others > 0) shares.push([`${others} other latents`, rest]);
    if (mean !== 0) {
      shares.unshift(["in common with the mean document", mean]);
      shares.push(["latents that the query lacks", silent]);
    }
    // Relative to the mean document the bias is 0, or next to it.
    if (Math.abs(bias) >= 5e-5) shares.push(["bias", bias]);
    shares.push(["not reconstructed", residual]);
    return [
      "",
      `why ${rank}: ${shorten(title)}, cosine ${score.toFixed(4)} =`,
      ...formatRows(shares.map(([name, value]) => [`  ${signed(value)}`, name])),
    ];
  });
}

function shorten(title: string): string {
  return title.replace(/\s+/g, " ").slice(0, 70);
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(4)}`;
}
