import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { AtlasData } from "../../data/atlas.js";
import { plain } from "../../data/text.js";
import { useAsync } from "../../parts/use-async.js";
import { change, state } from "../../state/state.js";

/** Conditions on columns of the corpus. */
export function Filters({ data }: { data: AtlasData }): JSX.Element {
  const { filters } = state.value;
  const [isOpen, setOpen] = useState(false);
  return (
    <div class="filters">
      {filters.map((filter, at) => (
        <button
          key={at}
          type="button"
          class="chip"
          aria-label={`remove the condition on ${plain(filter.column, 40)}`}
          onClick={() => change({ filters: filters.filter((_, i) => i !== at) })}
        >
          <bdi>
            {plain(filter.column, 40)}{" "}
            {filter.word === undefined
              ? `${filter.from ?? "…"} – ${filter.to ?? "…"}`
              : `= ${plain(filter.word, 60)}`}
          </bdi>{" "}
          ×
        </button>
      ))}
      <button type="button" class="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? "done" : "add a condition"}
      </button>
      {isOpen && <NewFilter data={data} done={() => setOpen(false)} />}
    </div>
  );
}

function NewFilter({ data, done }: { data: AtlasData; done: () => void }): JSX.Element {
  const { value, error } = useAsync(() => data.documentColumns(), [data]);
  const [name, setName] = useState("");
  if (error) return <p class="problem">{error}</p>;
  if (value === undefined) return <p class="muted">reading the corpus’s columns</p>;
  const column = Object.hasOwn(value, name) ? value[name] : undefined;
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const field = (key: string): string => {
      const given = form.get(key);
      return typeof given === "string" ? given.trim() : "";
    };
    const number = (key: string): Record<string, number> =>
      field(key) === "" || Number.isNaN(Number(field(key))) ? {} : { [key]: Number(field(key)) };
    const test =
      column?.kind === "text" ? { word: field("word") } : { ...number("from"), ...number("to") };
    change({ filters: [...state.value.filters, { column: name, ...test }] });
    done();
  };
  return (
    <form class="new-filter" onSubmit={onSubmit}>
      <select
        aria-label="column"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      >
        <option value="">column</option>
        {Object.keys(value).map((one) => (
          <option key={one} value={one}>
            {plain(one, 40)}
          </option>
        ))}
      </select>
      {column?.kind === "text" && (
        <select name="word" aria-label="value">
          {[...column.words].sort().map((word) => (
            <option key={word} value={word}>
              {plain(word, 80)}
            </option>
          ))}
        </select>
      )}
      {column?.kind === "number" && (
        <>
          <input name="from" inputMode="decimal" aria-label="from" placeholder="from" />
          <input name="to" inputMode="decimal" aria-label="to" placeholder="to" />
        </>
      )}
      {column && <button type="submit">Add</button>}
    </form>
  );
}
