/** Gives uniform numbers in [0, 1), like Math.random. */
export type Random = () => number;

/**
 * A seeded generator (sfc32, seeded through splitmix32): the same seed gives the same numbers on every machine.
 * `seed` is taken modulo 2^32. Throws RangeError for a seed that is not a finite number.
 */
export function createRandom(seed: number): Random {
  if (!Number.isFinite(seed))
    throw new RangeError(`createRandom: seed must be finite, got ${seed}`);
  let state = Math.floor(seed) >>> 0;
  const next32 = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let x = state ^ (state >>> 16);
    x = Math.imul(x, 0x21f0aaad);
    x ^= x >>> 15;
    x = Math.imul(x, 0x735a2d97);
    return (x ^ (x >>> 15)) | 0;
  };
  let a = next32();
  let b = next32();
  let c = next32();
  let counter = 1;
  return () => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
}

/** A normal number of mean 0 and deviation 1, by Box and Muller's formula. */
export function drawNormal(random: Random): number {
  // 1 - u is never 0.
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Shuffles `items` in place (Fisher-Yates). */
export function shuffleInPlace<T extends { length: number; [index: number]: unknown }>(
  items: T,
  random: Random,
): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const kept = items[i];
    items[i] = items[j];
    items[j] = kept;
  }
}

/**
 * `count` distinct whole numbers from 0 to size - 1, in random order.
 * Throws RangeError if `count` is over `size`.
 */
export function sampleIndices(size: number, count: number, random: Random): Uint32Array {
  if (count > size) throw new RangeError(`sampleIndices: cannot draw ${count} of ${size}`);
  const pool = Uint32Array.from({ length: size }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (size - i));
    const kept = pool[i];
    pool[i] = pool[j];
    pool[j] = kept;
  }
  return pool.slice(0, count);
}
