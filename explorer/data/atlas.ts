import { SCALAR_COLUMNS } from "../../src/catalog/columns.js";
import { PAIR_BYTES, VERDICT_COLUMNS } from "../../src/explorer/format.js";
import type {
  DocumentColumns,
  DocumentRecord,
  EvidenceRecord,
  FamilyRecord,
  LatentColumns,
  LatentFile,
  LatentRecord,
  PageFamily,
  PageIndex,
  PageMatch,
  RecordKind,
  VerdictColumns,
} from "../../src/explorer/format.js";
import type { Source } from "../source/source.js";
import { plain } from "./text.js";

/** Documents of a latent, or latents of a document, strongest first. */
export interface Pairs {
  ids: Uint32Array;
  values: Float32Array;
}

/** An atlas as the page holds it: columns and places in memory, the rest read when it is needed. */
export interface AtlasData {
  source: Source;
  /** Whether it is the one that another is compared with. */
  isOther: boolean;
  index: PageIndex;
  columns: LatentColumns;
  families: PageFamily[];
  /** Families by their parent. */
  familyOf: ReadonlyMap<number, PageFamily>;
  /** What judges said of the labels; it may come long after the columns. */
  verdicts: () => Promise<VerdictColumns>;
  /** Places of latents and documents, [n, 2]. */
  latentPoints: Float32Array;
  documentPoints: Float32Array;
  /** The strongest latent of every document. */
  strongest: Uint32Array;
  latent: (id: number) => Promise<LatentRecord>;
  /** By its place in `families`. */
  family: (at: number) => Promise<FamilyRecord>;
  /** What stands behind the label of a latent, or of a family by its place; it may come long after their records. */
  evidence: (kind: "latents" | "families", at: number) => Promise<EvidenceRecord>;
  document: (row: number) => Promise<DocumentRecord>;
  postings: (latent: number) => Promise<Pairs>;
  codes: (row: number) => Promise<Pairs>;
  /** Length of every document's code. */
  codeLengths: () => Promise<Float32Array>;
  /** The corpus's further columns. */
  documentColumns: () => Promise<DocumentColumns>;
  /** The atlas that it is compared with, and how they match; undefined without one. */
  compared: () => Promise<Compared | undefined>;
}

/** Another atlas beside this one. */
export interface Compared {
  other: AtlasData;
  match: PageMatch;
}

const KEPT = 4000;
const decoder = new TextDecoder();

