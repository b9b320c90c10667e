import type { ContrastReport } from "../../atlas/contrast/contrast-report.js";
import { formatRows } from "./rows.js";

/** The strongest findings, then what they rest on. */
export function describeContrast(report: ContrastReport, limit: number): string[] {
  const { kind, findings } = report;
  const head = kind === "classes" ? ["more in", "difference"] : ["Cliff's delta"];
  const shown = findings.slice(0, limit);
  const rows = formatRows([
    ["", "name", ...head, "95 %", "beyond the family"],
    ...shown.map((one) => [
      `${one.of} ${one.id}`,
      one.name.slice(0, 50),
      ...(kind === "classes" ? [one.group.slice(0, 30)] : []),
      digits(one.effect.value),
      `${digits(one.effect.interval[0])} to ${digits(one.effect.interval[1])}`,
      one.within === undefined
        ? ""
        : `${one.within.name.slice(0, 40)}: ${digits(one.within.effect.value)}`,
    ]),
  ]);
  return [
    ...(shown.length > 0 ? [...rows, `${shown.length} of ${findings.length} findings`, ""] : []),
    ...report.summary,
  ];
}

/** The columns of a table of findings. */
export const FINDING_COLUMNS: readonly string[] = [
  ...["of", "id", "name", "group", "effect", "low", "high", "inside", "outside", "p", "active"],
  ...["family", "family_name", "within", "within_low", "within_high"],
];

/** A row per finding. */
export function contrastRows({
  findings,
}: ContrastReport): Record<string, string | number | null>[] {
  return findings.map(({ of, id, name, group, effect, rates, within, p, active }) => ({
    ...{ of, id, name, group },
    ...{ effect: effect.value, low: effect.interval[0], high: effect.interval[1] },
    inside: rates === undefined ? null : rates[0].active / rates[0].total,
    outside: rates === undefined ? null : rates[1].active / rates[1].total,
    ...{ p, active },
    family: within?.family ?? null,
    family_name: within?.name ?? null,
    within: within?.effect.value ?? null,
    within_low: within?.effect.interval[0] ?? null,
    within_high: within?.effect.interval[1] ?? null,
  }));
}

/** Signed, with three decimals or, of small numbers, two digits. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return "unknown";
  const text = Math.abs(value) < 0.01 && value !== 0 ? value.toFixed(4) : value.toFixed(3);
  return value > 0 ? `+${text}` : text;
}
