import type { Figure, FigureOptions } from "../../src/figures/figure.js";
import { drawRadarCharts } from "../../src/figures/radar-charts.js";
import { drawScoreHistogram } from "../../src/figures/score-histogram.js";

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
  ];
}
