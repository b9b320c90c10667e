import { FIGURES } from "../../../src/atlas/figures/index.js";
import { createMatrix } from "../../../src/core/index.js";
import { type Figure, type FigureOptions, lines } from "../../../src/figures/index.js";
import { drawFigure } from "../../support/draw-figure.js";
import { evenMeasures } from "./steering.js";

type Word = (at: number) => string;

/** Every figure's data, tiny; `word(i)` is the i-th text that comes from outside. */
function latentData(word: Word): Record<string, unknown> {
  const places = { x: [0, 1, 2, NaN], y: [0, 1, 0, 1], labels: [0, 1, 2, 3].map(word) };
  const examples = [[word(2), word(3)], [word(1)], [], [word(5)]];
  const name = word(0);
  return {
    "latent-map": {
      ...{ ...places, weights: [0.1, 0.01, 0.001, 0.1], examples },
      groups: [
        { name: word(4), members: [0, 1] },
        { name: word(5), members: [1, 3] },
      ],
    },
    "latent-map-density": { ...places, weights: [0.1, 0.01, 0.001, 0] },
    "document-map": {
      ...{ ...places, weights: [0.01, 0.01, 0.01, 0.01], by: word(4) },
      groups: [{ name: word(5), members: [0, 1] }],
    },
    contrast: {
      ...{ question: word(4), kind: "classes", names: [word(0), word(1)], trends: [] },
      findings: [
        {
          ...{ of: "family", id: 0, side: 0, name: word(2), group: word(0), p: 0.001, active: 40 },
          effect: { value: 0.2, interval: [0.1, 0.3] },
        },
        {
          ...{ of: "latent", id: 1, side: 0, name: word(3), group: word(0), p: 0.002, active: 9 },
          effect: { value: -0.1, interval: [-0.2, 0.01] },
          within: { family: 0, effect: { value: -0.2, interval: [-0.3, -0.1] }, name: word(2) },
        },
      ],
    },
    "density-histogram": { name, densities: [0.1, 0.1, 0.01, 0, 1] },
    "encoder-decoder-cosine": { name, values: [0.5, 0.52, 0.7] },
    "encoder-decoder-scatter": { nearest: [0.1, 0.2, 0.4], encoderDecoder: [0.5, 0.7, 0.6] },
    "kept-latents": { densities: [0.1, 0.1, 0.01, 0], kept: new Set([0, 2, 3]) },
    "magnitude-decay": { name, values: [0.5, 0.25, 0.125], smooth: [0.375, 0.25, 0.2], k: 2 },
    "dimension-magnitudes": { name: word(5), values: [0.1, 0.3, 0.2] },
  };
}

