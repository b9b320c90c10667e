import { setImmediate as turn } from "node:timers/promises";
import type { Neighbours } from "../engine/engine.js";
import type { Matrix } from "../core/matrix.js";
import { createMatrix, dot, matrixRow, normalizeRows, takeRows } from "../core/matrix.js";
import type { OnProgress } from "../core/progress.js";
import { type Random, createRandom, sampleIndices } from "../core/random.js";
import { NO_NEIGHBOUR, liveRows } from "./neighbours.js";

/** Rows among which a row's rank is counted; of more, so many are drawn. */
const RANKED = 10_000;
const JUDGED = 200;

/** How well a map keeps what is near; see neighboursKept and trustworthiness. */
export interface MapQuality {
  /** Rows on the map, and neighbours per row that it was laid out from. */
  rows: number;
  neighbours: number;
  neighbours_kept: number;
  /** NaN where the rows' vectors are not at hand or too few. */
  trustworthiness: number;
  /** The same of places at random, where a random start begins. */
  random_neighbours_kept: number;
  random_trustworthiness: number;
  /** Share of the true neighbours among those that the map was laid out from: 1 of exact ones. */
  recall: number;
}

/**
 * Share of each row's neighbours that are still among its as many nearest places [n, 2], averaged over the rows
 * that have neighbours: 1 is a perfect map, count / n is chance. NaN where no row has neighbours. With `sample` rows
 * only that many (seeded) are judged.
 */
export function neighboursKept(
  neighbours: Neighbours,
  places: Matrix,
  { sample, seed = 0 }: { sample?: number; seed?: number } = {},
): number {
  const live = liveRows(neighbours);
  const found = { kept: 0, total: 0 };
  for (const i of judgedRows(live, sample, createRandom(seed))) {
    countKept(neighbours, places, live, i, found);
  }
  return found.kept / found.total;
}

/**
 * Trustworthiness of a map (Venna and Kaski): 1 where all `count` nearest places of a row are near it by cosine
 * in `matrix` [n, d] too, about 0.5 for a random map. Rows of length 0 are left out. With `sample` rows only that many
 * (seeded) are judged; beyond 10,000 rows ranks are estimated among as many. Throws RangeError where count is not below
 * half the live rows.
 */
export function trustworthiness(
  matrix: Matrix,
  places: Matrix,
  count: number,
  { sample, seed = 0 }: { sample?: number; seed?: number } = {},
): number {
  const ranking = rankRows(matrix, count, createRandom(seed), sample);
  let penalty = 0;
  for (const i of ranking.judged) penalty += penaltyOf(ranking, places, i);
  return trustOf(ranking, penalty);
}

/**
 * The quality of a map by 200 of its rows, beside that of places at random. `matrix` [n, d] is what the neighbours are of.
 */
export async function measureMap(
  neighbours: Neighbours,
  places: Matrix,
  matrix: Matrix | undefined,
  {
    recall = 1,
    seed = 0,
    onProgress,
    signal,
  }: { recall?: number; seed?: number; onProgress?: OnProgress; signal?: AbortSignal } = {},
): Promise<MapQuality> {
  const { count, rows } = neighbours;
  const random = createRandom(seed);
  const shuffled = createMatrix(rows, 2, Float32Array.from({ length: 2 * rows }, random));
  const live = liveRows(neighbours);
  const maps = [places, shuffled].map((one) => ({ one, kept: 0, total: 0, penalty: 0 }));
  const ranking =
    matrix !== undefined && 2 * count < live.length
      ? rankRows(matrix, count, random, JUDGED)
      : undefined;
  const judged = judgedRows(live, JUDGED, random);
  for (let at = 0; at < judged.length; at++) {
    onProgress?.({ step: "map quality", done: at, total: judged.length });
    await turn();
    signal?.throwIfAborted();
    for (const map of maps) {
      countKept(neighbours, map.one, live, judged[at], map);
      const ranked = ranking?.judged[at];
      if (ranking && ranked !== undefined) map.penalty += penaltyOf(ranking, map.one, ranked);
    }
  }
  const [kept, keptAtRandom] = maps.map((map) => (map.total === 0 ? 0 : map.kept / map.total));
  const [trust, trustAtRandom] = maps.map((map) =>
    ranking === undefined ? NaN : trustOf(ranking, map.penalty),
  );
  return {
    rows,
    neighbours: count,
    neighbours_kept: kept,
    trustworthiness: trust,
    random_neighbours_kept: keptAtRandom,
    random_trustworthiness: trustAtRandom,
    recall,
  };
}

