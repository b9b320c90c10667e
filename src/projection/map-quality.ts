import type { Neighbours } from "../engine/engine.js";
import { type Matrix, dot, matrixRow, normalizeRows } from "../core/matrix.js";
import { createRandom, sampleIndices } from "../core/random.js";
import { hasNeighbours } from "./neighbours.js";

/**
 * Share of each row's neighbours that are still among its as many nearest places [n, 2], averaged over the rows
 * that have neighbours: 1 is a perfect map, count / n is chance. NaN where no row has neighbours.
 */
export function neighboursKept(neighbours: Neighbours, places: Matrix): number {
  const { rows, count, indices } = neighbours;
  const live = Array.from({ length: rows }, (_, i) => i).filter((i) =>
    hasNeighbours(neighbours, i),
  );
  let kept = 0;
  let total = 0;
  for (const i of live) {
    const near = new Set(nearestPlaces(places, live, i, count));
    for (let at = i * count; at < (i + 1) * count; at++) {
      if (indices[at] >= rows) break;
      if (near.has(indices[at])) kept++;
      total++;
    }
  }
  return kept / total;
}

/**
 * Trustworthiness of a map (Venna and Kaski): 1 where all `count` nearest places of a row are near it by cosine
 * in `matrix` [n, d] too, about 0.5 for a random map. Rows of length 0 are left out. Ranks all pairs: with
 * `sample` rows only that many (seeded) are judged. Throws RangeError where count is not below half the live rows.
 */
export function trustworthiness(
  matrix: Matrix,
  places: Matrix,
  count: number,
  { sample, seed = 0 }: { sample?: number; seed?: number } = {},
): number {
  const unit = normalizeRows(matrix);
  const live = Array.from({ length: matrix.rows }, (_, i) => i).filter((i) =>
    matrixRow(unit, i).some((value) => value !== 0),
  );
  const n = live.length;
  if (!(count >= 1 && count < n / 2)) {
    throw new RangeError(`trustworthiness: count must be from 1 to under ${n / 2}, got ${count}`);
  }
  const judged =
    sample === undefined || sample >= n
      ? live
      : Array.from(sampleIndices(n, sample, createRandom(seed)), (at) => live[at]);
  let penalty = 0;
  for (const i of judged) {
    const cosines = live.map((j) => dot(matrixRow(unit, i), matrixRow(unit, j)));
    const position = new Map(live.map((j, at) => [j, at]));
    for (const j of nearestPlaces(places, live, i, count)) {
      const own = cosines[position.get(j) ?? 0];
      let rank = 1;
      live.forEach((other, at) => {
        if (other !== i && other !== j && cosines[at] > own) rank++;
      });
      penalty += Math.max(0, rank - count);
    }
  }
  return 1 - (2 / (judged.length * count * (2 * n - 3 * count - 1))) * penalty;
}

function nearestPlaces(places: Matrix, live: number[], i: number, count: number): number[] {
  const distances = new Float64Array(live.length);
  const x = places.data[2 * i];
  const y = places.data[2 * i + 1];
  live.forEach((j, at) => {
    const dx = places.data[2 * j] - x;
    const dy = places.data[2 * j + 1] - y;
    distances[at] = j === i ? Infinity : dx * dx + dy * dy;
  });
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
