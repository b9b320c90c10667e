import type { JSX } from "preact";
import { type AtlasData, type Pairs, latentName } from "../data/atlas.js";
import { DOUBTS, doubtOf } from "../data/doubt.js";
import { plain, shortNumber, wholeNumber, wordsOf } from "../data/text.js";
import { Bars, Facts, Histogram, Scale } from "../parts/charts.js";
import { DocumentLine, FamilyLink, LatentLink, OfOther } from "../parts/links.js";
import { Term } from "../parts/term.js";
import { useAsync } from "../parts/use-async.js";
import { change } from "../state/state.js";
import { Correction } from "./correction.js";
import { Evidence } from "./evidence.js";

const TOP = 8;

/** Everything about a latent. */
export function LatentPage({ data, latent }: { data: AtlasData; latent: number }): JSX.Element {
  const { value: record, error } = useAsync(() => data.latent(latent), [data, latent]);
  const postings = useAsync(() => data.postings(latent), [data, latent]).value;
  if (error !== undefined) return <p class="problem">{error}</p>;
  if (record?.row.index !== latent) return <p class="muted">reading latent {latent}</p>;
  const { row, label } = record;
  const words = [...wordsOf(row.label), ...row.keywords];
  const doubt = doubtOf(data.columns, latent);
  const baselines = Object.entries(BASELINES).flatMap(([column, name]) => {
    const f1 = row[column as keyof typeof BASELINES];
    return f1 === null ? [] : [`${name} ${shortNumber(f1)}`];
  });
  return (
    <article class="page" aria-label={`latent ${latent}`}>
      <p class="eyebrow">
        latent {latent}
        <OfOther data={data} />
      </p>
      <h2>
        <bdi>{latentName(data, latent)}</bdi>
      </h2>
      <p class="muted">
        {row.label_source === null
          ? `no label${row.label_note ? `: ${plain(row.label_note)}` : ""}`
          : `label by ${SOURCES[row.label_source]}${row.label_note ? `: ${plain(row.label_note)}` : ""}`}
      </p>
      {row.scores.map(({ name, value, low, high, n }) =>
        value === null ? null : <Scale key={name} {...{ name, value, low, high, n }} />,
      )}
      {doubt && (
        <p class="note">
          <Term of="doubtful" />: {DOUBTS[doubt.kind]}
        </p>
      )}
      <div class="actions">
        {!data.isOther && (
          <button
            type="button"
            onClick={() => change({ view: "search", query: { latent }, sliders: [] })}
          >
            Search by this latent
          </button>
        )}
        <Correction
          data={data}
          of="latent"
          id={latent}
          label={row.label}
          source={row.label_source}
        />
      </div>
      <Facts
        facts={[
          [
            "active in",
            `${wholeNumber(row.active)} documents (${shortNumber(100 * row.density)} %)`,
          ],
          ["keywords", row.keywords.map((word) => plain(word, 40)).join(", ")],
          [
            "families",
            row.families.length > 0 &&
              row.families.map(({ id, role }) => (
                <span key={id} class="item">
                  <FamilyLink data={data} parent={id} />
                  {role === "parent" && <small> parent</small>}
                </span>
              )),
          ],
          [
            "best class",
            row.class_name && (
              <>
                {plain(row.class_name, 80)} (<Term of="F1" /> {shortNumber(row.class_f1)},{" "}
                {shortNumber(row.class_low)} to {shortNumber(row.class_high)})
              </>
            ),
          ],
          [
            "baselines",
            baselines.length > 0 && (
              <>
                <Term of="baselines">F1 of</Term> {baselines.join(", ")}
              </>
            ),
          ],
          [
            "stability",
            row.stability !== null && `${shortNumber(row.stability)} mean best cosine across seeds`,
          ],
          [
            "model",
            row.model &&
              `${plain(row.model, 80)}${row.label_cost === null ? "" : `, $${row.label_cost.toFixed(5)}`}`,
          ],
          ["made", row.label_date],
        ]}
      />
      {postings && <Histogram values={postings.values} label="histogram of activations" />}
      {postings && <Documents data={data} postings={postings} words={words} />}
      <Evidence data={data} label={label} kind="latents" at={latent} />
      <h3>Nearest by direction</h3>
      <Bars
        label="nearest latents by direction"
        rows={row.nearest.map(({ index, cosine }) => ({
          key: String(index),
          name: <LatentLink data={data} latent={index} />,
          value: cosine,
        }))}
      />
      <h3>Active in the same documents</h3>
      <Bars
        label="latents active in the same documents"
        rows={row.coactive.map(({ index, cosine, documents }) => ({
          key: String(index),
          name: <LatentLink data={data} latent={index} />,
          value: cosine,
          note: `${wholeNumber(documents)} doc.`,
        }))}
      />
    </article>
  );
}

const BASELINES = {
  class_kmeans: "k-means",
  class_random_documents: "random documents",
  class_random_decoder: "random decoder",
  class_chance: "chance",
};

const SOURCES = {
  keywords: "keywords",
  llm: "a language model",
  import: "an import",
  human: "a person",
};

/** The strongest documents, then one at each tenth of the activations. */
function Documents(props: {
  data: AtlasData;
  postings: Pairs;
  words: readonly string[];
}): JSX.Element {
  const { data, postings, words } = props;
  const { ids, values } = postings;
  const line = (at: number): JSX.Element => (
    <li key={ids[at]}>
      <span class="strength" title="activation">
        <i style={{ width: `${(100 * values[at]) / values[0]}%` }} />
        {shortNumber(values[at])}
      </span>
      <DocumentLine data={data} row={ids[at]} words={words} />
    </li>
  );
  const tenths = Array.from({ length: 9 }, (_, i) => {
    const limit = values[0] * (1 - (i + 1) / 10);
    return values.findIndex((value, at) => at >= TOP && value <= limit);
  }).filter((at) => at >= 0);
  return (
    <>
      <h3>Documents in which it is strongest</h3>
      {ids.length === 0 && <p class="muted">It is active in no document.</p>}
      <ol class="documents">
        {Array.from({ length: Math.min(TOP, ids.length) }, (_, at) => line(at))}
      </ol>
      {tenths.length > 0 && (
        <details open>
          <summary>From strong to weak: a document at each tenth of the highest activation</summary>
          <ol class="documents">{[...new Set(tenths)].map(line)}</ol>
        </details>
      )}
    </>
  );
}
