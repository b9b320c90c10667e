import {
  drawCooccurrenceGrid,
  drawDensityHistogram,
  drawEncoderDecoderCosine,
  drawFamilyHeatmap,
  drawFamilyStability,
  drawFamilyTree,
  type Figure,
  type FigureOptions,
  shareOfRarer,
  drawLatentMap,
  drawLossCurve,
  drawComputeFrontier,
  drawScalingLaw,
  drawTaxonomyAgreement,
} from "../../../src/figures/index.js";
import { createMatrix } from "../../../src/core/index.js";
import { sampleSaeFigures } from "./saes.js";
import { sampleSteering } from "./steering.js";
import { sampleOverlays } from "./overlays.js";
import { sampleComparisons } from "./comparisons.js";

const SCALING_RUNS = [
  { k: 8, n: 512, normalized_mse: 0.5, flops: 1e8, curve: [[5e7, 0.8] as const] },
  { k: 8, n: 1024, normalized_mse: 0.4, flops: 2e8 },
  { k: 8, n: 2048, normalized_mse: 0.33, flops: 4e8 },
  { k: 16, n: 1024, normalized_mse: 0.3, flops: 2.1e8 },
];

/** Every figure over a tiny input; `word(i)` is the i-th text that comes from outside. */
export function sampleFigures(word: (at: number) => string, options: FigureOptions): Figure[] {
  const counts = createMatrix(
    4,
    4,
    Float32Array.of(8, 4, 1, 0, 4, 6, 2, 0, 1, 2, 4, 2, 0, 0, 2, 2),
  );
  const shares = shareOfRarer(counts);
  const labels = [0, 1, 2, 3].map(word);
  return [
    drawDensityHistogram([{ name: word(0), densities: [0.1, 0.1, 0.01, 0, 1] }], options),
    drawEncoderDecoderCosine([{ name: word(0), cosines: [0.5, 0.52, 0.7] }], options),
    drawLatentMap(
      {
        x: [0, 1, 2, 10, NaN],
        y: [0, 1, 0, 5, 1],
        labels: [...labels, "without a place"],
        densities: [0.1, 0.01, 0.001, 0, 0.1],
        families: [
          { name: word(4), members: [0, 1, 2] },
          { name: word(5), members: [2, 4] },
        ],
      },
      options,
    ),
    drawCooccurrenceGrid(
      {
        shares,
        blocks: [
          { name: word(4), size: 2 },
          { name: word(5), size: 2 },
        ],
        labels,
      },
      options,
    ),
    drawFamilyHeatmap({ name: word(4), shares, labels }, options),
    drawFamilyTree(
      [
        { label: labels[0], parent: -1, density: 0.1 },
        { label: labels[1], parent: 0, weight: 0.5, density: 0.01 },
        { label: labels[2], parent: 1, weight: 0.25 },
        { label: labels[3], parent: 0 },
      ],
      options,
    ),
    drawFamilyStability(
      [
        {
          name: word(4),
          members: 4,
          stability: 0.9,
          random: 0.1,
          interval: [0.7, 1],
          seeds: { stability: 0.6, random: 0.2 },
        },
        { name: word(5), members: 20, stability: 0.3, random: 0.05, seeds: null },
      ],
      options,
    ),
    drawTaxonomyAgreement(
      {
        edges: [
          {
            threshold: 0.1,
            edges: 100,
            share: 0.5,
            interval: [0.4, 0.6],
            shuffledNull: { mean: 0.1, sd: 0.02 },
            randomNull: { mean: 0.03, sd: 0.01 },
          },
          {
            threshold: 0.2,
            edges: 0,
            share: NaN,
            interval: [NaN, NaN],
            shuffledNull: { mean: NaN, sd: NaN },
          },
        ],
        f1: [0.1, 0.25, 0.25, 0.9],
        nullF1: [0.1, 0.1, 0.05, 0.1],
      },
      { ...options, binWidth: 0.1, edgeAxis: word(5) },
    ),
    drawLossCurve(
      [
        { step: 1, reconstruction: 1, dead: 0 },
        { step: 2, reconstruction: 0.5, dead: 3 },
        { step: 3, reconstruction: 0.25, dead: 2, validation: 0.3 },
        { step: 4, reconstruction: 0.2, dead: 0 },
      ],
      { ...options, maxPoints: 2 },
    ),
    drawScalingLaw(SCALING_RUNS, options),
    drawComputeFrontier(SCALING_RUNS, options),
    ...sampleSaeFigures(word, options),
    ...sampleSteering(word, options),
    ...sampleComparisons(word, options),
    ...sampleOverlays(word, options),
  ];
}
