import type { Random } from "../../../src/core/index.js";

/** Choices of a damage, by its random numbers. */
export interface Choose {
  below(limit: number): number;
  of<T>(list: readonly T[]): T;
  chance(share: number): boolean;
}

export function chooser(random: Random): Choose {
  const below = (limit: number): number => Math.floor(random() * limit);
  return {
    below,
    of: (list) => list[below(list.length)],
    chance: (share) => random() < share,
  };
}

/** A list with one item dropped, doubled, moved to another's place, or put in its place. */
export function damageList<T>(list: readonly T[], choose: Choose): T[] {
  const out = [...list];
  const [at, other] = [choose.below(out.length), choose.below(out.length)];
  switch (choose.below(4)) {
    case 0:
      out.splice(at, 1);
      break;
    case 1:
      out.splice(other, 0, list[at]);
      break;
    case 2:
      [out[at], out[other]] = [list[other], list[at]];
      break;
    default:
      out[at] = list[other];
  }
  return out;
}
