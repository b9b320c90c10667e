import type { Document } from "../../corpus/corpus.js";
import type { DocumentHits, DocumentSearch } from "../../atlas/document-search.js";
import type { Explanation } from "../../search/explain.js";
import type { AtlasStore } from "../../atlas/store.js";
import type { NamedEdit } from "../../search/names.js";
import { formatRows } from "./rows.js";

const LATENTS_SHOWN = 5;
// Ranks without the edits are known to this one.
const RANKS_BEFORE = 1000;

/** One result, ready for JSON. */
export interface FoundDocument {
  rank: number;
  row: number;
  id: string;
  title: string;
  score: number;
  /** Rank without the edits; undefined below the first 1,000. */
  before?: number;
  explanation?: Explanation & { labels: string[] };
}

/** A search's results, ready for JSON. */
export interface Found {
  results: FoundDocument[];
  /** Cosine of the steered query to the original. */
  cosine?: number;
  /** How far other latents of the query moved, over their values before. */
  others?: number;
  /** Documents that the edits drove out of the results. */
  left?: { row: number; title: string; before: number }[];
  moved?: { latent: number; label: string; before: number; wanted: number; after: number }[];
}

/** The rows that were found with ids, titles and, for a `query`, explanations. */
export async function toFound(
  { atlas, data }: { atlas: DocumentSearch; data: AtlasStore },
  { hits, before, left, steered }: DocumentHits,
  query?: Float32Array,
): Promise<Found> {
  const documents = await data.documents();
  const results: FoundDocument[] = [];
  for (const [i, { row, score }] of hits.entries()) {
    const { id } = documents[row];
    const found: FoundDocument = {
      rank: i + 1,
      row,
      id,
      title: titleOf(documents[row]),
      score,
      before: before[i],
    };
    if (query) {
      const explanation = await atlas.explain(query, row);
      const labels = explanation.latents.map(({ latent }) => atlas.labels[latent]);
      found.explanation = { ...explanation, labels };
    }
    results.push(found);
  }
  if (!steered) return { results };
  const moved = steered.moved.map((move) => ({ ...move, label: atlas.labels[move.latent] }));
  return {
    results,
    cosine: steered.cosine,
    others: steered.others,
    left: left.map(({ row, before: rank }) => ({
      row,
      title: titleOf(documents[row]),
      before: rank,
    })),
    moved,
  };
}

function titleOf({ title, text }: Document): string {
  return title || text.slice(0, 80);
}

/** The results as a table, with what the edits did above it. */
export function describeResults(
  { results, cosine, others = 0, left = [], moved = [] }: Found,
  edits: readonly NamedEdit[],
): string[] {
  const steered = cosine !== undefined;
  const head = steered
    ? [
        ...edits.map(({ name }) => name),
        ...moved
          .slice(0, LATENTS_SHOWN)
          .map(
            ({ latent, label, before, after }) =>
              `  latent ${latent}${label && ` (${label})`}: ${before.toFixed(3)} -> ${after.toFixed(3)}`,
          ),
        ...(moved.length > LATENTS_SHOWN
          ? [`  and ${moved.length - LATENTS_SHOWN} more latents`]
          : []),
        `cosine to the query without edits: ${cosine.toFixed(3)}; its other latents moved by ${(100 * others).toFixed(0)} %`,
      ]
    : [];
  if (results.length === 0) return [...head, "nothing found"];
  const beyond = `>${Math.max(results.length, RANKS_BEFORE)}`;
  const rows = results.map(({ rank, score, before, id, title }) => [
    String(rank),
    ...(steered ? [String(before ?? beyond)] : []),
    score.toFixed(4),
    id,
    shorten(title),
  ]);
  return [
    ...head,
    ...formatRows([["rank", ...(steered ? ["before"] : []), "cosine", "id", "title"], ...rows]),
    ...(left.length > 0
      ? [`gone: ${left.map(({ title, before }) => `${shorten(title)} (${before})`).join("; ")}`]
      : []),
  ];
}

/** Why each result that has an explanation scores as it does. */
export function explainResults({ results }: Found): string[] {
  return results.flatMap(({ rank, title, explanation }) => {
    if (!explanation) return [];
    const { score, latents, labels, bias, residual } = explanation;
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
    shares.push(["bias", bias], ["not reconstructed", residual]);
    return [
      "",
      `why ${rank}: ${title.replace(/\s+/g, " ").slice(0, 70)}, cosine ${score.toFixed(4)} =`,
      ...formatRows(shares.map(([name, value]) => [`  ${signed(value)}`, name])),
    ];
  });
}

/** Latents that two results share, with their values in both. */
export function describeShared(
  labels: readonly string[],
  shared: readonly { latent: number; a: number; b: number }[],
): string[] {
  if (shared.length === 0) return ["no latent is active in both"];
  return formatRows(
    shared.map(({ latent, a, b }) => [
      `  latent ${latent}`,
      a.toFixed(3),
      b.toFixed(3),
      labels[latent],
    ]),
  );
}

function shorten(title: string): string {
  return title.replace(/\s+/g, " ").slice(0, 70);
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(4)}`;
}
