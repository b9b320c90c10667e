import {
  drawCosineScatter,
  drawDensityMap,
  lines,
  type Figure,
  type FigureOptions,
  drawSaeHistograms,
  table,
} from "../../../src/figures/index.js";

/** Lines with points, named at their ends. */
const ENDED = { label: "end", draw: "both", pointSize: 1.5 } as const;
const SQUARES = { symbol: "square" };

/** The figures of one SAE's directions and of several SAEs, over tiny inputs; see sampleFigures. */
export function sampleSaeFigures(word: (at: number) => string, options: FigureOptions): Figure[] {
  return [
    drawCosineScatter(
      { nearest: [0.1, 0.2, 0.4], encoderDecoder: [0.5, 0.7, 0.6] },
      { ...options, reference: { name: word(0), slope: -0.5, through: [0.2, 0.6] } },
    ),
    drawDensityMap(
      {
        x: [0, 1, 2],
        y: [0, 1, 0],
        labels: [0, 1, 2].map(word),
        densities: [0.1, 0.01, 0],
      },
      options,
    ),
    lines({
      ...{ defaultName: "lines", defaultTitle: "Error lines", ...options },
      plots: [
        {
          lines: [
            { ...ENDED, name: word(0), x: [1, 2, 4], y: [0.5, 0.3, 0.2] },
            { ...ENDED, ...SQUARES, name: word(1), x: [1, 4], y: [0.4, 0.21], isReference: true },
          ],
          x: { title: "k", log: true },
          y: { title: "error" },
          marks: [{ x: 2, label: word(2) }],
        },
      ],
    }),
    drawSaeHistograms(
      {
        panels: [
          { title: word(0), series: [{ name: word(1), values: [0.1, 0.2, 0.2], reference: 0.3 }] },
          {
            title: word(2),
            series: [
              { name: word(3), values: [0.3] },
              { name: word(4), values: [0.4, NaN] },
            ],
          },
        ],
        xTitle: "cosine",
        binWidth: 0.1,
        mark: "median",
        scale: "density",
        referenceName: word(5),
      },
      { defaultTitle: "Histogram panels", ...options },
    ),
    table({
      ...{ defaultName: "metrics-table", defaultTitle: "Metrics of the SAEs", ...options },
      columns: [word(0), "error"],
      rows: [{ cells: [word(1), "0.5"] }, { cells: [word(2), "0.4"], isReference: true }],
    }),
  ];
}
