import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { SearchAnswer, SearchRequest } from "../../../src/explorer/format.js";
import { type AtlasData, familyMembers, latentName } from "../../data/atlas.js";
import { rankByCodes } from "../../data/rank-by-codes.js";
import { plain } from "../../data/text.js";
import { useLatest } from "../../parts/use-latest.js";
import { Term } from "../../parts/term.js";
import type { PageState, Query } from "../../state/address.js";
import { change, found, state } from "../../state/state.js";
import { Filters } from "./filters.js";
import { Results } from "./results.js";
import { Steering } from "./steering.js";

const SHOWN = 50;

/** Documents by meaning or by words, steered by sliders. */
export function Search({ data }: { data: AtlasData }): JSX.Element {
  const { query, sliders, method, filters } = state.value;
  const { actions } = data.source;
  const request = useMemo(
    () => query && requestOf(data, { query, sliders, method, filters }),
    [data, query, sliders, method, filters],
  );
  const { value, error, isWaiting } = useLatest(request, (asked): Promise<SearchAnswer> =>
    actions ? actions.search(asked) : rankByCodes(data, asked),
  );
  useEffect(() => {
    const latents = [...(value?.query ?? []), ...(value?.moved ?? [])].map(({ latent }) => latent);
    found.value = value && {
      documents: new Set(value.hits.map(({ row }) => row)),
      latents: new Set(latents),
    };
    return () => {
      found.value = undefined;
    };
  }, [value]);
  const isByWords = query !== undefined && "words" in query;
  return (
    <section class="side" aria-label="search">
      <Ask data={data} />
      <div class="scroll">
        {query && !("text" in query) && !isByWords && (
          <p class="asked">
            {nameOf(data, query)}
            <button type="button" onClick={() => change({ query: undefined, sliders: [] })}>
              Clear
            </button>
          </p>
        )}
        {actions === undefined && (
          <p class="note">
            Without the explorer’s server, documents are <Term of="ranked by codes" />: by the
            latents they share with the query and the strength of those, not by their whole
            embeddings, so the order can differ. Text queries need the server: open a latent, a
            family or a document and search by it.
          </p>
        )}
        {query === undefined && actions && (
          <p class="muted">
            Type a text, or open a document, a latent or a family and search by it. Then change the
            strength of its latents and see what moves.
          </p>
        )}
        {actions && data.index.columns.length > 0 && query && <Filters data={data} />}
        {error !== undefined && (
          <p class="problem" role="alert">
            {error}
          </p>
        )}
        {value && query && !isByWords && <Steering data={data} answer={value} />}
        {value && request && (
          <Results data={data} answer={value} request={request} isWaiting={isWaiting} />
        )}
        {isWaiting && value === undefined && query && <p class="muted">searching</p>}
      </div>
    </section>
  );
}

function Ask({ data }: { data: AtlasData }): JSX.Element | null {
  const { query } = state.value;
  const input = useRef<HTMLInputElement>(null);
  const text = query && "text" in query ? query.text : query && "words" in query ? query.words : "";
  // Not by a new box, which would lose the keyboard's place.
  useLayoutEffect(() => {
    if (input.current) input.current.value = text;
  }, [text]);
  if (data.source.actions === undefined) return null;
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [asked, by] = [form.get("text"), form.get("by")];
    if (typeof asked !== "string" || asked.trim() === "") return;
    change({ query: by === "words" ? { words: asked } : { text: asked }, sliders: [] });
  };
  return (
    <form class="side-head" onSubmit={onSubmit}>
      <input
        ref={input}
        type="search"
        name="text"
        aria-label="search documents"
        placeholder="Search documents"
        defaultValue={text}
      />
      <select
        name="by"
        aria-label="how documents are searched"
        defaultValue={query && "words" in query ? "words" : "meaning"}
      >
        <option value="meaning">by meaning</option>
        <option value="words">by words</option>
      </select>
      <button type="submit">Search</button>
    </form>
  );
}

function requestOf(
  data: AtlasData,
  {
    query,
    sliders,
    method,
    filters,
  }: Pick<PageState, "sliders" | "method" | "filters"> & { query: Query },
): SearchRequest {
  const members = (parent: number): number[] => {
    const family = data.familyOf.get(parent);
    return family ? familyMembers(family) : [parent];
  };
  const edits = sliders.map(({ kind, id, value }) =>
    kind === "latent"
      ? { latents: [id], kind: "set" as const, strength: value }
      : {
          latents: members(id),
          kind: value < 0 ? ("down" as const) : ("up" as const),
          strength: Math.abs(value),
        },
  );
  const common = { limit: SHOWN, filters: [...filters] };
  if ("words" in query) return { ...query, ...common };
  const asked =
    "latent" in query
      ? { latents: [query.latent] }
      : "family" in query
        ? { latents: members(query.family) }
        : query;
  return { ...asked, edits, method, ...common };
}

function nameOf(data: AtlasData, query: Query): string {
  if ("latent" in query) return `Near latent “${latentName(data, query.latent)}”`;
  if ("family" in query)
    return `Near family “${plain(data.familyOf.get(query.family)?.name ?? "")}”`;
  return "document" in query ? `Near document ${query.document}` : "";
}
