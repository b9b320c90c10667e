import type { ErrorLine } from "../../figures/charts/error-lines.js";
import { medianOf } from "../../figures/charts/histogram.js";
import {
  PAPER_COMPUTE,
  PAPER_COMPUTE_SIZES,
  PAPER_FAMILIES,
  PAPER_FINAL_ERRORS,
  PAPER_GRID_SIZES,
  PAPER_ITERATIVE,
  PAPER_K_SWEEP,
  PAPER_PEARSON,
  PAPER_STEERING,
  PAPER_STEPS,
  type PaperSae,
} from "../../figures/paper-numbers.js";
import { CATEGORIES, MUTED } from "../../figures/theme.js";
import { type Label, scoreNamed } from "../../records/label.js";
import { trainingFlops } from "../../sae/train/scaling.js";
import type { EditOptimisation } from "../../search/study/edit-optimisation.js";
import type { GridRow } from "../../sae/train/train-grid.js";
import { distinct } from "./sources.js";

/** Width of the paper's embeddings. */
const PAPER_D = 1536;
const PAPER_SAES: readonly PaperSae[] = [16, 32, 64];

/** Error by n / d: a line for each k of a grid, and the paper's for each k and corpus. */
export function scalingLines(rows: readonly GridRow[]): ErrorLine[] {
  const theirs = PAPER_FINAL_ERRORS.map(({ k, domain, errors }) => ({
    label: `paper, k ${k}${domain === "cs.LG" ? " cs.LG" : " astro"}`,
    x: PAPER_GRID_SIZES.map((n) => n / PAPER_D),
    y: errors,
    colour: domain === "cs.LG" ? CATEGORIES[4] : MUTED,
    symbol: domain === "cs.LG" ? "square" : "circle",
    isReference: true,
  }));
  return [...gridLines(rows, ({ n, d }) => n / d), ...theirs];
}

/** Error by compute at the ends of the runs: a line for each k of a grid, and the paper's for each k. */
export function computeLines(rows: readonly GridRow[]): ErrorLine[] {
  const theirs = PAPER_COMPUTE.map(({ k, errors }) => ({
    label: `paper, k ${k}`,
    x: PAPER_COMPUTE_SIZES.map((n) => trainingFlops({ d: PAPER_D, n, k, steps: PAPER_STEPS })),
    y: errors,
    colour: MUTED,
    isReference: true,
  }));
  return [...gridLines(rows, ({ flops }) => flops), ...theirs];
}

/** Error by the share of the trained k that is kept; the paper's three values are read off an image. */
export function keptLines(own: { k: number; kept: number[]; errors: number[] }): ErrorLine[] {
  const trained = 64;
  return [
    { label: `k ${own.k}`, x: own.kept.map((kept) => kept / own.k), y: own.errors },
    {
      label: `paper, k ${trained}`,
      x: PAPER_K_SWEEP.map(({ k }) => k / trained),
      y: PAPER_K_SWEEP.map(({ normalizedMse }) => normalizedMse),
      colour: MUTED,
      isReference: true,
    },
  ];
}

/** Median Pearson correlation of the labels and the share from 0.8, by k; one's own where the labels have that score. */
export function labelScoreLines(k: number, labels: readonly Label[]): ErrorLine[] {
  const scores = labels.flatMap((label) => scoreNamed(label.scores, "pearson") ?? []);
  const theirs = (["astro-ph", "cs.LG"] as const).flatMap((domain, at) =>
    (["median", "shareFrom08"] as const).map((measure) => ({
      label: `paper, ${measure === "median" ? "median" : "share"} ${domain}`,
      x: PAPER_SAES,
      y: PAPER_SAES.map((sae) => PAPER_PEARSON[domain][sae][measure]),
      colour: measure === "median" ? CATEGORIES[0] : CATEGORIES[1],
      symbol: at === 0 ? "circle" : "square",
      isReference: true,
    })),
  );
  if (scores.length === 0) return theirs;
  const good = scores.filter((value) => value >= 0.8).length / scores.length;
  return [
    { label: "median", x: [k], y: [medianOf(scores) ?? 0], colour: CATEGORIES[0], noLine: true },
    { label: "share from 0.8", x: [k], y: [good], colour: CATEGORIES[1], noLine: true },
    ...theirs,
  ];
}

/** Share of the families of each number of members, up to 20. */
export function familySizeLine(sizes: readonly number[]): ErrorLine {
  const shown = distinct(sizes).filter((size) => size <= 20);
  const shareOf = (size: number): number =>
    sizes.filter((other) => other === size).length / sizes.length;
  return { label: "this atlas", x: shown, y: shown.map(shareOf) };
}

/** The same of the family file that the paper's authors released. */
export const PAPER_FAMILY_LINE: ErrorLine = {
  label: "paper",
  x: PAPER_FAMILIES.bySize.map(([size]) => size),
  y: PAPER_FAMILIES.bySize.map(([, count]) => count / PAPER_FAMILIES.families),
  colour: MUTED,
  isReference: true,
};

/** Errors at steps 1 to 10, of one's own SAEs and of the paper's headline ones, turned on and off. */
export function iterativeLines(own: readonly (EditOptimisation & { name: string })[]): ErrorLine[] {
  const ours = own.slice(0, 1).flatMap((series) =>
    (["zeroToActive", "activeToZero"] as const).map((direction) => ({
      label: `${series.name.split(",")[0]} ${direction === "zeroToActive" ? "on" : "off"}`,
      x: series[direction].map((_, step) => step + 1),
      y: series[direction],
      colour: CATEGORIES[6],
      symbol: direction === "zeroToActive" ? "circle" : "square",
    })),
  );
  const theirs = PAPER_SAES.flatMap((sae, at) =>
    (["zeroToActive", "activeToZero"] as const).map((direction) => {
      const y = PAPER_ITERATIVE[sae][direction];
      return {
        label: `paper, k ${sae} ${direction === "zeroToActive" ? "on" : "off"}`,
        x: y.map((_, step) => step + 1),
        y,
        colour: CATEGORIES[at],
        symbol: direction === "zeroToActive" ? "circle" : "square",
        isReference: true,
      };
    }),
  );
  return [...ours, ...theirs];
}

/** How often the paper's judge told the latents turned up and down, by cosine; and of queries that a model rewrote. */
export const PAPER_STEERING_LINES: readonly ErrorLine[] = (["up", "down"] as const).flatMap(
  (direction, at) => {
    const style = { colour: CATEGORIES[at], isReference: true };
    const { cosines, rewrite } = PAPER_STEERING;
    return [
      { label: `paper, ${direction}`, x: cosines, y: PAPER_STEERING[direction], ...style },
      {
        label: `paper, ${direction} by rewriting`,
        x: [rewrite.cosine],
        y: [rewrite[direction]],
        symbol: "x",
        noLine: true,
        ...style,
      },
    ];
  },
);

function gridLines(rows: readonly GridRow[], place: (row: GridRow) => number): ErrorLine[] {
  return distinct(rows.map(({ k }) => k)).map((k, at) => {
    const members = rows.filter((row) => row.k === k).sort((a, b) => a.n - b.n);
    return {
      label: `k ${k}`,
      x: members.map(place),
      y: members.map((row) => row.normalized_mse),
      colour: CATEGORIES[at % CATEGORIES.length],
    };
  });
}
