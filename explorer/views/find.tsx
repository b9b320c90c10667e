import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { AtlasData } from "../data/atlas.js";
import { findNames } from "../data/find-names.js";
import { change, show } from "../state/state.js";

const MOST = 8;

interface Found {
  key: string;
  kind: string;
  text: string;
  open: () => void;
}

/** A box that finds latents and families by their words or numbers, documents by their rows, and by meaning where a server can. */
export function Find({ data }: { data: AtlasData }): JSX.Element {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const found = useMemo(() => find(data, text), [data, text]);
  const open = (one: Found | undefined): void => {
    if (one === undefined) return;
    one.open();
    setOpen(false);
    input.current?.blur();
  };
  return (
    <div class="find">
      <input
        ref={input}
        type="search"
        role="combobox"
        list={undefined}
        aria-label="find latents, families and documents"
        aria-expanded={isOpen && found.length > 0}
        aria-controls="found"
        aria-activedescendant={isOpen && found.length > 0 ? `found-${at}` : undefined}
        placeholder="Find latents, families, documents  ( / )"
        value={text}
        autocomplete="off"
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setAt(Math.min(found.length - 1, at + 1));
          else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
          else if (event.key === "Enter") open(found.at(at));
          else if (event.key === "Escape") setOpen(false);
          else return;
          event.preventDefault();
        }}
      />
      {isOpen && found.length > 0 && (
        <ul id="found" role="listbox" aria-label="found">
          {found.map((one, i) => (
            <li
              key={one.key}
              id={`found-${i}`}
              role="option"
              aria-selected={i === at}
              onMouseDown={(event) => {
                event.preventDefault();
                open(one);
              }}
            >
              <small>{one.kind}</small> <bdi>{one.text}</bdi>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function find(data: AtlasData, text: string): Found[] {
  if (text.trim() === "") return [];
  const found = findNames(data, text, MOST).map(({ kind, id, name }): Found => ({
    key: kind + String(id),
    kind,
    text: name,
    open: () => show({ kind, id }),
  }));
  const row = Number(/^(?:document )?(\d+)$/i.exec(text.trim())?.[1]);
  if (row < data.index.documents) {
    const open = (): void => show({ kind: "document", id: row });
    found.push({ key: "row", kind: "document", text: `row ${row}`, open });
  }
  if (data.source.actions) {
    const open = (): void => change({ view: "search", query: { text }, sliders: [] });
    found.push({ key: "q", kind: "search documents", text: `“${text}”`, open });
  }
  return found;
}
