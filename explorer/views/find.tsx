import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { type AtlasData, latentName } from "../data/atlas.js";
import { plain, wordsOf } from "../data/text.js";
import { change, show } from "../state/state.js";

const MOST = 8;

interface Found {
  key: string;
  kind: string;
  text: string;
  open: () => void;
}

/** A box that finds latents and families by their words, and documents by meaning where a server can. */
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
  const words = wordsOf(text);
  if (words.length === 0) return [];
  const { columns, families } = data;
  const holds = (other: string): boolean => {
    const lower = other.toLowerCase();
    return words.every((word) => lower.includes(word));
  };
  const found: Found[] = [];
  for (const { parent, name } of families) {
    if (found.length >= MOST / 2) break;
    if (!holds(name)) continue;
    const open = (): void => show("family", parent);
    found.push({ key: `f${parent}`, kind: "family", text: plain(name, 80), open });
  }
  for (const [latent, label] of columns.label.entries()) {
    if (found.length >= MOST) break;
    if (text.trim() !== String(latent) && !holds(label)) continue;
    const open = (): void => show("latent", latent);
    found.push({ key: `l${latent}`, kind: "latent", text: latentName(data, latent), open });
  }
  if (data.source.actions) {
    const open = (): void => change({ view: "search", query: { text } });
    found.push({ key: "q", kind: "search documents", text: `“${text}”`, open });
  }
  return found;
}
