/** Exponential and logarithm whose bits are the same on every engine. */
interface Exact {
  exp: (x: number) => number;
  log: (x: number) => number;
}

const SAMPLES = 300;
const ROUNDS = 100;

/**
 * The a and b with which 1 / (1 + a x^2b) comes nearest, by least squares, to the curve that is 1 up to minDist and falls
 * by e with every `spread` beyond: Levenberg and Marquardt's method from 1 and 1.
 */
export function fitCurve(
  minDist: number,
  spread: number,
  { exp, log }: Exact,
): { a: number; b: number } {
  const points = Array.from({ length: SAMPLES - 1 }, (_, i) => {
    const x = (3 * spread * (i + 1)) / (SAMPLES - 1);
    return { log: log(x), wanted: x < minDist ? 1 : exp((minDist - x) / spread) };
  });
  const errorOf = (a: number, b: number): number =>
    points.reduce((sum, { log: l, wanted }) => {
      const missed = wanted - 1 / (1 + a * exp(2 * b * l));
      return sum + missed * missed;
    }, 0);
  let [a, b, damping] = [1, 1, 1e-2];
  let error = errorOf(a, b);
  for (let round = 0; round < ROUNDS; round++) {
    let [aa, ab, bb, ga, gb] = [0, 0, 0, 0, 0];
    for (const { log: l, wanted } of points) {
      const raised = exp(2 * b * l);
      const value = 1 / (1 + a * raised);
      const byA = -value * value * raised;
      const byB = 2 * a * l * byA;
      aa += byA * byA;
      ab += byA * byB;
      bb += byB * byB;
      ga += byA * (wanted - value);
      gb += byB * (wanted - value);
    }
    const [da, db] = [aa * (1 + damping), bb * (1 + damping)];
    const determinant = da * db - ab * ab;
    const nextA = a + (db * ga - ab * gb) / determinant;
    const nextB = b + (da * gb - ab * ga) / determinant;
    const nextError = nextA > 0 && nextB > 0 ? errorOf(nextA, nextB) : Infinity;
    if (nextError < error) {
      [a, b, error] = [nextA, nextB, nextError];
      damping /= 10;
    } else damping *= 10;
    if (damping > 1e12) break;
  }
  return { a, b };
}
