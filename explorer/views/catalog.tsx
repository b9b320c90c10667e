import { ownValue } from "../../src/core/collections.js";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { LatentColumns, VerdictColumns } from "../../src/explorer/format.js";
import { type AtlasData, latentName } from "../data/atlas.js";
import { DOUBTS, doubtOf } from "../data/doubt.js";
import { TERMS } from "../data/terms.js";
import { plain, shortNumber, wholeNumber, wordsOf } from "../data/text.js";
import { ListChoice } from "../parts/list-choice.js";
import { useAsync } from "../parts/use-async.js";
import { SortHead, compareCells, readSort } from "../parts/sort-head.js";
import { VirtualList } from "../parts/virtual-list.js";
import { WordsFilter } from "../parts/words-filter.js";
import type { ListState } from "../state/address.js";
import { change, ownFocus, show, shownList, state } from "../state/state.js";

/** An atlas with what judges said of its labels, once that is there. */
type Judged = AtlasData & { columns: LatentColumns & Partial<VerdictColumns> };

/** All latents in a table. */
export function Catalog(props: { data: AtlasData }): JSX.Element {
  const { value: verdicts, error } = useAsync(() => props.data.verdicts(), [props.data]);
  const data: Judged = useMemo(
    () => ({ ...props.data, columns: { ...props.data.columns, ...verdicts } }),
    [props.data, verdicts],
  );
  const { columns: chosenColumns, latents } = state.value;
  const own = chosenColumns.filter((name) => Object.hasOwn(TITLES, name));
  const focus = ownFocus();
  const { words, only, sort: asked } = shownList();
  const { about, sort: usual = "" } = Object.hasOwn(ONLY, only) ? ONLY[only] : ONLY[""];
  const [sorted] = readSort(asked);
  const sort = Object.hasOwn(TITLES, sorted) || sorted === "index" ? asked : usual;
  const [by] = readSort(sort);
  // Second, where a phone shows it, too.
  const columns =
    own.includes(by) || !Object.hasOwn(TITLES, by)
      ? own
      : [...own.slice(0, 1), by, ...own.slice(1)];
  const note = useMemo(() => (typeof about === "function" ? about(data) : about), [about, data]);
  const rows = useMemo(() => findRows(data, { words, only, sort }), [data, words, only, sort]);
  const chosen = useMemo(() => new Set(latents), [latents]);
  const template = `2.2rem 4.5rem ${columns.map((name) => ownValue(WIDTHS, name) ?? "minmax(4.5rem, 1fr)").join(" ")}`;
  const toggle = (latent: number): void => {
    const next = chosen.has(latent)
      ? latents.filter((one) => one !== latent)
      : [...latents, latent];
    change({ latents: next.sort((a, b) => a - b), documents: [] });
  };
  const head = (name: string, title: string): JSX.Element => (
    <SortHead
      key={name}
      name={name}
      title={title}
      sort={sort}
      isNumeric={isNumeric(data, name)}
      about={ownValue(ABOUT, name)}
    />
  );
  return (
    <section class="catalog" aria-label="catalog">
      <div class="side-head">
        <WordsFilter what="latents" of="labels, keywords and families" />
        <ListChoice
          title="show"
          of="only"
          value={only}
          choices={Object.entries(ONLY)
            .filter(
              ([key, { holds }]) =>
                key === only || key === "" || data.columns.label.some((_, at) => holds(data, at)),
            )
            .map(([key, { title }]) => [key, title])}
        />
        <span class="muted" role="status">
          {wholeNumber(rows.length)} of {wholeNumber(data.index.latents)} latents
        </span>
        <button
          type="button"
          onClick={() => change({ latents: [...rows].sort((a, b) => a - b), documents: [] })}
        >
          Select these
        </button>
        <details class="menu">
          <summary>Columns</summary>
          <div>
            {Object.keys(TITLES).map((name) => (
              <label key={name}>
                <input
                  type="checkbox"
                  checked={own.includes(name)}
                  onChange={() =>
                    change({
                      columns: Object.keys(TITLES).filter((one) =>
                        one === name ? !own.includes(one) : own.includes(one),
                      ),
                    })
                  }
                />
                {ownValue(TITLES, name)}
              </label>
            ))}
          </div>
        </details>
      </div>
      {error !== undefined && <p class="problem">{error}</p>}
      {note !== undefined && <p class="note">{note}</p>}
      <VirtualList
        label="latents"
        role="grid"
        count={rows.length}
        rowHeight={32}
        current={focus?.kind === "latent" ? rows.indexOf(focus.id) : undefined}
        onOpen={(at) => show({ kind: "latent", id: rows[at] })}
        header={
          <div class="list-head cells" role="row" style={{ gridTemplateColumns: template }}>
            <div role="columnheader" aria-label="selected" />
            {head("index", "latent")}
            {columns.map((name) => head(name, ownValue(TITLES, name) ?? name))}
          </div>
        }
        row={(at) => (
          <div class="cells" role="presentation" style={{ gridTemplateColumns: template }}>
            <div role="gridcell">
              <input
                type="checkbox"
                aria-label={`select latent ${rows[at]}`}
                checked={chosen.has(rows[at])}
                onClick={(event) => event.stopPropagation()}
                onChange={() => toggle(rows[at])}
              />
            </div>
            <div role="gridcell" class="number">
              {rows[at]}
            </div>
            {columns.map((name) => cell(data, name, rows[at]))}
          </div>
        )}
      />
    </section>
  );
}

