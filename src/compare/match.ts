import type { Engine, NearestOptions } from "../engine/engine.js";
import { type Matrix, createMatrix, matrixRow, normalizeRows } from "../core/matrix.js";
import { createRandom } from "../core/random.js";

/** Latents of two SAEs matched by the cosine of their decoder directions. */
export interface SaeMatch {
  /** For each latent of the large SAE the nearest of the small one, and the cosine [n of large]. */
  toSmall: Uint32Array;
  toSmallCosine: Float32Array;
  /** For each latent of the small SAE the nearest of the large one, and the cosine [n of small]. */
  toLarge: Uint32Array;
  toLargeCosine: Float32Array;
}

/** What a match is compared with: directions that share nothing with the other SAE but its spectrum. */
export interface MatchNull {
  /** Largest cosine that random directions reach with a latent of the other SAE, ascending [draws]. */
  cosines: Float32Array;
  /** The quantile of those that counts as a match. */
  threshold: number;
}

/** How the null is drawn. */
export interface NullOptions extends NearestOptions {
  /** Random directions. Default 2,000. */
  draws?: number;
  /** Share of random directions that stay below the threshold. Default 0.99. */
  quantile?: number;
  /** Default 0. */
  seed?: number;
}

/** Rows that make one random direction: enough for sums to be normal, few enough to be cheap. */
const ROWS_A_DRAW = 64;

/**
 * The nearest latents between two SAEs of one embedding, both ways, exact; ties by lower latent. `small` and `large`
 * are decoders [n, d]. Throws RangeError for unequal widths.
 */
export async function matchSaes(
  small: Matrix,
  large: Matrix,
  engine: Pick<Engine, "nearest">,
  options: NearestOptions = {},
): Promise<SaeMatch> {
  if (small.cols !== large.cols) {
    throw new RangeError(
      `match: both SAEs must read the same embeddings, got widths ${small.cols} and ${large.cols}`,
    );
  }
  const [a, b] = [normalizeRows(small), normalizeRows(large)];
  const down = await engine.nearest(b, a, 1, options);
  const up = await engine.nearest(a, b, 1, options);
  return {
    toSmall: down.indices,
    toSmallCosine: down.scores,
    toLarge: up.indices,
    toLargeCosine: up.scores,
  };
}

/**
 * For each latent of the small SAE those of the large one that are nearest to it, ascending: how it splits. The paper's
 * `nns` files hold this, keyed by the small latent as text.
 */
export function splitLatents({ toSmall, toLarge }: SaeMatch): number[][] {
  const splits: number[][] = Array.from({ length: toLarge.length }, () => []);
  toSmall.forEach((parent, latent) => splits[parent].push(latent));
  return splits;
}

/**
 * Chance level of a match to `target` [n, d]: the largest cosine that random directions with the second moment of
 * `source`'s rows reach. A latent above the threshold is recurrent, one below it novel.
 */
export async function matchNull(
  source: Matrix,
  target: Matrix,
  engine: Pick<Engine, "nearest">,
  { draws = 2000, quantile = 0.99, seed = 0, ...options }: NullOptions = {},
): Promise<MatchNull> {
  if (!(draws >= 1 && quantile > 0 && quantile < 1)) {
    throw new RangeError(
      `match: expected draws from 1 and a quantile in (0, 1), got ${draws}, ${quantile}`,
    );
  }
  const directions = randomDirections(normalizeRows(source), draws, seed);
  const { scores } = await engine.nearest(directions, normalizeRows(target), 1, options);
  const cosines = scores.slice().sort();
  return { cosines, threshold: cosines[Math.min(draws - 1, Math.floor(quantile * draws))] };
}

/** Latents of a small SAE followed through a middle one to a large one. */
export interface SplittingTree {
  latent: number;
  children: { latent: number; leaves: number[] }[];
  /** Latents of the large SAE that the direct match gives. */
  direct: number[];
  /** Shared leaves over all leaves of both ways; 1 where both are empty. */
  consistency: number;
}

/**
 * Each latent of the small SAE with its children in the middle SAE and theirs in the large one, beside those of the
 * direct match: the paper's self-consistency of splitting.
 */
