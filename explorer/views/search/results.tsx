import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { SearchAnswer, SearchRequest } from "../../../src/explorer/format.js";
import type { AtlasData } from "../../data/atlas.js";
import { shortNumber, wholeNumber, wordsOf } from "../../data/text.js";
import { Bars } from "../../parts/charts.js";
import { DocumentLine, LatentLink } from "../../parts/links.js";
import { useAsync } from "../../parts/use-async.js";
import { change } from "../../state/state.js";

const PARTS = 8;

/** What was found, with places before the edits, and what the edits drove out. */
export function Results(props: {
  data: AtlasData;
  answer: SearchAnswer;
  request: SearchRequest;
  isWaiting: boolean;
}): JSX.Element {
  const { data, answer, request, isWaiting } = props;
  const isSteered = (request.edits ?? []).length > 0;
  const words = wordsOf(request.words ?? "");
  const rows = answer.hits.map(({ row }) => row);
  return (
    <div aria-busy={isWaiting}>
      <p class="result-head" role="status">
        {answer.hits.length === 0
          ? "No documents found."
          : `${wholeNumber(rows.length)} documents${isSteered ? `: ${changesOf(answer)}` : ""}`}
        {rows.length > 0 && (
          <button
            type="button"
            class="link"
            onClick={() => change({ documents: [...rows].sort((a, b) => a - b), latents: [] })}
          >
            select them
          </button>
        )}
      </p>
      <ol class="results">
        {answer.hits.map(({ row, score, before }, i) => (
          <li key={row}>
            <span class="rank">
              {i + 1}
              {isSteered && <Move from={before} to={i + 1} />}
            </span>
            <DocumentLine data={data} row={row} most={140} words={words} />
            <span class="number">{shortNumber(score, 3)}</span>
            {score !== null && data.source.actions && (
              <Why data={data} request={request} row={row} />
            )}
          </li>
        ))}
      </ol>
      {answer.left.length > 0 && (
        <details class="left">
          <summary>{answer.left.length} documents dropped out of the results</summary>
          <ol class="results">
            {answer.left.map(({ row, before }) => (
              <li key={row}>
                <span class="rank">{before}</span>
                <DocumentLine data={data} row={row} most={80} />
              </li>
            ))}
          </ol>
        </details>
      )}
    </div>
  );
}

function changesOf({ hits, left }: SearchAnswer): string {
  const came = hits.filter(({ before }) => before === null || before > hits.length).length;
  const stayed = hits.filter(({ before }, i) => before === i + 1).length;
  return `${came} new, ${left.length} dropped out, ${hits.length - came - stayed} others changed rank`;
}

function Move({ from, to }: { from: number | null; to: number }): JSX.Element {
  if (from === null)
    return (
      <small class="up" title="was below rank 1,000">
        new
      </small>
    );
  if (from === to) return <small title="same rank as before">=</small>;
  const isUp = from > to;
  return (
    <small class={isUp ? "up" : "down"} title={`was rank ${from}`}>
      {isUp ? "↑" : "↓"}
      {Math.abs(from - to)}
    </small>
  );
}

/** The score as an exact sum; asked for when it is opened. */
function Why(props: { data: AtlasData; request: SearchRequest; row: number }): JSX.Element {
  const { data, request, row } = props;
  const [isOpen, setOpen] = useState(false);
  const { value, error } = useAsync(
    () => (isOpen ? data.source.actions?.explain({ ...request, row }) : undefined),
    [isOpen, request, row],
  );
  const rest = value?.latents.slice(PARTS) ?? [];
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>why</summary>
      {error && <p class="problem">{error}</p>}
      {value && (
        <>
          <Bars
            label="parts of the score"
            digits={3}
            rows={[
              ...value.latents.slice(0, PARTS).map(({ latent, contribution }) => ({
                key: String(latent),
                name: <LatentLink data={data} latent={latent} />,
                value: contribution,
              })),
              ...(rest.length > 0
                ? [
                    {
                      key: "rest",
                      name: `${rest.length} more latents`,
                      value: rest.reduce((sum, { contribution }) => sum + contribution, 0),
                    },
                  ]
                : []),
              { key: "others", name: "latents it lacks", value: value.others },
              // Relative to the mean document the bias is 0, or next to it.
              ...(Math.abs(value.bias) >= 5e-4
                ? [{ key: "bias", name: "the SAE’s bias", value: value.bias }]
                : []),
              { key: "residual", name: "not reconstructed", value: value.residual },
            ]}
          />
          <p class="muted">
            In common with the mean document {shortNumber(value.mean, 3)}; the bars add{" "}
            {shortNumber(value.score - value.mean, 3)}: cosine {shortNumber(value.score, 3)}.{" "}
            <Shared data={data} row={row} latents={value.latents.map(({ latent }) => latent)} />
          </p>
        </>
      )}
    </details>
  );
}

/** Latents of the query that are active in the document, too. */
function Shared(props: { data: AtlasData; row: number; latents: readonly number[] }): JSX.Element {
  const { data, row, latents } = props;
  const codes = useAsync(() => data.codes(row), [data, row]).value;
  if (codes === undefined) return <></>;
  const active = new Set(codes.ids);
  const shared = latents.filter((latent) => active.has(latent));
  if (shared.length === 0) return <>No latent of the query is active in it.</>;
  return (
    <>
      Active in both:{" "}
      {shared.map((latent, i) => (
        <span key={latent}>
          {i > 0 && ", "}
          <LatentLink data={data} latent={latent} />
        </span>
      ))}
    </>
  );
}
