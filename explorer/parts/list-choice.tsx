import type { JSX } from "preact";
import { changeList } from "../state/state.js";

/** A choice of what a view's list shows, or of how it is ordered, by titles. */
export function ListChoice(props: {
  title: string;
  of: "only" | "sort";
  value: string;
  choices: readonly (readonly [value: string, title: string])[];
}): JSX.Element {
  const { title, of, value, choices } = props;
  return (
    <label>
      {title}{" "}
      <select value={value} onChange={(event) => changeList({ [of]: event.currentTarget.value })}>
        {choices.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
