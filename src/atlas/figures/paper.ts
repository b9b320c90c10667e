import type { Line } from "../../figures/charts/lines.js";
import type { TableRow } from "../../figures/charts/table.js";
import type { BarSeries } from "../../figures/charts/bars.js";
import {
  PAPER_COMPUTE,
  PAPER_COMPUTE_SIZES,
  PAPER_DENSITIES,
  PAPER_FAMILIES,
  PAPER_FINAL_ERRORS,
  PAPER_GEOMETRY,
  PAPER_GRID_SIZES,
  PAPER_ITERATIVE,
  PAPER_K_SWEEP,
  PAPER_METRICS,
  PAPER_PEARSON,
  PAPER_STEERING,
  PAPER_STEPS,
  PAPER_SUBTREES_PER_PASS,
  type PaperSae,
} from "../../figures/paper/paper-numbers.js";
import { formatFixed } from "../../figures/drawing/text.js";
import { CATEGORIES, MUTED } from "../../figures/theme/palette.js";
import { trainingFlops } from "../../sae/train/scaling.js";
import { sizesName } from "./sources.js";

/** Width of the paper's embeddings. */
const PAPER_D = 1536;
const PAPER_SAES: readonly PaperSae[] = [16, 32, 64];
/** The k of the SAE that most of the paper's figures show. */
const SHOWN_K = 64;

/** How the paper's lines are drawn. */
const STYLE = {
  ...{ isReference: true, label: "end", draw: "both", pointSize: 1.5 },
} as const satisfies Partial<Line>;

/** Error by n / d, a line for each k and corpus. */
export const PAPER_SCALING_LINES: readonly Line[] = PAPER_FINAL_ERRORS.map(
  ({ k, domain, errors }) => ({
    ...STYLE,
    name: `paper, k ${k}${domain === "cs.LG" ? " cs.LG" : " astro"}`,
    x: PAPER_GRID_SIZES.map((n) => n / PAPER_D),
    y: errors,
    colour: domain === "cs.LG" ? CATEGORIES[4] : MUTED,
    symbol: domain === "cs.LG" ? "square" : "circle",
  }),
);

/** Error by compute at the ends of the runs, a line for each k. */
export const PAPER_COMPUTE_LINES: readonly Line[] = PAPER_COMPUTE.map(({ k, errors }) => ({
  ...STYLE,
  name: `paper, k ${k}`,
  x: PAPER_COMPUTE_SIZES.map((n) => trainingFlops({ d: PAPER_D, n, k, steps: PAPER_STEPS })),
  y: errors,
  colour: MUTED,
}));

/** Error by the share of the trained k that is kept; three values read off an image. */
export const PAPER_KEPT_LINE: Line = {
  ...STYLE,
  name: `paper, k ${SHOWN_K}`,
  x: PAPER_K_SWEEP.map(({ k }) => k / SHOWN_K),
  y: PAPER_K_SWEEP.map(({ normalizedMse }) => normalizedMse),
  colour: MUTED,
};

/** Median log10 density of the latents of each headline SAE. */
export const PAPER_MEDIAN_DENSITIES: readonly { name: string; value: number }[] = PAPER_SAES.map(
  (sae) => ({
    name: `paper, k ${sae} (median ${formatFixed(PAPER_DENSITIES[sae].median, 2)})`,
    value: PAPER_DENSITIES[sae].median,
  }),
);

/** Mean cosine of encoder and decoder directions. */
export const PAPER_DIRECTIONS: readonly { name: string; value: number }[] = [
  {
    name: `paper, k ${SHOWN_K} (mean ${PAPER_GEOMETRY.encoderDecoder})`,
    value: PAPER_GEOMETRY.encoderDecoder,
  },
];

/** That cosine by the cosine with the nearest other direction. */
export const PAPER_DIRECTIONS_LINE: {
  name: string;
  slope: number;
  through: [number, number];
} = {
  name: `paper, k ${SHOWN_K}`,
  slope: PAPER_GEOMETRY.slope,
  through: [PAPER_GEOMETRY.nearest, PAPER_GEOMETRY.encoderDecoder],
};

/** Median Pearson correlation of the labels and the share from 0.8 on, by k. */
export const PAPER_SCORE_LINES: readonly Line[] = (["astro-ph", "cs.LG"] as const).flatMap(
  (domain, at) =>
    (["median", "shareFrom08"] as const).map((measure) => ({
      ...STYLE,
      name: `paper, ${measure === "median" ? "median" : "share"} ${domain}`,
      x: PAPER_SAES,
      y: PAPER_SAES.map((sae) => PAPER_PEARSON[domain][sae][measure]),
      colour: measure === "median" ? CATEGORIES[0] : CATEGORIES[1],
      symbol: at === 0 ? "circle" : "square",
    })),
);

/** Share of families of at least so many members, of the family file that the authors released. */
export const PAPER_FAMILY_LINE: Line = {
  ...STYLE,
  name: "paper",
  x: PAPER_FAMILIES.atLeast.map(([size]) => size),
  y: PAPER_FAMILIES.atLeast.map(([, count]) => count / PAPER_FAMILIES.families),
  colour: MUTED,
};

/** Families found in each pass. */
export const PAPER_PASSES: BarSeries = {
  ...{ name: "paper", values: PAPER_SUBTREES_PER_PASS, colour: MUTED, isReference: true },
};

/** Errors at steps 1 to 10 of the headline SAEs, latents turned on and off. */
export const PAPER_OPTIMISATION: readonly {
  name: string;
  k: number;
  zeroToActive: number[];
  activeToZero: number[];
}[] = PAPER_SAES.map((sae) => ({
  name: `paper, k ${sae}`,
  k: sae,
  zeroToActive: [...PAPER_ITERATIVE[sae].zeroToActive],
  activeToZero: [...PAPER_ITERATIVE[sae].activeToZero],
}));

/**
 * How often a judge recognised the latents turned up and down, by cosine to the query; and for queries that a model
 * rewrote.
 */
export const PAPER_STEERING_LINES: Readonly<Record<"up" | "down", Line[]>> = {
  up: steeringLines("up"),
  down: steeringLines("down"),
};

/** The table of the models' card. */
export const PAPER_METRICS_ROWS: readonly TableRow[] = PAPER_METRICS.map((row) => ({
  cells: metricsCells(`paper, ${sizesName(row)}`, row.domain, [
    row.normalizedMse,
    row.meanLogDensity,
    row.meanActivation,
  ]),
  isReference: true,
}));

/** A row of the table of metrics: error, mean log density and mean activation of an SAE. */
export function metricsCells(
  name: string,
  corpus: string,
  [error, density, activation]: readonly number[],
): string[] {
  return [name, corpus, error.toFixed(4), formatFixed(density, 2), activation.toFixed(4)];
}

function steeringLines(side: "up" | "down"): Line[] {
  const { cosines, rewrite } = PAPER_STEERING;
  const style = { ...STYLE, label: side === "up" ? "legend" : "none", colour: MUTED } as const;
  return [
    { ...style, name: "paper, judged", x: cosines, y: PAPER_STEERING[side] },
    {
      ...{ ...style, name: "paper, judged, by rewriting", draw: "points", symbol: "x" },
      ...{ x: [rewrite.cosine], y: [rewrite[side]] },
    },
  ];
}