function familyData(word: Word): Record<string, unknown> {
  const labels = [0, 1, 2, 3].map(word);
  const rows = labels.slice(0, 3);
  const name = word(4);
  const family = {
    parent: 0,
    pass: 0,
    members: [
      { id: 1, parent: 0, weight: 0.5 },
      { id: 2, parent: 1, weight: 0.25 },
      { id: 3, parent: 0, weight: 0.125 },
    ],
  };
  const shown = { name, labels, latents: [0, 1, 2, 3], family, densities: [0.1, 0.01, 0.2, 0.001] };
  const counts = createMatrix(
    4,
    4,
    Float32Array.of(8, 4, 1, 0, 4, 6, 2, 0, 1, 2, 4, 2, 0, 0, 2, 2),
  );
  const overlap = createMatrix(3, 3, Float32Array.of(1, 0.25, 0, 0.25, 1, 0.1, 0, 0.1, 1));
  const ranks = createMatrix(3, 2, Float32Array.of(1, 20, 0, 3, 2, 0));
  const documents = { name, rows, columns: [word(3), word(5)], values: ranks };
  return {
    "cooccurrence-grid": {
      ...{ counts, rows: labels },
      blocks: [
        { name: word(4), size: 2 },
        { name: word(5), size: 2 },
      ],
    },
    "family-tree": shown,
    "family-graph": {
      ...shown,
      edges: [
        { from: 0, to: 1, weight: 0.5, tree: true },
        { from: 0, to: 2, weight: 0.25, tree: true },
        { from: 1, to: 2, weight: 0.125 },
      ],
    },
    "family-heatmap": { name, rows: labels, counts },
    "family-overlap": { name, rows, columns: rows, values: overlap },
    "family-ranks": documents,
    "family-activations": documents,
    "family-components": {
      ...{ name, labels: [word(0), word(5)], strongest: [0, 1, 0], random: [0.3, 0.3] },
      own: {
        explained: [0.5, 0.25],
        scores: createMatrix(3, 2, Float32Array.of(0, 1, 1, 0, 2, 1)),
      },
    },
    "radar-charts": [
      {
        ...{ name, score: 0.8 },
        members: [0, 1, 2, 3].map((i) => ({ label: word(i), scores: [i / 4] })),
      },
    ],
    "family-stability": [
      {
        ...{ name, size: 4, stability: 0.9, random: 0.1, interval: [0.7, 1] },
        seeds: { stability: 0.6, random: 0.2 },
      },
      { name: word(5), size: 20, stability: 0.3, random: 0.05, seeds: null },
    ],
    "taxonomy-agreement": {
      edges: [
        {
          ...{ threshold: 0.1, edges: 100, share: 0.5, interval: [0.4, 0.6] },
          shuffledNull: { mean: 0.1, sd: 0.02 },
          randomNull: { mean: 0.03, sd: 0.01 },
        },
        {
          ...{ threshold: 0.2, edges: 0, share: NaN, interval: [NaN, NaN] },
          shuffledNull: { mean: NaN, sd: NaN },
          randomNull: { mean: NaN, sd: NaN },
        },
      ],
      f1: [0.1, 0.25, 0.25, 0.9],
      nullF1: [0.1, 0.1, 0.05, 0.1],
    },
    "family-sizes": [3, 4, 4, 30],
    "firing-ratio": [{ name: word(0), values: [0.9, 1.1, 3.5, Infinity] }],
    "subtrees-per-pass": [{ name: word(0), values: [4, 2, 1] }],
  };
}

function labelData(word: Word): Record<string, unknown> {
  const overlaps = [0, 0.1, 0.1, 0.15, 0.19, 0.9];
  return {
    "label-scores": {
      panels: [
        {
          title: word(0),
          series: [
            { name: word(1), values: [1, 0.95, -0.2, NaN] },
            { name: word(2), values: [0.95, 0.5] },
          ],
        },
        { title: word(3), series: [{ name: word(1), values: [0.1] }] },
      ],
      ...{ score: word(5), range: [-1, 1], binWidth: 0.25 },
    },
    "label-scores-by-k": [{ k: 8, scores: [0.9, 0.5] }],
    "overlap-violins": {
      points: overlaps.map((overlap, at) => ({ overlap, value: 0.2 + at / 8 })),
      score: word(5),
    },
  };
}

function searchData(word: Word): Record<string, unknown> {
  const results = (rows: number[]): object[] => rows.map((row) => ({ row, title: word(row) }));
  return {
    "steering-before-after": {
      ...{ query: word(0), edits: [word(4), word(5)], cosine: 0.75 },
      ...{ before: results([0, 1, 2]), after: results([2, 3, 0]) },
      ranksBefore: new Map([[3, 12]]),
    },
    "explanation-bars": {
      latents: [0.3, -0.1, 0.05].map((contribution, latent) => ({ latent, contribution })),
      labels: [word(0), "", word(2)],
      ...{ score: 0.5, mean: 0.21, others: -0.01, bias: 0, residual: 0.05 },
      ...{ query: word(3), result: word(4) },
    },
    "steering-tradeoff": {
      curves: [
        { method: "additive", cosine: 0.9, measures: evenMeasures(0.2) },
        { method: "additive", cosine: 0.5, measures: evenMeasures(0.6) },
        { method: "reconstruction", cosine: 0.9, measures: evenMeasures(NaN, 0) },
        { method: "reconstruction", cosine: 0.5, measures: evenMeasures(0.4) },
      ],
      rewriting: { cosines: [0.7, 0.8, null], measures: evenMeasures(0.3) },
    },
    "steering-contour": [1, 4].flatMap((up) =>
      [1, 2, 4].map((down) => ({
        ...{ method: "additive", up, down },
        cosines: [1 / (1 + 0.1 * (up + down)), 0.5],
      })),
    ),
    "iterative-optimisation": [
      { name: word(0), zeroToActive: [0.2, 0.1, 0.05], activeToZero: [0.1, 0.03, 0.01] },
      { name: word(1), zeroToActive: [0.4, 0.3, 0.2], activeToZero: [0.2, 0, 0.1] },
    ],
    "read-back-error": { counts: [1, 2, 4], errors: [0.01, 0.02, 0.05] },
  };
}

