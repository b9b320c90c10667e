import type {
  DocumentRecord,
  LatentColumns,
  LatentRecord,
  PageFamily,
  PageIndex,
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
  index: PageIndex;
  columns: LatentColumns;
  families: PageFamily[];
  /** Families by their parent. */
  familyOf: ReadonlyMap<number, PageFamily>;
  /** Places of latents and documents, [n, 2]. */
  latentPoints: Float32Array;
  documentPoints: Float32Array;
  /** The strongest latent of every document. */
  strongest: Uint32Array;
  latent: (id: number) => Promise<LatentRecord>;
  document: (row: number) => Promise<DocumentRecord>;
  postings: (latent: number) => Promise<Pairs>;
  codes: (row: number) => Promise<Pairs>;
}

const KEPT = 4000;
const decoder = new TextDecoder();

/** Opens the atlas of a source. */
export async function openAtlas(source: Source): Promise<AtlasData> {
  const json = async <T>(file: Parameters<Source["whole"]>[0]): Promise<T> =>
    JSON.parse(decoder.decode(await source.whole(file))) as T;
  const [index, columns, families, points, strongest] = await Promise.all([
    json<PageIndex>("index.json"),
    json<LatentColumns>("latents.json"),
    json<PageFamily[]>("families.json"),
    source.whole("points.f32"),
    source.whole("strongest.u32"),
  ]);
  const latentPoints = new Float32Array(2 * index.latents);
  for (let latent = 0; latent < index.latents; latent++) {
    latentPoints[2 * latent] = columns.x[latent] ?? NaN;
    latentPoints[2 * latent + 1] = columns.y[latent] ?? NaN;
  }
  const offsets = {
    latents: lazily(async () => new Uint32Array(await source.whole("latents.offsets"))),
    documents: lazily(async () => new Uint32Array(await source.whole("documents.offsets"))),
    postings: lazily(async () => new Uint32Array(await source.whole("postings.offsets"))),
  };
  const record = async <T>(file: "latents" | "documents", at: number): Promise<T> => {
    const places = await offsets[file]();
    const part = await source.part(`${file}.records`, places[at], places[at + 1]);
    return JSON.parse(decoder.decode(part)) as T;
  };
  const pairs = async (file: "postings.bin" | "codes.bin", from: number, to: number) =>
    readPairs(await source.part(file, 8 * from, 8 * to));
  return {
    source,
    index,
    columns,
    families,
    familyOf: new Map(families.map((family) => [family.parent, family])),
    latentPoints,
    documentPoints: new Float32Array(points),
    strongest: new Uint32Array(strongest),
    latent: kept((id) => record<LatentRecord>("latents", id)),
    document: kept((row) => record<DocumentRecord>("documents", row)),
    postings: kept(async (latent) => {
      const places = await offsets.postings();
      return pairs("postings.bin", places[latent], places[latent + 1]);
    }),
    codes: kept((row) => pairs("codes.bin", row * index.slots, (row + 1) * index.slots)),
  };
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

function readPairs(bytes: ArrayBuffer): Pairs {
  const view = new DataView(bytes);
  const count = bytes.byteLength / 8;
  const ids = new Uint32Array(count);
  const values = new Float32Array(count);
  let above = 0;
  for (let i = 0; i < count; i++) {
    ids[i] = view.getUint32(8 * i, true);
    values[i] = view.getFloat32(8 * i + 4, true);
    if (values[i] > 0) above = i + 1;
  }
  return { ids: ids.subarray(0, above), values: values.subarray(0, above) };
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Keeps the last results, so that lists which come back need no request. */
function kept<T>(read: (id: number) => Promise<T>): (id: number) => Promise<T> {
  const results = new Map<number, Promise<T>>();
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
