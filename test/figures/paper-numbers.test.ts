import test from "ava";
import {
  PAPER_COMPUTE,
  PAPER_COMPUTE_SIZES,
  PAPER_COSINES,
  PAPER_DENSITIES,
  PAPER_FINAL_ERRORS,
  PAPER_GRID_SIZES,
  PAPER_ITERATIVE,
  PAPER_METRICS,
  PAPER_STEPS,
} from "../../src/figures/paper/index.js";
import { evaluatePowerLaw, fitPowerLaw, trainingFlops } from "../../src/sae/train/index.js";

test("the paper's final errors lie on the lines drawn through them", (t) => {
  for (const { k, domain, errors, fit } of PAPER_FINAL_ERRORS) {
    const own = fitPowerLaw(PAPER_GRID_SIZES, errors);
    // Four decimals of five errors: the fit's exponent is known to about 0.002.
    t.true(Math.abs(own.b - fit.b) < 0.002, `${k} ${domain}: ${own.b} against ${fit.b}`);
    t.true(Math.abs(own.a / fit.a - 1) < 0.02, `${k} ${domain}: ${own.a} against ${fit.a}`);
  }
});

test("the paper's compute frontier passes by the ends of its runs", (t) => {
  for (const { k, errors, frontier } of PAPER_COMPUTE) {
    for (const [i, n] of PAPER_COMPUTE_SIZES.entries()) {
      const flops = trainingFlops({ d: 1536, n, k, steps: PAPER_STEPS });
      const line = evaluatePowerLaw({ ...frontier, r2: 1, points: 4, range: [1, 2] }, flops);
      t.true(Math.abs(line / errors[i] - 1) < 0.06, `${k}, ${n}: ${line} against ${errors[i]}`);
    }
  }
});

test("the card's errors are the ends of the compute figure's runs", (t) => {
  for (const { k, n, domain, normalizedMse, meanLogDensity } of PAPER_METRICS) {
    if (domain !== "astro-ph") continue;
    const run = PAPER_COMPUTE.find((candidate) => candidate.k === k);
    t.is(run?.errors[PAPER_COMPUTE_SIZES.indexOf(n)], normalizedMse);
    if (k === 64) t.is(PAPER_DENSITIES[64].mean, Math.round(meanLogDensity * 1000) / 1000);
  }
});

test("each of the paper's series is whole", (t) => {
  for (const { errors } of PAPER_FINAL_ERRORS) t.is(errors.length, PAPER_GRID_SIZES.length);
  for (const series of Object.values(PAPER_ITERATIVE)) {
    t.is(series.zeroToActive.length, 10);
    t.is(series.activeToZero.length, 10);
  }
  const sizes = [16, 32, 64].flatMap((k) => [3072, 6144, 9216].map((n) => `${k} ${n}`));
  for (const [k, n, k2, n2] of PAPER_COSINES) {
    t.true(sizes.includes(`${k} ${n}`) && sizes.includes(`${k2} ${n2}`));
    t.true(k <= k2 && n <= n2 && (k < k2 || n < n2));
  }
  t.is(new Set(PAPER_COSINES.map((one) => one.slice(0, 4).join())).size, 9 + 9 + 3);
});
