import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { PageFamily } from "../../src/explorer/format.js";
import { type AtlasData, familyMembers, latentName } from "../data/atlas.js";
import { familyColours } from "../data/colour.js";
import { rankOf } from "../data/find-names.js";
import { plain, shortNumber, wholeNumber, wordsOf } from "../data/text.js";
import { ListChoice } from "../parts/list-choice.js";
import { Term } from "../parts/term.js";
import { collator } from "../parts/sort-head.js";
import { VirtualList } from "../parts/virtual-list.js";
import { WordsFilter } from "../parts/words-filter.js";
import { changeList, hovered, ownFocus, show, shownList } from "../state/state.js";
import { squarify } from "./treemap.js";

type Order = "score" | "size" | "documents" | "stability" | "agreement" | "name";
const ORDERS: readonly [Order, string][] = [
  ["size", "most latents"],
  ["documents", "most documents"],
  ["stability", "stability"],
  ["agreement", "agreement with a class"],
  ["score", "lowest score of the name"],
  ["name", "name"],
];
const TILES = 150;
const TREEMAP = "treemap";
/** The last rank that rankOf gives. */
const WORST_NAME = 3;

/** All families, as a tree or as a treemap. */
export function Families({ data }: { data: AtlasData }): JSX.Element {
  const focus = ownFocus();
  const { words, only, sort } = shownList();
  const order = ORDERS.find(([name]) => name === sort)?.[0] ?? "size";
  const isTree = only !== TREEMAP;
  const found = useMemo(
    () =>
      findFamilies(data, words).sort(
        (a, b) => a.rank - b.rank || comparisons[order](a.family, b.family),
      ),
    [data, words, order],
  );
  const families = useMemo(() => found.map(({ family }) => family), [found]);
  const chosen = focus?.kind === "family" ? focus.id : undefined;
  return (
    <section class="side" aria-label="families">
      <div class="side-head">
        <WordsFilter what="families" of="names, labels and classes" />
        <ListChoice
          title="by"
          of="sort"
          value={order}
          choices={ORDERS.filter(
            ([name]) =>
              name === "size" ||
              name === "name" ||
              families.some((family) => valueOf[name](family) !== null),
          )}
        />
        <span class="segmented" role="group" aria-label="how families are shown">
          {[true, false].map((tree) => (
            <button
              key={String(tree)}
              type="button"
              aria-pressed={isTree === tree}
              onClick={() => changeList({ only: tree ? "" : TREEMAP })}
            >
              {tree ? "Tree" : "Treemap"}
            </button>
          ))}
        </span>
        <span
          class="muted"
          role="status"
          title="families with the words in their name come first, then those with the words in their class or in the label of a latent"
        >
          {wholeNumber(families.length)} of {wholeNumber(data.families.length)} families
        </span>
      </div>
      {isTree ? (
        <FamilyTree data={data} found={found} chosen={chosen} />
      ) : (
        <Treemap data={data} families={families} chosen={chosen} />
      )}
    </section>
  );
}

/** A family that has the words of the filter. */
interface Found {
  family: PageFamily;
  /** The lower, the better: in its name, in its class, in a label of one latent, or spread over all of these. */
  rank: number;
  /** What has the words, where the name has not. */
  why?: string;
}

function findFamilies(data: AtlasData, text: string): Found[] {
  const words = wordsOf(text);
  if (words.length === 0) return data.families.map((family) => ({ family, rank: 0 }));
  const wanted = text.trim().toLowerCase();
  const labels = lowerLabels(data);
  const hasAll = (name: string): boolean => words.every((word) => name.includes(word));
  return data.families.flatMap((family): Found[] => {
    const name = family.name.toLowerCase();
    if (hasAll(name)) return [{ family, rank: rankOf(name, wanted, words) }];
    const { className } = family;
    if (className !== null && hasAll(className.toLowerCase())) {
      return [{ family, rank: WORST_NAME + 1, why: `its class ${plain(className, 60)}` }];
    }
    const latents = familyMembers(family);
    const matching = latents.filter((latent) => hasAll(labels[latent]));
    if (matching.length > 0) {
      const ranks = matching.map((latent) => rankOf(labels[latent], wanted, words));
      const best = Math.min(...ranks);
      const more = matching.length > 1 ? ` and ${wholeNumber(matching.length - 1)} more` : "";
      const label = latentName(data, matching[ranks.indexOf(best)]);
      return [{ family, rank: WORST_NAME + 2 + best, why: `its latent ${label}${more}` }];
    }
    const all = [name, className ?? "", ...latents.map((latent) => labels[latent])];
    return hasAll(all.join(" ").toLowerCase())
      ? [{ family, rank: 2 * WORST_NAME + 3, why: "words of several labels" }]
      : [];
  });
}

const kept = new WeakMap<AtlasData, string[]>();

/** The latents' names in lower case, kept for the next letter that is typed. */
function lowerLabels(data: AtlasData): string[] {
  const known =
    kept.get(data) ?? data.columns.label.map((_, latent) => latentName(data, latent).toLowerCase());
  kept.set(data, known);
  return known;
}

