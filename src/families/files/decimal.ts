/** The shortest decimal that gives `value` back as float32, so that files stay readable and lose nothing. */
export function shortestFloat32(value: number): number {
  const kept = Math.fround(value);
  for (let digits = 6; digits < 9; digits++) {
    const decimal = Number(kept.toPrecision(digits));
    if (Math.fround(decimal) === kept) return decimal;
  }
  return Number(kept.toPrecision(9));
}
