/** A number to 6 significant digits, as the catalog holds them. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** The same; null where the number is not known. */
export function knownOrNull(value: number): number | null {
  return Number.isFinite(value) ? rounded(value) : null;
}
