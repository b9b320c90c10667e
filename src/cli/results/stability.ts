import { compact } from "../../core/collections.js";
import type { StabilityReport } from "../../compare/stability-report.js";
import { formatRows, percent } from "./rows.js";

/** Stability over documents and seeds, each beside chance. */
export function describeStability({
  documents,
  seeds,
  families,
  edges,
}: StabilityReport): string[] {
  const { resamples, scheme, share, permuted } = documents;
  const drawn = scheme === "bootstrap" ? "bootstrap" : `${percent(share)} of the documents`;
  return formatRows(
    compact([
      ["", "stability", "random latents", "permuted codes"],
      [
        `${families.length} families, ${resamples} x ${drawn}`,
        digits(documents.families),
        digits(documents.random),
        permuted.count === 0 ? "no families" : `${digits(permuted.families)} (${permuted.count})`,
      ],
      [
        `${edges.length} edges`,
        digits(documents.edges),
        "",
        permuted.edgeCount === 0 ? "no edges" : `${digits(permuted.edges)} (${permuted.edgeCount})`,
      ],
      seeds !== null && [
        `families over ${seeds.saes.length} other SAEs, ${percent(seeds.matched)} of latents matched`,
        digits(seeds.families),
        digits(seeds.random),
        "",
      ],
    ]),
  );
}

/** The most and the least stable families. */
export function describeFamilyStability(
  { families }: StabilityReport,
  names: ReadonlyMap<number, string>,
): string[] {
  const sorted = [...families].sort((a, b) => b.stability - a.stability || a.latent - b.latent);
  const shown = sorted.length <= 10 ? sorted : [...sorted.slice(0, 5), ...sorted.slice(-5)];
  return formatRows([
    ["latent", "family", "members", "over documents", "over seeds"],
    ...shown.map(({ latent, members, stability, interval: [low, high], seeds }) => [
      String(latent),
      names.get(latent) ?? "",
      String(members.length),
      `${digits(stability)} (${digits(low)} to ${digits(high)})`,
      digits(seeds?.stability),
    ]),
  ]);
}

function digits(value: number | null | undefined): string {
  return value?.toFixed(2) ?? "none";
}
