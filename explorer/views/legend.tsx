import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ColourChoice, Colouring } from "../data/colour.js";
import { wholeNumber } from "../data/text.js";
import { change, state } from "../state/state.js";

/** Whose entries: latents, documents, or latents of the compared atlas. */
export type Side = "l" | "d" | "o";

/** Entries that are shown until all are asked for. */
const SHORT = 6;

/** What the colours of a map mean; an entry switches its points off and on, a second click with Alt leaves it alone on. */
export function Legend(props: {
  title: string;
  side: Side;
  colouring: Colouring;
  choices: readonly ColourChoice[];
  chosen: string;
  choose: (name: string) => void;
}): JSX.Element {
  const { title, side, colouring, choices, chosen, choose } = props;
  const { hidden } = state.value;
  const [isAll, setAll] = useState(false);
  const entries = colouring.entries.filter(({ count }) => count > 0);
  const shown = isAll || entries.length <= SHORT + 1 ? entries : entries.slice(0, SHORT);
  const keys = colouring.entries.map(({ key }) => side + key);
  const toggle = (key: string, isAlone: boolean): void => {
    const others = hidden.filter((one) => !keys.includes(one));
    if (isAlone) return change({ hidden: [...others, ...keys.filter((one) => one !== key)] });
    const isOff = hidden.includes(key);
    change({ hidden: isOff ? hidden.filter((one) => one !== key) : [...hidden, key] });
  };
  return (
    <div class="legend">
      <label>
        <b>{title}</b> by{" "}
        <select value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
          {choices.map(({ name, title: text }) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <ul>
        {shown.map(({ key, title: text, colour, count, note }) => (
          <li key={key}>
            <button
              type="button"
              aria-pressed={!hidden.includes(side + key)}
              title={`${text}: ${note ?? wholeNumber(count)}. Click to hide or show, Alt-click or Alt+Enter to show it alone`}
              onClick={(event) => toggle(side + key, event.altKey)}
              onKeyDown={(event) => {
                // Browsers make no click of a key with Alt.
                if (event.key === "Enter" && event.altKey) toggle(side + key, true);
              }}
            >
              <i style={{ background: colour }} />
              <span>{text}</span>
              <em>{wholeNumber(count)}</em>
            </button>
          </li>
        ))}
        {shown.length < entries.length || isAll ? (
          <li>
            <button type="button" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
              {isAll ? "fewer" : `${entries.length - SHORT} more`}
            </button>
          </li>
        ) : null}
      </ul>
    </div>
  );
}
