import type { InspectOptions, inspect } from "node:util";

const JUPYTER_DISPLAY = Symbol.for("Jupyter.display");
/** node:util's `inspect.custom`, by name, so that figures need no Node. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** How values of a notebook show themselves; the notebook's room gives it, as this room draws nothing. */
export interface Shower {
  /** The value's output, by MIME type. */
  bundle(value: object): Promise<Record<string, unknown>>;
  /** Sends the output to the running cell of tslab; false where none runs. */
  show(value: object): boolean;
}

let shower: Shower | undefined;

/** Sets how values show themselves. */
export function registerShower(given: Shower): void {
  shower = given;
}

/**
 * Lets a value be shown as a card, table or figure where it is the last value of a notebook's cell, in the two ways that
 * kernels ask: Deno by `Symbol.for("Jupyter.display")`, tslab by printing it. Changes the value itself, in nothing that
 * is enumerated; elsewhere it prints as before.
 */
export function showsItself<T extends object>(value: T): T {
  return Object.defineProperties(value, {
    [JUPYTER_DISPLAY]: { value: () => shower?.bundle(value), configurable: true },
    [INSPECT]: {
      value: (depth: number, options: InspectOptions, print: typeof inspect) =>
        depth === options.depth && shower?.show(value) === true
          ? ""
          : print({ ...value }, { ...options, depth }),
      configurable: true,
    },
  });
}
