import type { SearchAnswer, SearchRequest } from "../../src/explorer/format.js";
import type { AtlasData } from "./atlas.js";

/**
 * Ranks documents without their embeddings: by the cosine of their codes to the query's, which edits change. For pages
 * without a server. Latents of a query count by their typical activation where it has no code of its own.
 */
export async function rankByCodes(data: AtlasData, request: SearchRequest): Promise<SearchAnswer> {
  const { document, latents = [], edits = [], limit = 50 } = request;
  const typical = new Map<number, number>();
  const typicalOf = async (latent: number): Promise<number> => {
    const { values } = await data.postings(latent);
    const found = values.length === 0 ? 0 : values[values.length >> 1];
    typical.set(latent, found);
    return found;
  };
  const code = new Map<number, number>();
  if (document !== undefined) {
    const { ids, values } = await data.codes(document);
    for (const [i, id] of ids.entries()) code.set(id, values[i]);
  }
  for (const latent of latents) code.set(latent, await typicalOf(latent));
  const query = [...code]
    .map(([latent, activation]) => ({ latent, activation }))
    .sort((a, b) => b.activation - a.activation);
  for (const { latent } of query) await typicalOf(latent);
  const wanted = new Map(code);
  for (const { latents: edited, kind, strength = 1 } of edits) {
    for (const latent of edited) {
      const amount = strength * (await typicalOf(latent));
      const before = wanted.get(latent) ?? 0;
      const after = { up: before + amount, down: before - amount, set: amount, remove: 0 }[kind];
      wanted.set(latent, Math.max(0, after));
    }
  }
  const plain = edits.length > 0 ? await rank(data, code) : [];
  const ranks = new Map(plain.map(({ row }, i) => [row, i + 1]));
  const found = (await rank(data, wanted)).filter(({ row }) => row !== document).slice(0, limit);
  const rows = new Set(found.map(({ row }) => row));
  return {
    hits: found.map(({ row, score }, i) => ({
      ...{ row, score },
      before: edits.length === 0 ? i + 1 : (ranks.get(row) ?? null),
    })),
    query,
    typical: [...typical].map(([latent, activation]) => ({ latent, activation })),
    cosine: cosine(code, wanted),
    others: 0,
    moved: [],
    left: plain
      .slice(0, limit)
      .flatMap(({ row }, i) => (rows.has(row) || row === document ? [] : [{ row, before: i + 1 }])),
  };
}

async function rank(
  data: AtlasData,
  weights: ReadonlyMap<number, number>,
): Promise<{ row: number; score: number }[]> {
  const scores = new Map<number, number>();
  for (const [latent, weight] of weights) {
    if (weight === 0) continue;
    const { ids, values } = await data.postings(latent);
    ids.forEach((row, i) => scores.set(row, (scores.get(row) ?? 0) + weight * values[i]));
  }
  const length = Math.sqrt([...weights.values()].reduce((sum, weight) => sum + weight * weight, 0));
  const lengths = await data.codeLengths();
  return [...scores]
    .map(([row, sum]) => ({ row, score: sum / (length * lengths[row] || 1) }))
    .sort((a, b) => b.score - a.score || a.row - b.row);
}

function cosine(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number {
  let [both, inA, inB] = [0, 0, 0];
  for (const [key, value] of a) {
    both += value * (b.get(key) ?? 0);
    inA += value * value;
  }
  for (const value of b.values()) inB += value * value;
  return both / (Math.sqrt(inA * inB) || 1);
}