function saeData(word: Word): Record<string, unknown> {
  const run = { d: 128, curve: [[5e7, 0.8]] };
  const runs = [
    { ...run, k: 8, n: 512, normalized_mse: 0.5, flops: 1e8 },
    { ...run, k: 8, n: 1024, normalized_mse: 0.4, flops: 2e8 },
    { ...run, k: 8, n: 2048, normalized_mse: 0.33, flops: 4e8, curve: [] },
    { ...run, k: 8, n: 4096, normalized_mse: 0.3, flops: 8e8, curve: [] },
    { ...run, k: 16, n: 1024, normalized_mse: 0.3, flops: 2.1e8 },
  ];
  const first = { name: word(1), values: [0.1, 0.2, 0.2], mark: "mean", reference: 0.3 };
  const panels = [
    { title: word(0), series: [first] },
    {
      title: word(2),
      series: [
        { name: word(3), values: [0.3], mark: "mean" },
        { name: word(4), values: [0.4, NaN], mark: "mean" },
      ],
    },
  ];
  const direct = { label: word(3), notes: [] };
  const other = { label: word(4), isHollow: true, notes: ["the direct match gives it to another"] };
  return {
    "loss-curve": [
      { step: 1, reconstruction: 1, dead: 0 },
      { step: 2, reconstruction: 0.5, dead: 3 },
      { step: 3, reconstruction: 0.25, dead: 2, validation: 0.3 },
      { step: 4, reconstruction: 0.2, dead: 0 },
    ],
    ...{ "scaling-law": runs, "compute-frontier": runs },
    "error-by-kept": { k: 8, kept: [4, 8, 16], errors: [0.4, 0.2, 0.3] },
    "match-histogram": [
      {
        ...{ name: word(0), cosines: [0.9, 0.5, 0.3, 0.2] },
        chance: { cosines: [0.1, 0.2, 0.25, 0.3], threshold: 0.3 },
      },
      { name: word(5), cosines: [0.9], chance: { cosines: [0.1], threshold: 0.1 } },
    ],
    "splitting-tree": {
      columns: [word(0), "n 512", word(5)],
      roots: [
        {
          label: word(1),
          children: [{ label: word(2), children: [direct, other] }, { label: word(0) }],
        },
        { label: word(5) },
      ],
    },
    "metrics-table": [
      [word(0), word(1), "0.5", "1", "2"],
      [word(2), word(3), "0.4", "1", "2"],
    ],
    ...{ "density-panels": { panels }, "max-cosine-headline": { panels } },
    ...{ "max-cosine-by-k": { panels }, "max-cosine-by-n": { panels } },
    "max-cosine-self": { panels, columns: 2 },
  };
}

/** Every figure over a tiny input, those with the paper's numbers too; `word(i)` is the i-th text from outside. */
export function sampleFigures(word: Word, options: FigureOptions): Figure[] {
  const all = Object.entries({
    ...{ ...latentData(word), ...familyData(word), ...labelData(word) },
    ...{ ...searchData(word), ...saeData(word) },
  });
  const overlaid = FIGURES.filter(({ overlay }) => overlay !== undefined).map(({ name }) => name);
  return [
    ...all.map(([name, data]) => drawFigure(name, data, options)),
    ...all
      .filter(([name]) => overlaid.includes(name))
      .map(([name, data]) => drawFigure(name, data, { ...options, paper: true })),
    sampleLines(word, options),
  ];
}

function sampleLines(word: Word, options: FigureOptions): Figure {
  const style = { label: "end", draw: "both", pointSize: 1.5 } as const;
  const theirs = { symbol: "square", isReference: true };
  return lines({
    ...{ defaultName: "lines", defaultTitle: "Error lines", ...options },
    plots: [
      {
        lines: [
          { ...style, name: word(0), x: [1, 2, 4], y: [0.5, 0.3, 0.2] },
          { ...style, ...theirs, name: word(1), x: [1, 4], y: [0.4, 0.21] },
        ],
        x: { title: "k", log: true },
        y: { title: "error" },
        marks: [{ x: 2, label: word(2) }],
      },
    ],
  });
}