export function splittingTrees(
  smallToMiddle: SaeMatch,
  middleToLarge: SaeMatch,
  smallToLarge: SaeMatch,
): SplittingTree[] {
  const first = splitLatents(smallToMiddle);
  const second = splitLatents(middleToLarge);
  return splitLatents(smallToLarge).map((direct, latent) => {
    const children = first[latent].map((middle) => ({ latent: middle, leaves: second[middle] }));
    const leaves = children.flatMap((child) => child.leaves);
    return { latent, children, direct, consistency: jaccard(new Set(leaves), new Set(direct)) };
  });
}

/** Which splitting trees are worth showing. */
export interface TreeChoice {
  /** Default 3. */
  count?: number;
  /** Most leaves of a tree. Default 12. */
  maxLeaves?: number;
}

/**
 * The trees that show splitting best: those that branch at both steps, the ones with the most leaves first, each leaf
 * counting as much as both ways agree; no tree with more than `maxLeaves`. Ties by lower latent.
 */
export function chooseSplittingTrees(
  trees: readonly SplittingTree[],
  { count = 3, maxLeaves = 12 }: TreeChoice = {},
): SplittingTree[] {
  const leavesOf = ({ children }: SplittingTree): number =>
    children.reduce((sum, { leaves }) => sum + leaves.length, 0);
  const worth = (tree: SplittingTree): number => leavesOf(tree) * tree.consistency;
  return trees
    .filter(
      (tree) =>
        tree.children.length > 1 &&
        tree.children.some(({ leaves }) => leaves.length > 1) &&
        leavesOf(tree) <= maxLeaves,
    )
    .sort((a, b) => worth(b) - worth(a) || a.latent - b.latent)
    .slice(0, count);
}

/** A family of one SAE and the most similar family of another. */
export interface FamilyPair {
  /** Parent latents. */
  from: number;
  /** Undefined where no family shares a matched latent. */
  to?: number;
  /** Shared matched latents over all latents of both. */
  overlap: number;
}

/**
 * For each family of the large SAE the family of the small one that shares most of its latents, each latent taken to
 * its nearest in the small SAE where that is closer than `threshold`. A family is its parent and members.
 */
export function matchFamilies(
  small: readonly { parent: number; members: readonly { latent: number }[] }[],
  large: readonly { parent: number; members: readonly { latent: number }[] }[],
  { toSmall, toSmallCosine }: SaeMatch,
  threshold: number,
): FamilyPair[] {
  const targets = small.map((family) => ({ parent: family.parent, latents: latentsOf(family) }));
  return large.map((family) => {
    const own = latentsOf(family);
    const mapped = new Set<number>();
    let lost = 0;
    for (const latent of own) {
      if (toSmallCosine[latent] > threshold) mapped.add(toSmall[latent]);
      else lost++;
    }
    const best: FamilyPair = { from: family.parent, overlap: 0 };
    for (const { parent, latents } of targets) {
      let shared = 0;
      for (const latent of mapped) if (latents.has(latent)) shared++;
      const overlap = shared / (mapped.size + latents.size - shared + lost);
      if (overlap > best.overlap) Object.assign(best, { to: parent, overlap });
    }
    return best;
  });
}

function latentsOf(family: {
  parent: number;
  members: readonly { latent: number }[];
}): Set<number> {
  return new Set([family.parent, ...family.members.map(({ latent }) => latent)]);
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let shared = 0;
  for (const item of a) if (b.has(item)) shared++;
  const all = a.size + b.size - shared;
  return all === 0 ? 1 : shared / all;
}

/** Unit directions, each a sum of randomly weighted random rows: their expected second moment is that of the rows. */
function randomDirections(rows: Matrix, draws: number, seed: number): Matrix {
  const random = createRandom(seed);
  const out = createMatrix(draws, rows.cols);
  for (let i = 0; i < draws; i++) {
    const target = matrixRow(out, i);
    for (let j = 0; j < ROWS_A_DRAW; j++) {
      const row = matrixRow(rows, Math.floor(random() * rows.rows));
      // Box and Muller's normal number; 1 - u is never 0.
      const weight = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      for (let c = 0; c < row.length; c++) target[c] += weight * row[c];
    }
  }
  return normalizeRows(out);
}