/** Opens the atlas of a source. */
export async function openAtlas(source: Source, isOther = false): Promise<AtlasData> {
  const json = async <T>(file: Parameters<Source["whole"]>[0]): Promise<T> =>
    JSON.parse(decoder.decode(await source.whole(file))) as T;
  const [index, latents, numbers, families, points, strongest] = await Promise.all([
    json<PageIndex>("index.json"),
    json<LatentFile>("latents.json"),
    source.whole("latents.f64"),
    json<PageFamily[]>("families.json"),
    source.whole("points.f32"),
    source.whole("strongest.u32"),
  ]);
  const columns = readColumns(latents, new Float64Array(numbers), index.latents);
  // Columns without a value are not sent.
  for (const name of SCALAR_COLUMNS) {
    if (name in columns) continue;
    Object.assign(columns, { [name]: new Array<null>(index.latents).fill(null) });
  }
  const latentPoints = new Float32Array(2 * index.latents);
  for (let latent = 0; latent < index.latents; latent++) {
    latentPoints[2 * latent] = columns.x[latent] ?? NaN;
    latentPoints[2 * latent + 1] = columns.y[latent] ?? NaN;
  }
  const offsets = kept(async (file: RecordKind | "postings") => {
    return new Uint32Array(await source.whole(`${file}.offsets`));
  });
  const record = async (kind: RecordKind, at: number, rest?: "evidence"): Promise<unknown> => {
    if (source.record) return source.record(kind, at, rest);
    const places = await offsets(kind);
    const part = await source.part(`${kind}.records`, places[at], places[at + 1]);
    return JSON.parse(decoder.decode(part));
  };
  const pairs = async (file: "postings.bin" | "codes.bin", from: number, to: number) =>
    readPairs(await source.part(file, PAIR_BYTES * from, PAIR_BYTES * to), index.unit);
  return {
    source,
    isOther,
    index,
    columns,
    families,
    familyOf: new Map(families.map((family) => [family.parent, family])),
    latentPoints,
    verdicts: lazily(async () => {
      const all = [...new Int32Array(await source.whole("verdicts.i32"))];
      const column = (at: number): (number | null)[] =>
        all
          .slice(at * index.latents, (at + 1) * index.latents)
          .map((value) => (value < 0 ? null : value));
      return Object.fromEntries(
        VERDICT_COLUMNS.map((name, at) => [name, column(at)]),
      ) as VerdictColumns;
    }),
    documentPoints: new Float32Array(points),
    strongest: new Uint32Array(strongest),
    latent: kept(async (id) => (await record("latents", id)) as LatentRecord),
    family: kept(async (at) => (await record("families", at)) as FamilyRecord),
    evidence: async (kind, at) => (await record(kind, at, "evidence")) as EvidenceRecord,
    document: kept(async (row) => (await record("documents", row)) as DocumentRecord),
    codeLengths: lazily(async () => new Float32Array(await source.whole("codes.lengths"))),
    documentColumns: lazily(() => json<DocumentColumns>("columns.json")),
    compared: lazily(async () => {
      if (source.other === undefined || index.other === undefined) return undefined;
      const [other, match] = await Promise.all([
        openAtlas(source.other, true),
        json<PageMatch>("match.json"),
      ]);
      return { other, match };
    }),
    postings: kept(async (latent) => {
      const places = await offsets("postings");
      return pairs("postings.bin", places[latent], places[latent + 1]);
    }),
    codes: kept((row) => pairs("codes.bin", row * index.slots, (row + 1) * index.slots)),
  };
}

function readColumns(
  { texts, numbers: names }: LatentFile,
  numbers: Float64Array,
  count: number,
): LatentColumns {
  const columns = Object.entries(texts).map(([name, column]): [string, unknown[]] => [
    name,
    Array.isArray(column)
      ? column
      : column.at.map((place) => (place < 0 ? null : column.words[place])),
  ]);
  for (const [i, name] of names.entries()) {
    const values = numbers.subarray(i * count, (i + 1) * count);
    columns.push([name, Array.from(values, (value) => (Number.isNaN(value) ? null : value))]);
  }
  return Object.fromEntries(columns) as unknown as LatentColumns;
}

/** A latent's label as it is shown, or its number where it has none. */
export function latentName({ columns }: Pick<AtlasData, "columns">, latent: number): string {
  return plain(columns.label[latent] ?? "", 120) || `latent ${latent}`;
}

/** The family that a latent is first in. */
export function familyOfLatent(data: AtlasData, latent: number): PageFamily | undefined {
  return data.familyOf.get(data.columns.family[latent]);
}

/** The latents of a family, its parent first. */
export function familyMembers({ parent, members }: PageFamily): number[] {
  return [...new Set([parent, ...members.map(([latent]) => latent)])];
}

/** Pairs, strongest first, without those that are not above 0; see PAIR_BYTES. */
function readPairs(bytes: ArrayBuffer, unit: number): Pairs {
  const halves = new Uint16Array(bytes);
  const number = (at: number): number => halves[at] + 65_536 * halves[at + 1];
  const order = Uint32Array.from({ length: halves.length / 3 }, (_, i) => 3 * i)
    .filter((at) => halves[at + 2] > 0)
    .sort((a, b) => halves[b + 2] - halves[a + 2] || number(a) - number(b));
  return {
    ids: order.map(number),
    values: Float32Array.from(order, (at) => halves[at + 2] * unit),
  };
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Keeps the last results, so that lists which come back need no request. */
function kept<Key, T>(read: (id: Key) => Promise<T>): (id: Key) => Promise<T> {
  const results = new Map<Key, Promise<T>>();
  return (id) => {
    const known = results.get(id);
    if (known !== undefined) return known;
    const result = read(id);
    results.set(id, result);
    result.catch(() => results.delete(id));
    if (results.size > KEPT) results.delete(results.keys().next().value ?? id);
    return result;
  };
}
