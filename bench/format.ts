import { isAbsent } from "./part.js";

/** A number with three significant digits and thousands separators; integers in full. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  if (!Number.isFinite(value)) return "none";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en-US", {
    maximumFractionDigits: Math.min(digits, 6),
    minimumFractionDigits: Math.min(digits, 2),
  });
}

export function seconds(value: number): string {
  return `${figure(value)} s`;
}

/** A small number, such as a deviation. */
export function tiny(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}

/** How many times faster ours is than a peer, from the seconds of the same work. */
export function ratio(peer: number, ours: number): string {
  return `${figure(peer / ours)} ×`;
}

/** The round with the lowest `key`; absent if any round is. */
export function best<T extends object>(rounds: readonly T[], key: keyof T): T {
  return (
    rounds.find(isAbsent) ??
    rounds.reduce((least, round) => (round[key] < least[key] ? round : least))
  );
}
