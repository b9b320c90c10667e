import {
  drawFamilyComponents,
  drawFamilyDocuments,
  drawFamilyGraph,
  type Figure,
  type FigureOptions,
  drawFiringRatio,
  drawKeptLatents,
  drawMatchHistogram,
  drawOverlapViolins,
  drawRadarCharts,
  drawDimensionMagnitudes,
  drawMagnitudeDecay,
  drawScoreHistogram,
  drawSplittingTree,
  drawSubtreesPerPass,
} from "../../../src/figures/index.js";
import { createMatrix } from "../../../src/core/index.js";

/** The figures on labels, families and several SAEs, over tiny inputs; see sampleFigures. */
export function sampleComparisons(word: (at: number) => string, options: FigureOptions): Figure[] {
  return [
    drawScoreHistogram(
      [
        {
          name: word(0),
          series: [
            { name: word(1), scores: [1, 0.95, -0.2, NaN] },
            { name: word(2), scores: [0.95, 0.5] },
          ],
        },
        { name: word(3), series: [{ name: word(1), scores: [0.1] }] },
      ],
      { ...options, score: word(5), binWidth: 0.25 },
    ),
    drawRadarCharts(
      {
        measures: ["F1", word(5)],
        families: [
          {
            name: word(4),
            score: 0.8,
            members: [0, 1, 2, 3].map((i) => ({ label: word(i), scores: [i / 4, -0.5] })),
          },
        ],
      },
      { ...options, maxMembers: 3 },
    ),
    drawMatchHistogram(
      [
        {
          name: word(0),
          cosines: [0.9, 0.5, 0.3, 0.2],
          null: { cosines: [0.1, 0.2, 0.25, 0.3], threshold: 0.3 },
        },
        { name: word(5), cosines: [0.9], null: { cosines: [0.1], threshold: 0.1 } },
      ],
      { ...options, binWidth: 0.1 },
    ),
    drawSplittingTree(
      {
        saes: [word(0), "n 512", word(5)],
        roots: [
          {
            label: word(1),
            consistency: 0.5,
            children: [
              {
                label: word(2),
                cosine: 0.75,
                children: [{ label: word(3) }, { label: word(4), direct: false, cosine: 0.5 }],
              },
              { label: word(0) },
            ],
          },
          { label: word(5) },
        ],
      },
      options,
    ),
    ...sampleFamilyFigures(word, options),
  ];
}

function sampleFamilyFigures(word: (at: number) => string, options: FigureOptions): Figure[] {
  const labels = [0, 1, 2].map(word);
  const family = { name: word(4), labels };
  const overlap = createMatrix(3, 3, Float32Array.of(1, 0.25, 0, 0.25, 1, 0.1, 0, 0.1, 1));
  const ranks = createMatrix(3, 2, Float32Array.of(1, 20, 0, 3, 2, 0));
  return [
    drawFamilyGraph(
      {
        name: word(4),
        nodes: labels.map((label, i) => ({ label, density: 0.1 / (i + 1) })),
        edges: [
          { from: 0, to: 1, weight: 0.5, tree: true },
          { from: 0, to: 2, weight: 0.25, tree: true },
          { from: 1, to: 2, weight: 0.125 },
        ],
      },
      options,
    ),
    drawFiringRatio([{ name: word(0), values: [0.9, 1.1, 3.5, Infinity] }], options),
    drawKeptLatents(
      { values: [0.1, 0.1, 0.01, 0], kept: [true, false, true, true] },
      { ...options, axis: word(5), keptName: word(1) },
    ),
    drawSubtreesPerPass([{ name: word(0), counts: [4, 2, 1] }], options),
    drawOverlapViolins(
      { overlaps: [0, 0.1, 0.1, 0.2, 0.3, 0.9], scores: [0.2, 0.4, 0.3, 0.5, 0.6, 1] },
      { ...options, score: word(5), groups: 2 },
    ),
    drawFamilyDocuments({ ...family, kind: "overlap", values: overlap }, options),
    drawFamilyDocuments({ ...family, kind: "ranks", values: ranks }, options),
    drawFamilyDocuments(
      { ...family, kind: "activations", values: ranks, titles: [word(3), word(5)] },
      options,
    ),
    drawFamilyComponents(
      {
        name: word(4),
        explained: [0.5, 0.25],
        randomExplained: [0.3, 0.3],
        x: [0, 1, 2],
        y: [1, 0, 1],
        group: [0, 1, -1],
        groups: [word(0), word(5)],
      },
      options,
    ),
    drawMagnitudeDecay(
      [{ name: word(0), values: [0.5, 0.25, 0.125], smooth: [0.375, 0.25, 0.2], mark: 2 }],
      options,
    ),
    drawDimensionMagnitudes([{ name: word(5), values: [0.1, 0.3, 0.2] }], options),
  ];
}
