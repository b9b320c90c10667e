import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { AtlasData, Compared } from "../../data/atlas.js";
import { plain, shortNumber, wholeNumber, wordsOf } from "../../data/text.js";
import { ListChoice } from "../../parts/list-choice.js";
import { SortHead, compareCells, readSort } from "../../parts/sort-head.js";
import { VirtualList } from "../../parts/virtual-list.js";
import { WordsFilter } from "../../parts/words-filter.js";
import { hovered, show, shownList, state } from "../../state/state.js";
import { type MatchRow, familyRows, latentRows } from "./matched.js";

const TEMPLATE = "minmax(0, 1fr) 4.6rem minmax(0, 1fr) 3.6rem";
const SIGNS = { both: "↔", one: "→", none: "" };

/** The latents of two atlases beside each other in a table. */
export function Matches({ data, compared }: { data: AtlasData; compared: Compared }): JSX.Element {
  const { words, only, sort } = shownList();
  const { focus } = state.value;
  const [hereName, thereName] = namesOf(data, compared);
  const choices = choicesOf(hereName, thereName);
  const choice = Object.hasOwn(choices, only) ? choices[only] : choices[""];
  const all = useMemo(
    () => (only === "families" ? familyRows(data, compared) : latentRows(data, compared)),
    [data, compared, only === "families"],
  );
  const rows = useMemo(() => {
    const wanted = wordsOf(words);
    const [column, isDown] = readSort(sort === "" ? "-closeness" : sort);
    const value = (row: MatchRow): string | number | null =>
      column === "here" || column === "there" || column === "shared" ? row[column] : row.closeness;
    return all
      .filter((row) => choice.holds(row))
      .filter((row) => {
        const text = `${row.here} ${row.there}`.toLowerCase();
        return wanted.every((word) => text.includes(word));
      })
      .sort((a, b) => compareCells(value(a), value(b), isDown));
  }, [all, words, only, sort]);
  const isFamilies = only === "families";
  const hasShared = !isFamilies && compared.match.sameDocuments;
  return (
    <section class="side" aria-label="matches">
      <div class="side-head">
        <WordsFilter what="matches" of="labels" />
        <ListChoice
          title="show"
          of="only"
          value={only}
          choices={Object.entries(choices).map(([key, { title }]) => [key, title])}
        />
        <span class="muted" role="status">
          {wholeNumber(rows.length)} of {wholeNumber(all.length)}
        </span>
      </div>
      <VirtualList
        label="matched latents"
        role="grid"
        count={rows.length}
        rowHeight={44}
        current={rows.findIndex(
          ({ from }) =>
            from.id === focus?.id && from.kind === focus.kind && from.isOther === focus.isOther,
        )}
        onOpen={(at) => show(rows[at].from)}
        header={
          <div class="list-head cells" role="row" style={{ gridTemplateColumns: TEMPLATE }}>
            <SortHead name="here" title={hereName} isNumeric={false} />
            <SortHead
              name="closeness"
              title={isFamilies ? "overlap" : "cosine"}
              isNumeric
              about={
                isFamilies
                  ? "latents in both, as a share of the latents in either"
                  : "cosine of the two latents’ directions; ↔ each is the other’s nearest, → nearest from one side only"
              }
            />
            <SortHead name="there" title={thereName} isNumeric={false} />
            {hasShared ? (
              <SortHead
                name="shared"
                title="doc."
                isNumeric
                about="documents in which both are active"
              />
            ) : (
              <div role="columnheader" />
            )}
          </div>
        }
        row={(at) => <Row row={rows[at]} />}
      />
    </section>
  );
}

function Row({ row }: { row: MatchRow }): JSX.Element {
  const { from, kind, closeness, shared, here, there } = row;
  const isOther = from.isOther === true;
  const sign = kind === "one" && isOther ? "←" : SIGNS[kind];
  const side = (name: string, isNearest: boolean): JSX.Element => (
    <div role="gridcell" class={isNearest && kind === "none" ? "muted" : ""}>
      {isNearest && kind === "none" ? "no match" : <bdi>{name}</bdi>}
    </div>
  );
  return (
    <div
      class="cells"
      role="presentation"
      style={{ gridTemplateColumns: TEMPLATE }}
      onMouseEnter={() => (hovered.value = from)}
      onMouseLeave={() => (hovered.value = undefined)}
    >
      {side(here, isOther)}
      <div role="gridcell" class="number">
        {sign} {shortNumber(closeness)}
      </div>
      {side(there, !isOther)}
      <div role="gridcell" class="number">
        {shared !== null && wholeNumber(shared)}
      </div>
    </div>
  );
}

/** The atlases' names, kept apart where both have the same. */
export function namesOf(data: AtlasData, { other }: Compared): [here: string, there: string] {
  const [here, there] = [plain(data.index.name, 24), plain(other.index.name, 24)];
  return [here, here === there ? `${there} (other)` : there];
}

function choicesOf(
  here: string,
  there: string,
): Record<string, { title: string; holds: (row: MatchRow) => boolean }> {
  return {
    "": { title: "all latents", holds: () => true },
    both: { title: "matched both ways", holds: ({ kind }) => kind === "both" },
    one: { title: "matched one way", holds: ({ kind }) => kind === "one" },
    here: {
      title: `only in ${here}`,
      holds: ({ kind, from }) => kind === "none" && from.isOther !== true,
    },
    there: {
      title: `only in ${there}`,
      holds: ({ kind, from }) => kind === "none" && from.isOther === true,
    },
    families: { title: "families", holds: () => true },
  };
}