function FamilyTree(props: {
  data: AtlasData;
  found: readonly Found[];
  chosen: number | undefined;
}): JSX.Element {
  const { data, found, chosen } = props;
  const colourOf = useMemo(() => familyColours(data), [data]);
  const hasClasses = data.families.some(({ className }) => className !== null);
  const hasReasons = found.some(({ why }) => why !== undefined);
  const lines = found.flatMap(({ family, why }) => [
    { family, why, latent: family.parent, depth: -1, weight: 0 },
    ...(family.parent === chosen
      ? family.members.map(([latent, depth, , weight]) => ({
          family,
          why: undefined,
          latent,
          depth,
          weight,
        }))
      : []),
  ]);
  return (
    <VirtualList
      label="families"
      role="tree"
      count={lines.length}
      rowHeight={44 + (hasClasses ? 18 : 0) + (hasReasons ? 18 : 0)}
      current={lines.findIndex(({ family, depth }) => depth < 0 && family.parent === chosen)}
      onOpen={(at) => {
        const { family, latent, depth } = lines[at];
        if (depth < 0) show({ kind: "family", id: family.parent });
        else show({ kind: "latent", id: latent });
      }}
      row={(at) => {
        const { family, why, latent, depth, weight } = lines[at];
        if (depth >= 0) {
          return (
            <div class="member" style={{ paddingLeft: `${0.9 + 0.8 * depth}rem` }}>
              <bdi>{latentName(data, latent)}</bdi>
              <small>
                {wholeNumber(data.columns.active[latent])} doc. · edge {shortNumber(weight)}
              </small>
            </div>
          );
        }
        return (
          <div
            class="family-line"
            onMouseEnter={() => (hovered.value = { kind: "family", id: family.parent })}
            onMouseLeave={() => (hovered.value = undefined)}
          >
            <i style={{ background: colourOf(family) }} />
            <bdi>{plain(family.name, 120)}</bdi>
            {why !== undefined && (
              <small class="why">
                found by <bdi>{why}</bdi>
              </small>
            )}
            <small>
              {familyMembers(family).length} latents · {wholeNumber(family.documents)} doc.
              {family.stability === null ? "" : ` · stability ${shortNumber(family.stability)}`}
            </small>
            {family.className !== null && (
              <small>
                class <bdi>{plain(family.className, 60)}</bdi> ·{" "}
                <Term of="F1">F1 {shortNumber(family.agreement)}</Term>
              </small>
            )}
          </div>
        );
      }}
    />
  );
}

function Treemap(props: {
  data: AtlasData;
  families: readonly PageFamily[];
  chosen: number | undefined;
}): JSX.Element {
  const { data, families, chosen } = props;
  const colourOf = useMemo(() => familyColours(data), [data]);
  const shown = useMemo(
    () => [...families].sort((a, b) => b.documents - a.documents).slice(0, TILES),
    [families],
  );
  const [width, height] = [100, 140];
  const tiles = useMemo(
    () =>
      squarify(
        shown.map(({ documents }) => documents),
        width,
        height,
      ),
    [shown],
  );
  return (
    <div class="treemap" role="group" aria-label="families by the number of their documents">
      {tiles.map(({ at, ...tile }) => {
        const family = shown[at];
        return (
          <button
            key={family.parent}
            type="button"
            aria-pressed={family.parent === chosen}
            title={describe(family)}
            aria-label={describe(family)}
            style={{
              left: `${(100 * tile.x) / width}%`,
              top: `${(100 * tile.y) / height}%`,
              width: `${(100 * tile.width) / width}%`,
              height: `${(100 * tile.height) / height}%`,
              "--tile": colourOf(family),
              opacity: family.stability === null ? 1 : 0.45 + 0.55 * family.stability,
            }}
            onClick={() => show({ kind: "family", id: family.parent })}
          >
            {tile.width > 11 && tile.height > 6 && <bdi>{plain(family.name, 60)}</bdi>}
          </button>
        );
      })}
    </div>
  );
}

/** What a tile has no room for. */
function describe(family: PageFamily): string {
  const { name, documents, stability, className, agreement } = family;
  return [
    `${plain(name, 120)}: ${familyMembers(family).length} latents`,
    `${wholeNumber(documents)} documents`,
    ...(stability === null ? [] : [`stability ${shortNumber(stability)}`]),
    ...(className === null ? [] : [`class ${plain(className, 60)}, F1 ${shortNumber(agreement)}`]),
  ].join(" · ");
}

const valueOf: Record<Exclude<Order, "name" | "size">, (family: PageFamily) => number | null> = {
  documents: ({ documents }) => documents,
  stability: ({ stability }) => stability,
  agreement: ({ agreement }) => agreement,
  score: ({ score }) => score,
};

const comparisons: Record<Order, (a: PageFamily, b: PageFamily) => number> = {
  size: (a, b) => b.members.length - a.members.length,
  documents: (a, b) => b.documents - a.documents,
  stability: (a, b) => (b.stability ?? -1) - (a.stability ?? -1),
  agreement: (a, b) => (b.agreement ?? -1) - (a.agreement ?? -1),
  score: (a, b) => (a.score ?? Infinity) - (b.score ?? Infinity),
  name: (a, b) => collator.compare(a.name, b.name),
};
