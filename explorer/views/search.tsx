import type { JSX } from "preact";
import type { ExplorerActions, SearchAnswer } from "../../src/explorer/format.js";
import { type AtlasData, familyMembers, latentName } from "../data/atlas.js";
import { plain, shortNumber } from "../data/text.js";
import { Bars } from "../parts/charts.js";
import { DocumentLine } from "../parts/links.js";
import { useAsync } from "../parts/use-async.js";
import type { Query } from "../state/address.js";
import { change, state } from "../state/state.js";

/** Documents by meaning: by a text, a document, a latent or a family. */
export function Search({
  data,
  actions,
}: {
  data: AtlasData;
  actions: ExplorerActions;
}): JSX.Element {
  const { query } = state.value;
  const { value, error, isWaiting } = useAsync(
    () => query && actions.search({ ...asRequest(data, query), limit: 30 }),
    [data, query],
  );
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const text = new FormData(event.currentTarget as HTMLFormElement).get("text");
    if (typeof text === "string" && text.trim() !== "") change({ query: { text } });
  };
  return (
    <section class="side" aria-label="search">
      <form class="side-head" onSubmit={onSubmit}>
        <input
          type="search"
          name="text"
          aria-label="search documents by meaning"
          placeholder="Search documents by meaning"
          defaultValue={query && "text" in query ? query.text : ""}
        />
        <button type="submit">Search</button>
      </form>
      <div class="scroll">
        {query && !("text" in query) && <p class="muted">{nameOf(data, query)}</p>}
        {error !== undefined && <p class="problem">{error}</p>}
        {isWaiting && query && <p class="muted">searching</p>}
        {value && query && <Results data={data} answer={value} />}
      </div>
    </section>
  );
}

function Results({ data, answer }: { data: AtlasData; answer: SearchAnswer }): JSX.Element {
  return (
    <ol class="results">
      {answer.hits.map(({ row, score, latents }, i) => (
        <li key={row}>
          <span class="rank">{i + 1}</span>
          <DocumentLine data={data} row={row} most={140} />
          <span class="number">{shortNumber(score, 3)}</span>
          <details>
            <summary>why</summary>
            <Bars
              label="shares of the score"
              digits={3}
              rows={latents.slice(0, 6).map(({ latent, contribution }) => ({
                key: String(latent),
                name: latentName(data, latent),
                value: contribution,
              }))}
            />
          </details>
        </li>
      ))}
    </ol>
  );
}

function asRequest(data: AtlasData, query: Query): Parameters<ExplorerActions["search"]>[0] {
  if ("latent" in query) return { latents: [query.latent] };
  if (!("family" in query)) return query;
  const family = data.familyOf.get(query.family);
  return { latents: family ? familyMembers(family) : [query.family] };
}

function nameOf(data: AtlasData, query: Query): string {
  if ("latent" in query) return `by latent ${latentName(data, query.latent)}`;
  if ("family" in query) return `by family ${plain(data.familyOf.get(query.family)?.name ?? "")}`;
  return "document" in query ? `by document ${query.document}` : "";
}
