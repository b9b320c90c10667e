import { BudgetError } from "./types.js";

/** What a run spends on all its models together, in US dollars. */
export interface Budget {
  readonly maxCost: number;
  /** Spent so far, from the token counts that the servers reported. */
  readonly spent: number;
  /**
   * Reserves the maximum cost of a call. Waits if calls in flight may still free enough; throws BudgetError if the cap
   * would certainly be exceeded.
   */
  reserve(most: number, signal?: AbortSignal): Promise<Reservation>;
}

/** Money reserved for one call. */
export interface Reservation {
  /**
   * Replaces the reservation by the actual cost. `perhaps`: the call was cut off and may be billed; counts only against
   * the cap.
   */
  settle(cost: number, perhaps?: boolean): void;
}

/**
 * Keeps the spending of a run below `maxCost` US dollars. Default: no cap. Throws RangeError if the cap is negative.
 */
export function createBudget({ maxCost = Infinity }: { maxCost?: number } = {}): Budget {
  if (!(maxCost >= 0)) throw new RangeError(`createBudget: maxCost must be >= 0, got ${maxCost}`);
  let spent = 0;
  let perhapsSpent = 0;
  let reserved = 0;
  let waiting: (() => void)[] = [];
  return {
    maxCost,
    get spent() {
      return spent;
    },
    async reserve(most, signal) {
      while (spent + perhapsSpent + reserved + most > maxCost) {
        signal?.throwIfAborted();
        if (spent + perhapsSpent + most > maxCost || reserved === 0) {
          throw new BudgetError(
            `$${spent.toFixed(4)} of $${maxCost} spent, and the next request may cost $${most.toFixed(4)}`,
          );
        }
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      reserved += most;
      let isOpen = true;
      return {
        settle(cost, perhaps = false) {
          if (!isOpen) return;
          isOpen = false;
          reserved = Math.max(0, reserved - most);
          if (perhaps) perhapsSpent += cost;
          else spent += cost;
          const woken = waiting;
          waiting = [];
          for (const wake of woken) wake();
        },
      };
    },
  };
}
