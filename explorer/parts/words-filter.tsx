import type { JSX } from "preact";
import { change, state } from "../state/state.js";

/** The box of words that a list is filtered by; what is typed further is one step of the history. */
export function WordsFilter({ what, of }: { what: string; of: string }): JSX.Element {
  const { words } = state.value;
  return (
    <input
      type="search"
      aria-label={`filter ${what} by words`}
      placeholder={`Filter by words of ${of}`}
      value={words}
      onInput={(event) => change({ words: event.currentTarget.value }, { replace: words !== "" })}
    />
  );
}
