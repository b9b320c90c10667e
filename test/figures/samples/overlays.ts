import {
  drawFamilySizes,
  drawSubtreesPerPass,
  type Line,
  type Figure,
  type FigureOptions,
  drawScoresByK,
  drawDensityHistogram,
  drawIterativeOptimisation,
  drawReadBackError,
  drawSteeringTradeoff,
  drawErrorByKept,
  drawScalingLaw,
} from "../../../src/figures/index.js";
import { evenMeasures } from "./steering.js";

/** Figures with the numbers of others on them, over tiny inputs; see sampleFigures. */
export function sampleOverlays(word: (at: number) => string, options: FigureOptions): Figure[] {
  const theirs = (name: string, more: Partial<Line> = {}): Line => ({
    ...{ name, x: [1, 2, 4], y: [0.5, 0.4, 0.3] },
    ...{ isReference: true, label: "end", draw: "both", pointSize: 1.5, ...more },
  });
  const named = (name: string): FigureOptions => ({ ...options, name });
  const runs = [256, 512].map((n) => ({ k: 8, n, normalized_mse: 100 / n, flops: n * 1e6 }));
  return [
    drawScalingLaw(runs, {
      ...named("scaling-law-overlay"),
      ...{ references: [theirs(word(0))], embeddingWidth: 128 },
    }),
    drawErrorByKept(
      { k: 8, kept: [4, 8, 16], errors: [0.4, 0.2, 0.3] },
      { ...named("error-by-kept-overlay"), references: [theirs(word(1))] },
    ),
    drawErrorByKept({ k: 8, kept: [4, 8, 16], errors: [0.4, 0.2, 0.3] }, options),
    drawReadBackError({ counts: [1, 2, 4], errors: [0.01, 0.02, 0.05] }, options),
    drawDensityHistogram([{ name: word(2), densities: [0.1, 0.01] }], {
      ...named("density-histogram-overlay"),
      references: [{ name: word(3), value: -1.5 }],
    }),
    drawScoresByK([{ k: 8, scores: [0.9, 0.5, NaN] }], {
      ...options,
      references: [theirs(word(4), { x: [16, 32, 64] })],
    }),
    drawFamilySizes([3, 4, 4, 30], { ...options, references: [theirs(word(5))] }),
    drawSubtreesPerPass(
      [
        { name: word(0), counts: [4, 2] },
        { name: word(1), counts: [9, 8, 7], isReference: true },
      ],
      named("subtrees-per-pass-overlay"),
    ),
    drawIterativeOptimisation(
      [{ name: word(0), zeroToActive: [0.2, 0.1], activeToZero: [0.1, 0.05] }],
      {
        ...named("iterative-optimisation-overlay"),
        references: [{ name: word(1), zeroToActive: [0.3, 0.2], activeToZero: [0.2, 0.1] }],
      },
    ),
    drawSteeringTradeoff(
      { curves: [{ method: "additive", cosine: 0.9, measures: evenMeasures(0.2) }] },
      {
        ...named("steering-tradeoff-overlay"),
        references: {
          up: [theirs(word(2), { label: "legend", x: [0.2, 0.5, 0.9] })],
          down: [theirs(word(2), { label: "none", x: [0.2, 0.5, 0.9] })],
        },
      },
    ),
  ];
}
