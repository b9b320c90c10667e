import { BudgetError } from "./types.js";

/** What a run spends, in US dollars, over all its models. */
export interface Budget {
  readonly maxCost: number;
  /** Spent so far, by the tokens that the servers reported. */
  readonly spent: number;
  /**
   * Sets the most that a call may cost aside. Waits where calls under way may still leave room; throws BudgetError
   * where it would pass the cap for certain.
   */
  reserve(most: number, signal?: AbortSignal): Promise<Reservation>;
}

/** Money set aside for one call. */
export interface Reservation {
  /** The call's true cost. `perhaps` tells one that was cut and may be billed: it counts against the cap alone. */
  settle(cost: number, perhaps?: boolean): void;
}

/** Keeps the spending of a run under `maxCost` US dollars. Default no cap. Throws RangeError for a negative cap. */
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
            `$${spent.toFixed(4)} of $${maxCost} spent, the next question may cost $${most.toFixed(4)}`,
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
