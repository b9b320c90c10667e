import type { JSX } from "preact";
import { changeList, shownList } from "../state/state.js";

/** The box of words that a list is filtered by; what is typed further is one step of the history. */
export function WordsFilter({ what, of }: { what: string; of: string }): JSX.Element {
  const { words } = shownList();
  return (
    <input
      type="search"
      aria-label={`filter ${what} by words`}
      placeholder={`Filter by words of ${of}`}
      value={words}
      onInput={(event) =>
        changeList({ words: event.currentTarget.value }, { replace: words !== "" })
      }
    />
  );
}
