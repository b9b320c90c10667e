/** A number of parallel calls, and what was measured at it. */
export interface Level {
  readonly size: number;
  /** Calls from the first that decide about the level; those that began and did not count are taken off. */
  needed: number;
  begun: number;
  /** Latency per unit of work of the latest calls that ended. */
  values: number[];
}

/** A call that began. */
export interface Begun {
  level: Level;
  /** Whether it is among the first of its level. */
  isFirst: boolean;
}

/** How many calls at a time a server gets, from the latency of its answers. */
export interface Climb {
  /** Calls to have in flight now. */
  readonly goal: number;
  /** Records a call that begins, for `end`. */
  begin(): Begun;
  /** Records its latency per unit of work; undefined if it failed, or if fewer calls than the goal were in flight. */
  end(call: Begun, value: number | undefined): void;
}

/** Share of a proportional gain in throughput at which the number of calls is doubled again at once. */
const STEADY = 0.8;
/** Least gain in throughput for which it is doubled again. */
const LEAST_GAIN = 1.4;
/** Share of the best throughput that the chosen level must reach. */
const ENOUGH = 0.9;
/** Fewest calls that decide, at first and in doubt. */
const LEAST_CALLS = 3;
const LEAST_IN_DOUBT = 8;
/** Rounds of calls before a higher level is tried again. */
const FIRST_REST = 1;
const LONGEST_REST = 40;

/**
 * Finds how many calls at a time bring a server's highest throughput: doubles the number as long as latency does not grow
 * with it, then settles on the lowest number with nearly the best throughput, and tries the next higher one again from
 * time to time. Latency is compared per unit of work, such as tokens, because calls differ in length.
 */
export function createClimb(start: number, most: number): Climb {
  const levels = new Map<number, Level>();
  let isSettled = start >= most;
  let isDown = false;
  let isInDoubt = false;
  let rest = FIRST_REST;
  let rested = 0;
  const startLevel = (size: number): Level => {
    const least = isInDoubt ? LEAST_IN_DOUBT : size > 1 ? LEAST_CALLS : 1;
    const needed = Math.max(size, least);
    const fresh = { size, needed, begun: 0, values: [] };
    levels.set(size, fresh);
    return fresh;
  };
  let level = startLevel(Math.min(start, most));
  const below = (size: number): Level | undefined =>
    [...levels.values()].filter((one) => one.size < size).sort((a, b) => b.size - a.size)[0];
  const explore = (size: number): void => {
    isSettled = false;
    isInDoubt = false;
    level = startLevel(size);
  };
  const settle = (): void => {
    const all = [...levels.values()];
    const best = Math.max(...all.map(throughput));
    const chosen = all
      .filter((one) => throughput(one) >= ENOUGH * best)
      .reduce((least, one) => (one.size < least.size ? one : least));
    isDown = chosen.size > 1 && below(chosen.size) === undefined;
    if (isDown) return explore(chosen.size >> 1);
    rest = chosen === level ? FIRST_REST : Math.min(LONGEST_REST, 2 * rest);
    rested = 0;
    isSettled = true;
    level = chosen;
  };
  const isGain = (): boolean => {
    const lower = below(level.size);
    if (lower === undefined) return true;
    const gain = throughput(level) / throughput(lower);
    return gain >= (STEADY * level.size) / lower.size || (isInDoubt && gain >= LEAST_GAIN);
  };
  const decide = (): void => {
    if (!isDown && isGain() && level.size < most) explore(Math.min(most, 2 * level.size));
    else if (isInDoubt || level.size === most) settle();
    else {
      // The first calls of a level find a shorter queue than those that follow.
      isInDoubt = true;
      level = startLevel(level.size);
    }
  };
  return {
    get goal() {
      return level.size;
    },
    begin: () => ({ level, isFirst: level.begun++ < level.needed }),
    end({ level: of, isFirst }, value) {
      const isFull = of.values.length >= of.needed;
      if (!isFirst && !isFull) return;
      if (value === undefined) {
        // Another call takes its place.
        if (isFirst) of.begun--;
        return;
      }
      of.values.push(value);
      if (of.values.length > Math.max(64, 2 * of.needed)) of.values.shift();
      if (of !== level) return;
      if (!isSettled) {
        if (of.values.length >= (isInDoubt ? of.needed : of.needed / 2)) decide();
      } else if (level.size < most && ++rested >= rest * level.size) {
        explore(Math.min(most, 2 * level.size));
      }
    },
  };
}

/**
 * Work done per unit of time at a level: by Little's law, calls in flight over latency per unit of work. While some of
 * the first calls are under way it is the median that is known, as the short ones end first.
 */
function throughput({ size, needed, values }: Level): number {
  if (values.length >= needed) {
    return (size * values.length) / values.reduce((sum, value) => sum + value, 0);
  }
  return size / [...values].sort((a, b) => a - b)[Math.ceil(needed / 2) - 1];
}
