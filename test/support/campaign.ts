/** Whether long campaigns run at full length, as `npm run test:all` has it, or a reduced round of each. */
export const atLength = process.env.FEATURE_FAMILIES_TESTS === "all";

/** The size of a campaign: `full` at full length, else `reduced`. */
export function campaign(full: number, reduced: number): number {
  return atLength ? full : reduced;
}
