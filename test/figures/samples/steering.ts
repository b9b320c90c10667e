import {
  drawExplanationBars,
  type Figure,
  type FigureOptions,
  drawIterativeOptimisation,
  drawSteeringBeforeAfter,
  drawSteeringContour,
  drawSteeringTradeoff,
} from "../../../src/figures/index.js";
import { type MeasureMeans, measuresFrom } from "../../../src/search/study/index.js";

/** Measures that are all the same. */
export function evenMeasures(mean: number, n = 10): MeasureMeans {
  return measuresFrom(() => ({ mean, interval: [mean - 0.05, mean + 0.05], n }));
}

/** The figures of steering over a tiny input; `word(i)` is the i-th text that comes from outside. */
export function sampleSteering(word: (at: number) => string, options: FigureOptions): Figure[] {
  return [
    drawSteeringTradeoff(
      {
        curves: [
          { method: "additive", cosine: 0.9, measures: evenMeasures(0.2) },
          { method: "additive", cosine: 0.5, measures: evenMeasures(0.6) },
          { method: "reconstruction", cosine: 0.9, measures: evenMeasures(NaN, 0) },
          { method: "reconstruction", cosine: 0.5, measures: evenMeasures(0.4) },
        ],
        rewriting: { cosines: [0.7, 0.8, null], measures: evenMeasures(0.3) },
      },
      options,
    ),
    drawSteeringContour(
      [1, 4].flatMap((up) =>
        [1, 2, 4].map((down) => ({
          method: "additive" as const,
          up,
          down,
          cosines: [1 / (1 + 0.1 * (up + down)), 0.5],
        })),
      ),
      options,
    ),
    drawSteeringBeforeAfter(
      {
        query: word(0),
        edits: [word(4), word(5)],
        before: [0, 1, 2].map((row) => ({ row, title: word(row) })),
        after: [2, 3, 0].map((row) => ({ row, title: word(row) })),
        ranksBefore: new Map([[3, 12]]),
        cosine: 0.75,
      },
      options,
    ),
    drawExplanationBars(
      {
        explanation: {
          score: 0.5,
          latents: [0.3, -0.1, 0.05].map((contribution, latent) => ({
            latent,
            activation: 1,
            contribution,
          })),
          bias: 0.2,
          residual: 0.05,
        },
        labels: [word(0), "", word(2)],
        query: word(3),
        result: word(4),
      },
      { ...options, most: 2 },
    ),
    drawIterativeOptimisation(
      [
        { name: word(0), zeroToActive: [0.2, 0.1, 0.05], activeToZero: [0.1, 0.03, 0.01] },
        { name: word(1), zeroToActive: [0.4, 0.3, 0.2], activeToZero: [0.2, 0, 0.1] },
      ],
      options,
    ),
  ];
}
