import type { JSX } from "preact";
import { changeList, shownList } from "../state/state.js";

/** The head of a column of the shown view's list: a click sorts by it, a second one the other way. */
export function SortHead(props: {
  name: string;
  title: string;
  isNumeric: boolean;
  about?: string;
  /** How the list is sorted where none is chosen. Default as chosen. */
  sort?: string;
}): JSX.Element {
  const { name, title, isNumeric, about, sort = shownList().sort } = props;
  const [column, isDown] = readSort(sort);
  return (
    <div
      role="columnheader"
      aria-sort={column !== name ? "none" : isDown ? "descending" : "ascending"}
      class={isNumeric ? "head-number" : ""}
      title={about}
    >
      <button
        type="button"
        aria-label={`sort by ${title}`}
        onClick={() => changeList({ sort: column === name && !isDown ? `-${name}` : name })}
      >
        {title}
        {column === name ? (isDown ? " ↓" : " ↑") : ""}
      </button>
    </div>
  );
}

/** Column and direction of a sort as the address has it. */
export function readSort(sort: string): [column: string, isDown: boolean] {
  return sort.startsWith("-") ? [sort.slice(1), true] : [sort, false];
}

/** Order of texts; many times as fast as localeCompare, which looks the language up for every pair. */
export const collator: Intl.Collator = new Intl.Collator();

/** Order of two cells of a column; what is not known stands last in both directions. */
export function compareCells(
  x: string | number | null,
  y: string | number | null,
  isDown: boolean,
): number {
  if (x === null || y === null) return Number(x === null) - Number(y === null);
  const order =
    typeof x === "string" && typeof y === "string" ? collator.compare(x, y) : Number(x) - Number(y);
  return isDown ? -order : order;
}
