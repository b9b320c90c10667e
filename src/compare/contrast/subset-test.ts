/** Below so many standard deviations the exact tail decides nothing, and the normal one is taken. */
const NEGLIGIBLE = 1.5;
const MOST_STEPS = 60;

/**
 * Two-sided p-value of a subset of documents: how often a random subset of the same size has a sum of groups (0, 1, 2, …) as far
 * to one side, doubled. `subset` and `all` count the documents of each group [groups]. For two groups this is Fisher's exact
 * test; for more, Cochran's and Armitage's for a trend, by a saddlepoint that holds far in the tails and with many ties. 1
 * where nothing can differ.
 */
export function subsetPValue(subset: ArrayLike<number>, all: ArrayLike<number>): number {
  let [size, total, sum, mean, square] = [0, 0, 0, 0, 0];
  for (let g = 0; g < all.length; g++) {
    size += subset[g];
    total += all[g];
    sum += subset[g] * g;
    mean += all[g] * g;
  }
  if (size === 0 || size === total) return 1;
  mean /= total;
  for (let g = 0; g < all.length; g++) square += all[g] * (g - mean) ** 2;
  const deviation = Math.sqrt((size * (total - size) * square) / (total * (total - 1)));
  if (!(deviation > 0)) return 1;
  const z = (sum - size * mean) / deviation;
  if (Math.abs(z) < NEGLIGIBLE) return 2 * normalTail(Math.abs(z));
  const tail =
    all.length === 2
      ? hypergeometricTail(subset[1], size, all[1], total)
      : saddlepointTail({ subset, all, size, total, isUpper: z > 0 });
  return Math.min(1, 2 * tail);
}

/** Chance of a standard normal above `z`; relative error below 1.2e-7. */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  // Chebyshev's fit of erfc: https://numerical.recipes, section 6.2.
  const t = 1 / (1 + 0.5 * x);
  let value = 0.17087277;
  for (const c of ERFC) value = c + t * value;
  const tail = 0.5 * t * Math.exp(-x * x + value);
  return z >= 0 ? tail : 1 - tail;
}

const ERFC = [
  -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
  -1.26551223,
];

/** Chance of `hits` or what is farther from the mean, where `size` of `total` are drawn and `marked` are marked. */
function hypergeometricTail(hits: number, size: number, marked: number, total: number): number {
  const isUpper = hits * total > size * marked;
  // The lower tail is the upper one of what is not marked.
  if (!isUpper) return hypergeometricTail(size - hits, size, total - marked, total);
  const first = Math.exp(
    logChoose(marked, hits) + logChoose(total - marked, size - hits) - logChoose(total, size),
  );
  let [sum, term] = [0, first];
  for (let i = hits; term > sum * 1e-17; i++) {
    sum += term;
    term *= ((marked - i) * (size - i)) / ((i + 1) * (total - marked - size + i + 1));
  }
  return sum;
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Stirling's series, from 10 on exact to 1e-12. */
function logFactorial(n: number): number {
  if (n < 10) {
    let product = 1;
    for (let i = 2; i <= n; i++) product *= i;
    return Math.log(product);
  }
  const series = 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5);
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + series;
}

interface Drawn {
  subset: ArrayLike<number>;
  all: ArrayLike<number>;
  size: number;
  total: number;
  isUpper: boolean;
}

/**
 * The double saddlepoint for a sum given the subset's size, with the correction for sums on a lattice: Skovgaard (1987),
 * https://doi.org/10.2307/3214212, in Barndorff-Nielsen's form.
 */
function saddlepointTail({ subset, all, size, total, isUpper }: Drawn): number {
  const groups = all.length;
  const step = 1 / (groups - 1);
  // Scores from 0 to 1, rising towards the tail.
  const s = Float64Array.from(all, (_, g) => step * (isUpper ? g : groups - 1 - g));
  let target = -step / 2;
  for (let g = 0; g < groups; g++) target += subset[g] * s[g];
  const base = Math.log(size / (total - size));
  const cumulant = (u: number, t: number): number => {
    let sum = 0;
    for (let g = 0; g < groups; g++) sum += all[g] * softplus(u + t * s[g]);
    return sum - u * size - t * target;
  };
  let [u, t, value] = [base, 0, cumulant(base, 0)];
  const free = value;
  let information = 0;
  let determinant = 0;
  for (let round = 0; round < MOST_STEPS; round++) {
    let [du, dt, uu, ut, tt] = [-size, -target, 0, 0, 0];
    for (let g = 0; g < groups; g++) {
      const share = 1 / (1 + Math.exp(-u - t * s[g]));
      const spread = all[g] * share * (1 - share);
      du += all[g] * share;
      dt += all[g] * share * s[g];
      uu += spread;
      ut += spread * s[g];
      tt += spread * s[g] * s[g];
    }
    if (round === 0) information = uu;
    determinant = uu * tt - ut * ut;
    if (!(determinant > 0)) break;
    const [stepU, stepT] = [(ut * dt - tt * du) / determinant, (ut * du - uu * dt) / determinant];
    const gain = -(du * stepU + dt * stepT);
    if (!(gain > 1e-10)) break;
    let scale = 1;
    let next = cumulant(u + stepU, t + stepT);
    while (!(next < value - 1e-4 * scale * gain) && scale > 1e-6) {
      scale /= 2;
      next = cumulant(u + scale * stepU, t + scale * stepT);
    }
    u += scale * stepU;
    t += scale * stepT;
    value = next;
  }
  const w = Math.sqrt(Math.max(0, 2 * (free - value)));
  const v =
    (2 / step) * Math.sinh((step * t) / 2) * Math.sqrt(Math.max(0, determinant) / information);
  // At the mean the form is 0/0; there the normal tail is the limit.
  if (!(t > 0 && w > 1e-3 && v > 0)) return normalTail(w);
  return normalTail(w + Math.log(v / w) / w);
}

function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}