/** Which labels are shown. */
interface LabelChoice {
  title: string;
  holds: (data: Judged, latent: number) => boolean;
  /** What the choice means, where its title does not say it. */
  about?: string | ((data: AtlasData) => string);
  /** The order that puts the worst first, until another is chosen. */
  sort?: string;
}

const ONLY: Record<string, LabelChoice> = {
  "": { title: "all latents", holds: () => true },
  doubtful: {
    title: "doubtful labels",
    about: (data) => `Most doubtful first: ${countDoubts(data)}.`,
    holds: ({ columns }, at) => doubtOf(columns, at) !== undefined,
    sort: "doubt",
  },
  wrong: {
    title: "with wrong verdicts",
    about:
      "The judge, a model that sees only the label, accepted documents in which the latent is not active, or rejected documents in which it is. Most wrong verdicts first.",
    holds: ({ columns }, at) => (columns.wrong?.[at] ?? 0) > 0,
    sort: "-wrong",
  },
  failed: {
    title: "with failed answers",
    about: "The judge gave no usable answer. Most failed answers first.",
    holds: ({ columns }, at) => (columns.failed?.[at] ?? 0) > 0,
    sort: "-failed",
  },
  unasked: {
    title: "no model was asked",
    holds: ({ columns }, at) => columns.judged?.[at] === null,
  },
  unlabelled: { title: "without a label", holds: ({ columns }, at) => columns.label[at] === "" },
  corrected: {
    title: "corrected by a person",
    holds: ({ columns }, at) => columns.label_source[at] === "human",
  },
};

function countDoubts({ columns }: AtlasData): string {
  const kinds = columns.label.map((_, latent) => doubtOf(columns, latent)?.kind);
  return Object.entries(DOUBTS)
    .map(([kind, about]) => {
      const count = kinds.filter((one) => one === kind).length;
      return `${kind} (${wholeNumber(count)} labels), where ${about}`;
    })
    .join("; ");
}

