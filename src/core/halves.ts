import { ApiError, FormatError } from "./errors.js";

/** Statuses of answers that may be about what was sent: malformed, refused, too large; some call that an error of theirs. */
const OF_ITEMS = [200, 400, 413, 422, 500];

const PART_ATTEMPTS = 2;

/** What runs on a part of some items, and what its failure means. */
export interface HalvesOptions {
  /**
   * Works on the items from `start` to before `end`. `attempts` is how often a part may be tried, since what all together
   * failed with every time hardly passes; undefined for all together.
   */
  call: (start: number, end: number, attempts?: number) => Promise<void>;
  /** Whether an error may be about one of the items or their number, so that fewer may pass; see isOfItems. */
  isOfItems: (error: unknown) => boolean;
  /** Receives an item that fails alone. */
  onFailed: (item: number, error: unknown) => void;
}

/**
 * Runs `call` on `count` items; where that fails, on halves of them, one after the other, until each item at fault is alone.
 * Gives the size of the largest part that passed. Throws what is not about the items.
 */
export async function inHalves(count: number, options: HalvesOptions): Promise<number> {
  const { call, isOfItems, onFailed } = options;
  const run = async (start: number, end: number): Promise<number> => {
    try {
      await call(start, end, end - start < count ? PART_ATTEMPTS : undefined);
      return end - start;
    } catch (error) {
      if (!isOfItems(error)) throw error;
      if (end - start === 1) {
        onFailed(start, error);
        return 0;
      }
      const middle = start + ((end - start) >> 1);
      return Math.max(await run(start, middle), await run(middle, end));
    }
  };
  return count === 0 ? 0 : run(0, count);
}

/** Whether an error may be about what was sent. Of what is no ApiError and no FormatError nothing else is known. */
export function isOfItems(error: unknown): boolean {
  if (error instanceof ApiError) return OF_ITEMS.includes(error.status);
  return !(error instanceof FormatError);
}
