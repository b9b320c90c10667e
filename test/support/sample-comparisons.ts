import type { Figure, FigureOptions } from "../../src/figures/figure.js";
import { drawMatchHistogram } from "../../src/figures/match-histogram.js";
import { drawRadarCharts } from "../../src/figures/radar-charts.js";
import { drawScoreHistogram } from "../../src/figures/score-histogram.js";
import { drawSplittingTree } from "../../src/figures/splitting-tree.js";

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
      { ...options, binWidth: 0.25 },
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
  ];
}