const TITLES: Record<string, string> = {
  label: "label",
  label_source: "label by",
  doubt: "doubt",
  score: "score",
  score_name: "measure",
  score_n: "n",
  score_low: "score from",
  score_high: "score to",
  active: "documents",
  density: "density",
  mean_activation: "mean activation",
  max_activation: "highest",
  family: "family",
  stability: "stability",
  class_name: "best class",
  class_f1: "F1",
  class_kmeans: "F1 k-means",
  class_random_documents: "F1 random doc.",
  class_random_decoder: "F1 random dec.",
  keywords: "keywords",
  judged: "verdicts",
  wrong: "wrong",
  failed: "failed",
  model: "model",
  label_cost: "cost",
};
const ABOUT: Record<string, string> = {
  doubt: TERMS.doubtful,
  score: TERMS.score,
  stability: TERMS.stability,
  class_f1: TERMS.F1,
  class_kmeans: TERMS.baselines,
  class_random_documents: TERMS.baselines,
  class_random_decoder: TERMS.baselines,
  family: TERMS.family,
  max_activation: TERMS.activation,
  mean_activation: TERMS.activation,
  judged: "documents that a judge decided on from the label alone",
  wrong: "wrong verdicts of the judge",
};
const WIDTHS: Record<string, string> = {
  label: "minmax(9rem, 2fr)",
  label_source: "minmax(5rem, 1fr)",
  doubt: "minmax(11.1rem, 1.6fr)",
  active: "minmax(6.4rem, 1fr)",
  class_kmeans: "minmax(6.5rem, 1fr)",
  class_random_documents: "minmax(8.8rem, 1fr)",
  class_random_decoder: "minmax(8.5rem, 1fr)",
  keywords: "minmax(10rem, 2.4fr)",
  family: "minmax(8rem, 1.4fr)",
};

/** The latents whose texts have all words, in the order of a column. */
function findRows(data: Judged, { words, only, sort }: ListState): number[] {
  const wanted = wordsOf(words);
  const { columns, index } = data;
  const searched = wanted.length > 0 ? textsOf(data) : [];
  const all = Array.from({ length: index.latents }, (_, latent) => latent);
  const { holds } = Object.hasOwn(ONLY, only) ? ONLY[only] : ONLY[""];
  const found = all.filter((latent) => {
    if (!holds(data, latent)) return false;
    if (wanted.length === 0) return true;
    return wanted.every((word) => searched[latent].includes(word) || word === String(latent));
  });
  const [column, isDown] = readSort(sort);
  if (column === "") return found;
  const value = (latent: number): string | number | null =>
    column === "index"
      ? latent
      : column === "family"
        ? familyName(data, latent)
        : column === "doubt"
          ? (doubtOf(columns, latent)?.rank ?? null)
          : (columns[column as keyof Judged["columns"]]?.[latent] ?? null);
  const values = all.map(value);
  return found.sort((a, b) => compareCells(values[a], values[b], isDown) || a - b);
}

const texts = new WeakMap<AtlasData, string[]>();

/** What each latent is found by, kept for the next letter that is typed. */
function textsOf(data: AtlasData): string[] {
  const { label, keywords } = data.columns;
  const known =
    texts.get(data) ??
    label.map((text, latent) =>
      `${text} ${keywords[latent]} ${familyName(data, latent)}`.toLowerCase(),
    );
  texts.set(data, known);
  return known;
}

function familyName(data: AtlasData, latent: number): string {
  return data.familyOf.get(data.columns.family[latent])?.name ?? "";
}

function isNumeric({ columns }: Judged, name: string): boolean {
  if (name === "family") return false;
  const values: readonly unknown[] = columns[name as keyof Judged["columns"]] ?? [];
  return typeof values.find((value) => value !== null) === "number";
}

function cell(data: Judged, name: string, latent: number): JSX.Element {
  const value =
    name === "label"
      ? latentName(data, latent)
      : name === "family"
        ? plain(familyName(data, latent), 80)
        : name === "doubt"
          ? doubtOf(data.columns, latent)?.reason
          : data.columns[name as keyof Judged["columns"]]?.[latent];
  const digits = name === "density" ? 4 : 2;
  return typeof value === "number" ? (
    <div key={name} role="gridcell" class="number">
      {Number.isInteger(value) ? wholeNumber(value) : shortNumber(value, digits)}
    </div>
  ) : (
    <div key={name} role="gridcell">
      <bdi>{plain(value ?? "", 120)}</bdi>
    </div>
  );
}
