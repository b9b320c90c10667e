import { findPair } from "../coactivation/coactivation-pairs.js";
import type { Coactivation } from "../coactivation/coactivation.js";

/** Latents laid out in blocks, one per family: the order in which the paper draws its co-occurrence matrices. */
export interface Layout {
  /** Block of each latent, -1 for latents outside of the matrix [n]. */
  block: Int32Array;
  /** Latents of each block. */
  sizes: Uint32Array;
  /** Whether a block's rows count [blocks]. */
  isCounted: Uint8Array;
}

/** How one matrix gathers in the blocks. */
export interface BlockRatio {
  /** Mean of the entries in blocks over the mean of the entries of the same rows outside of them. */
  ratio: number;
  /** Sum of the entries in blocks over the sum of all entries. */
  fraction: number;
}

/** Block ratios of C / min(f_i, f_j) and of D. */
export interface BlockRatios {
  cooccurrence: BlockRatio;
  activation: BlockRatio;
}

/**
 * Lays `nodes` out by groups of latents: the first group that names a latent has it; latents in no group follow one by
 * one. Those single blocks do not count unless `countAll` says so, nor does the first group where `skipFirst` does.
 */
export function layOut(
  n: number,
  nodes: ArrayLike<number>,
  groups: readonly (readonly number[])[],
  { countAll = false, skipFirst = false }: { countAll?: boolean; skipFirst?: boolean } = {},
): Layout {
  const block = new Int32Array(n).fill(-1);
  const sizes: number[] = [];
  for (const group of groups) {
    let size = 0;
    for (const latent of group) {
      if (block[latent] >= 0) continue;
      block[latent] = sizes.length;
      size++;
    }
    sizes.push(size);
  }
  for (let at = 0; at < nodes.length; at++) {
    if (block[nodes[at]] >= 0) continue;
    block[nodes[at]] = sizes.length;
    sizes.push(1);
  }
  const isCounted = Uint8Array.from(sizes, (_, b) => (countAll || b < groups.length ? 1 : 0));
  if (skipFirst && isCounted.length > 0) isCounted[0] = 0;
  return { block, sizes: Uint32Array.from(sizes), isCounted };
}

/** The layout's blocks, in their order, over the latents 0, 1, 2, … as they come; the rest of the n is off-block. */
export function layOutUnordered({ block, sizes, isCounted }: Layout): Layout {
  const out = new Int32Array(block.length);
  let at = 0;
  sizes.forEach((size, b) => out.fill(b, at, (at += size)));
  out.fill(sizes.length, at);
  if (at === block.length) return { block: out, sizes, isCounted };
  const outside: Layout = {
    block: out,
    sizes: new Uint32Array(sizes.length + 1),
    isCounted: new Uint8Array(sizes.length + 1),
  };
  outside.sizes.set(sizes);
  outside.sizes[sizes.length] = block.length - at;
  outside.isCounted.set(isCounted);
  return outside;
}

/** The layout with latent i in the place of `permutation[i]`'s block [n]. */
export function permuteLayout(layout: Layout, permutation: Uint32Array): Layout {
  return { ...layout, block: Int32Array.from(permutation, (from) => layout.block[from]) };
}

/**
 * Block ratios of several layouts: one pass over all pairs for each set of latents inside, then the blocks alone. Entries
 * that would be 0 / 0 count as 0. With `diagonal` the matrices' diagonals count as entries in blocks, as in the
 * reference.
 */
export function blockRatios(
  coactivation: Coactivation,
  layouts: readonly Layout[],
  { diagonal = false }: { diagonal?: boolean } = {},
): BlockRatios[] {
  let rows: RowSums | undefined;
  return layouts.map((layout) => {
    if (rows === undefined || !rows.inside.every((is, i) => (is === 1) === layout.block[i] >= 0)) {
      rows = sumRows(coactivation, layout);
    }
    const within = sumBlocks(coactivation, layout);
    const cells = countCells(layout, diagonal);
    const ratioOf = (m: 0 | 1): BlockRatio => {
      const sums = { in: within[m], rows: 0, all: 0 };
      const own = m === 0 ? coactivation.counts : coactivation.cosineDiagonal;
      layout.block.forEach((block, i) => {
        if (block < 0) return;
        const row = rows?.sums[m][i] ?? 0;
        const onDiagonal = diagonal && own[i] > 0 ? 1 : 0;
        sums.all += row + onDiagonal;
        sums.rows += layout.isCounted[block] * row;
        sums.in += layout.isCounted[block] * onDiagonal;
      });
      const off = sums.rows - within[m];
      return { ratio: sums.in / cells.in / (off / cells.off), fraction: sums.in / sums.all };
    };
    return { cooccurrence: ratioOf(0), activation: ratioOf(1) };
  });
}

/** Sums of each row of C / min f and of D over the latents inside, without the diagonal. */
interface RowSums {
  inside: Uint8Array;
  sums: [Float64Array, Float64Array];
}

function sumRows(coactivation: Coactivation, { block }: Layout): RowSums {
  const { n, counts, offsets, latents, together, cosine } = coactivation;
  const inside = Uint8Array.from(block, (b) => (b >= 0 ? 1 : 0));
  const ofC = new Float64Array(n);
  const ofD = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    if (inside[i] === 0) continue;
    const count = counts[i];
    for (let at = offsets[i]; at < offsets[i + 1]; at++) {
      const j = latents[at];
      if (inside[j] === 0) continue;
      const share = together[at] / Math.min(count, counts[j]);
      ofC[i] += share;
      ofC[j] += share;
      ofD[i] += cosine[at];
      ofD[j] += cosine[at];
    }
  }
  return { inside, sums: [ofC, ofD] };
}

/** Sums of C / min f and of D over the counted blocks, without the diagonal. */
function sumBlocks(coactivation: Coactivation, layout: Layout): [number, number] {
  const { counts, offsets, latents, together, cosine } = coactivation;
  const { block, isCounted } = layout;
  const members: number[][] = Array.from(layout.sizes, () => []);
  const sums: [number, number] = [0, 0];
  const add = (i: number, at: number): void => {
    sums[0] += (2 * together[at]) / Math.min(counts[i], counts[latents[at]]);
    sums[1] += 2 * cosine[at];
  };
  for (let i = 0; i < block.length; i++) {
    if (block[i] < 0 || isCounted[block[i]] === 0) continue;
    const earlier = members[block[i]];
    // Looking a pair up takes about 10 steps; for a block that is large compared with the row, walking the row is faster.
    if (earlier.length * 10 < offsets[i + 1] - offsets[i]) {
      for (const j of earlier) {
        const at = findPair(coactivation, i, j);
        if (at >= 0) add(i, at);
      }
    } else {
      for (let at = offsets[i]; at < offsets[i + 1]; at++) {
        if (block[latents[at]] === block[i]) add(i, at);
      }
    }
    earlier.push(i);
  }
  return sums;
}

/** Entries of counted blocks, and of their rows outside of them. */
function countCells({ sizes, isCounted }: Layout, diagonal: boolean): { in: number; off: number } {
  let all = 0;
  for (const size of sizes) all += size;
  const cells = { in: 0, off: 0 };
  sizes.forEach((size, b) => {
    cells.in += isCounted[b] * size * (diagonal ? size : size - 1);
    cells.off += isCounted[b] * size * (all - size);
  });
  return cells;
}
