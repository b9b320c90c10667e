import { ArgumentError } from "../../core/errors.js";
import { createRandom, sampleIndices } from "../../core/random.js";
import type { DocumentColumn } from "../../explorer/format.js";
import { type MapGroup, type MapOptions, pointMap } from "../../figures/charts/map.js";
import { plotlyText } from "../../figures/drawing/text.js";
import { familyLatents, familyName } from "../../records/family.js";
import { atlasColumns } from "../explorer/inputs.js";
import type { AtlasStore } from "../store.js";
import { CONTRAST_FIGURE } from "./contrast.js";
import { type FigureEntry, figure, inGroup } from "./entry.js";
import { DOCUMENT_MAP } from "./requirements.js";

/** Documents that are drawn; of more, so many at random. */
const MOST_DRAWN = 20_000;
const FAMILY = "family";
/** Every document's dot has one size. */
const WEIGHT = 0.003;

/** Figures of the documents. */
export const DOCUMENT_FIGURES: readonly FigureEntry[] = inGroup("documents", [
  figure({
    name: "document-map",
    shows: "all documents on their own map, coloured by family, class, year or any column (`by`)",
    requires: [DOCUMENT_MAP],
    read: async ({ atlas }, { by }) => ({
      ...(await colouring(atlas, by)),
      ...(await placed(atlas)),
    }),
    title: ({ by }) => `Map of documents, coloured by ${by}`,
    draw: ({ by, values, groups, ...places }, options) =>
      pointMap({
        ...options,
        ...places,
        groups,
        heat: values && { values, title: plotlyText(by) },
        words: { point: "document", weight: "", group: by },
      }),
  }),
  CONTRAST_FIGURE,
]);

/** The documents at their places, or as many of them as are drawn. */
async function placed(
  atlas: AtlasStore,
): Promise<Pick<MapOptions, "x" | "y" | "labels" | "weights">> {
  const places = await atlas.documentPlaces();
  const documents = await atlas.documents();
  const drawn = new Uint8Array(documents.length).fill(1);
  if (documents.length > MOST_DRAWN) {
    drawn.fill(0);
    for (const row of sampleIndices(documents.length, MOST_DRAWN, createRandom(0))) drawn[row] = 1;
  }
  const axis = (which: number): number[] =>
    Array.from(drawn, (one, row) => (one && places ? places.data[2 * row + which] : NaN));
  return {
    x: axis(0),
    y: axis(1),
    labels: documents.map(({ title, text }) => title || text),
    weights: new Float32Array(documents.length).fill(WEIGHT),
  };
}

interface Colouring {
  by: string;
  groups: MapGroup[];
  values?: Float64Array;
}

/** What the documents are coloured by: default the broad class, or the first column of words, or the family. */
async function colouring(atlas: AtlasStore, given: string | undefined): Promise<Colouring> {
  const { columnNames, columns } = await atlasColumns(atlas);
  if (given === FAMILY || (given === undefined && columnNames.length === 0)) return byFamily(atlas);
  const read = new Map(Object.entries(await columns()));
  const by = given ?? [...read].find(([, { kind }]) => kind === "text")?.[0];
  if (by === undefined) return byFamily(atlas);
  const column = read.get(by);
  if (column === undefined) {
    throw new ArgumentError(
      `document-map: by: expected one of ${[FAMILY, ...read.keys()].join(", ")}, got ${JSON.stringify(by)}`,
    );
  }
  return byColumn(by, column);
}

function byColumn(by: string, column: DocumentColumn): Colouring {
  if (column.kind === "number") {
    return { by, groups: [], values: Float64Array.from(column.values, (value) => value ?? NaN) };
  }
  const members = column.words.map((): number[] => []);
  column.at.forEach((word, row) => void members[word]?.push(row));
  return { by, groups: column.words.map((name, at) => ({ name, members: members[at] })) };
}

/** By the first family that has the document's strongest latent. */
async function byFamily(atlas: AtlasStore): Promise<Colouring> {
  const { rows, k, indices, values } = await atlas.codes();
  const families = await atlas.families();
  const members = families.map((): number[] => []);
  const familyOf = new Map<number, number>();
  families.forEach((family, at) => {
    for (const latent of familyLatents(family)) {
      if (!familyOf.has(latent)) familyOf.set(latent, at);
    }
  });
  for (let row = 0; row < rows; row++) {
    let strongest = row * k;
    for (let at = row * k; at < (row + 1) * k; at++)
      if (values[at] > values[strongest]) strongest = at;
    const family = familyOf.get(indices[strongest]);
    if (family !== undefined) members[family].push(row);
  }
  return {
    by: FAMILY,
    groups: families.map((family, at) => ({ name: familyName(family), members: members[at] })),
  };
}