function judgedRows(live: readonly number[], sample: number | undefined, random: Random): number[] {
  return sample === undefined || sample >= live.length
    ? [...live]
    : Array.from(sampleIndices(live.length, sample, random), (at) => live[at]);
}

function countKept(
  { rows, count, indices }: Neighbours,
  places: Matrix,
  live: readonly number[],
  i: number,
  found: { kept: number; total: number },
): void {
  const near = new Set(nearestPlaces(places, live, i, count));
  for (let at = i * count; at < (i + 1) * count; at++) {
    if (indices[at] === NO_NEIGHBOUR || indices[at] >= rows) break;
    if (near.has(indices[at])) found.kept++;
    found.total++;
  }
}

/** What ranks of rows by cosine are counted with: of millions of rows only those that are compared become unit rows. */
interface Ranking {
  matrix: Matrix;
  live: readonly number[];
  count: number;
  judged: readonly number[];
  /** Rows that stand for all, and these at unit length. */
  among: readonly number[];
  unit: Matrix;
}

function rankRows(
  matrix: Matrix,
  count: number,
  random: Random,
  sample: number | undefined,
): Ranking {
  const live = Array.from({ length: matrix.rows }, (_, i) => i).filter((i) =>
    matrixRow(matrix, i).some((value) => value !== 0),
  );
  const n = live.length;
  if (!(count >= 1 && count < n / 2)) {
    throw new RangeError(`trustworthiness: count must be from 1 to under ${n / 2}, got ${count}`);
  }
  const judged = judgedRows(live, sample, random);
  const among = judgedRows(live, RANKED, random);
  return { matrix, live, count, judged, among, unit: normalizeRows(takeRows(matrix, among)) };
}

/** How far the ranks of a row's nearest places are beyond `count`, in all. */
function penaltyOf(ranking: Ranking, places: Matrix, i: number): number {
  const { matrix, unit, live, among, count } = ranking;
  const near = nearestPlaces(places, live, i, count);
  const compared = normalizeRows(takeRows(matrix, [i, ...near]));
  const own = matrixRow(compared, 0);
  const cosines = Float64Array.from(among, (_, at) => dot(own, matrixRow(unit, at)));
  const scale = live.length / among.length;
  let penalty = 0;
  for (const [at, j] of near.entries()) {
    const cosine = dot(own, matrixRow(compared, at + 1));
    let nearer = 0;
    for (let other = 0; other < among.length; other++) {
      if (cosines[other] > cosine && among[other] !== i && among[other] !== j) nearer++;
    }
    penalty += Math.max(0, 1 + nearer * scale - count);
  }
  return penalty;
}

function trustOf({ judged, live, count }: Ranking, penalty: number): number {
  return 1 - (2 / (judged.length * count * (2 * live.length - 3 * count - 1))) * penalty;
}

function nearestPlaces(
  places: Matrix,
  live: readonly number[],
  i: number,
  count: number,
): number[] {
  const distances = new Float64Array(live.length);
  const x = places.data[2 * i];
  const y = places.data[2 * i + 1];
  for (let at = 0; at < live.length; at++) {
    const dx = places.data[2 * live[at]] - x;
    const dy = places.data[2 * live[at] + 1] - y;
    distances[at] = live[at] === i ? Infinity : dx * dx + dy * dy;
  }
  // the count smallest by repeated insertion into a short sorted list
  const best: number[] = [];
  for (let at = 0; at < live.length; at++) {
    if (best.length === count && distances[at] >= distances[best[count - 1]]) continue;
    let slot = best.length;
    while (slot > 0 && distances[best[slot - 1]] > distances[at]) slot--;
    best.splice(slot, 0, at);
    if (best.length > count) best.pop();
  }
  return best.filter((at) => live[at] !== i).map((at) => live[at]);
}
