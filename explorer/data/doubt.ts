import type { LatentColumns } from "../../src/explorer/format.js";
import { overChance } from "../../src/records/label.js";
import { shortNumber } from "./text.js";

/** Why a label is not to be trusted. */
export interface Doubt {
  kind: keyof typeof DOUBTS;
  /** Orders labels, the least to be trusted first. */
  rank: number;
  /** With the numbers that it follows from. */
  reason: string;
}

/** Kinds of doubt, the worst first, by what is true of the score. */
export const DOUBTS = {
  chance: "the score’s 95 % interval includes chance",
  poor: "the score’s 95 % interval lies entirely below the midpoint between chance and perfect",
  unsure:
    "so few documents were checked that the score’s 95 % interval covers more than half of the range from chance to perfect",
} as const;

/**
 * Whether the documents that a label was checked on speak against it, on a scale from chance (0) to perfect (1): chance is
 * within its interval, or all of its interval is below the middle, or the interval reaches from below the middle over more
 * than half of the scale, so that too few documents were checked. Undefined where none of it holds.
 */
export function doubtOf(columns: LatentColumns, latent: number): Doubt | undefined {
  const [name, score] = [columns.score_name[latent] ?? "", columns.score[latent]];
  if (score === null || columns.label[latent] === "") return undefined;
  const [from, to] = [columns.score_low[latent] ?? score, columns.score_high[latent] ?? score];
  const [low, high] = [overChance(name, from), overChance(name, to)];
  const kind =
    low <= 0
      ? "chance"
      : high < 0.5
        ? "poor"
        : low < 0.5 && high - low > 0.5
          ? "unsure"
          : undefined;
  if (kind === undefined) return undefined;
  // Two decimals at most, as a column is no wider.
  const [start, end] = [from, to].map((one) => shortNumber(Math.round(100 * one) / 100));
  const range = from === to ? shortNumber(score) : `${start} to ${end}`;
  return {
    kind,
    rank: 2 * Object.keys(DOUBTS).indexOf(kind) + (kind === "unsure" ? low : high),
    reason: `${kind}: ${range}`,
  };
}
