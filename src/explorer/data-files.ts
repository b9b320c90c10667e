import { createHash } from "node:crypto";
import { bytesOf } from "../core/bytes.js";
import type { Codes, Postings } from "../core/codes.js";
import type { Matrix } from "../core/matrix.js";
import { countDocuments } from "../core/postings.js";
import type { CatalogColumns } from "../catalog/read-columns.js";
import type { CatalogRow } from "../catalog/row.js";
import { stringifyJson } from "../files/json-text.js";
import { type Family, familyLatents, familyName } from "../records/family.js";
import type { Label } from "../records/label.js";
import type { StoredEvidence } from "../labels/evidence/evidence-read.js";
import {
  DATA_FILES,
  type DataFile,
  MATCH_FILE,
  OTHER,
  PAIR_BYTES,
  type PageMatch,
} from "./format.js";
import type {
  DocumentColumns,
  DocumentRecord,
  EvidenceRecord,
  LatentColumns,
  LatentFile,
  LatentRecord,
  PageEvidence,
  PageFamily,
  PageIndex,
  RecordKind,
} from "./format.js";

/** What the explorer shows of an atlas. */
export interface ExplorerInputs {
  name: string;
  /** Its folder, for a page that is not passed on. */
  dir?: string;
  /** Read when a text is asked for: maps and lists need none. */
  document: (row: number) => Promise<DocumentRecord>;
  codes: Codes;
  postings: Postings;
  /** Places of the latents on the map [n, 2]. */
  places: Matrix;
  /** Places of the documents by their embeddings [N, 2], where they have a map of their own. */
  documentPlaces?: Matrix;
  families: readonly Family[];
  latents: LatentTable;
  /** What stands behind labels by a model; read when it is asked for. */
  evidence: () => Promise<EvidenceIndex>;
  withTexts: (evidence: StoredEvidence) => Promise<PageEvidence>;
  /** The best class of each family by its parent, with the F1 of all its documents. */
  familyClasses?: ReadonlyMap<number, { f1: number; name: string }>;
  /** Readable names of classes, where they differ from the ids. */
  classNames?: ReadonlyMap<string, string>;
  /** The atlas that it is compared with. */
  compared?: ComparedFiles;
  /** Names of the corpus's further columns, and the columns. */
  columnNames: readonly string[];
  columns: () => Promise<DocumentColumns>;
}

/** Catalog and labels: the columns at once, the rest latent by latent. */
export interface LatentTable {
  /** `family` is the parent of the first family that the latent is in; -1 where it is in none. */
  columns: CatalogColumns & { family: readonly number[] };
  row: (latent: number) => Promise<CatalogRow | undefined>;
  label: (latent: number) => Promise<Label | undefined>;
}

/** What stands behind labels by a model. */
export interface EvidenceIndex {
  /** VERDICT_COLUMNS of the latents [3, n]; -1 where no model was asked. */
  verdicts: Int32Array;
  read: (of: Label["of"], latent: number) => Promise<StoredEvidence | undefined>;
}

/** Another atlas to compare with, and how it matches. */
export interface ComparedFiles {
  name: string;
  files: ExplorerFiles;
  match: () => Promise<PageMatch>;
}

/** An atlas as the page reads it. */
export interface ExplorerFiles {
  /** The files of the atlas that it is compared with. */
  other?: ExplorerFiles;
  /** A file, made when it is first asked for. */
  file(name: DataFile): Promise<Uint8Array>;
  /** Its length, and its bytes from `start` up to `end`, without the whole of a large file. */
  size(name: DataFile): Promise<number>;
  part(name: DataFile, start: number, end: number): Promise<Uint8Array>;
  /** One record, without the file that holds all of them and without evidence; undefined where there is none of that number. */
  record(kind: RecordKind, at: number): Promise<object | undefined>;
  /** The rest of a record: what stands behind a label, which takes the texts of the whole corpus. */
  evidence(kind: RecordKind, at: number): Promise<EvidenceRecord>;
}

const NONE = 0xffffffff;
const MOST_UNITS = 65_535;
const KEYWORDS = 6;

/** The files that the page reads; see "Files of the explorer" in docs/files.md. */
export function explorerFiles(inputs: ExplorerInputs): ExplorerFiles {
  const { codes, families, latents, postings } = inputs;
  const unit = unitOf(codes);
  const record: ExplorerFiles["record"] = async (kind, at) => {
    if (kind === "latents") return at < codes.n ? latentRecord(latents, at) : undefined;
    if (kind === "families")
      return at < families.length ? { label: families[at].label } : undefined;
    return at < codes.rows ? documentRecord(inputs, at) : undefined;
  };
  const evidence: ExplorerFiles["evidence"] = async (kind, at) => {
    if (kind === "latents") return evidenceOf(inputs, "latent", at);
    if (kind === "families") return evidenceOf(inputs, "family", families[at]?.parent);
    return {};
  };
  const made = new Map<RecordKind, Promise<{ bytes: Uint8Array; offsets: Uint32Array }>>();
  const records = (kind: RecordKind): Promise<{ bytes: Uint8Array; offsets: Uint32Array }> => {
    const known =
      made.get(kind) ??
      joinRecords(kind, async (at) => {
        const own = await record(kind, at);
        return own && { ...own, ...(await evidence(kind, at)) };
      });
    made.set(kind, known);
    return known;
  };
  let split: ReturnType<typeof splitColumns> | undefined;
  const columns = (): ReturnType<typeof splitColumns> =>
    (split ??= splitColumns(pageColumns(latents)));
  const byLatent = { numbers: postings.rows, values: postings.values };
  const byDocument = { numbers: codes.indices, values: codes.values };
  const lists: Partial<Record<DataFile, PairList>> = {
    "postings.bin": byLatent,
    "codes.bin": byDocument,
  };
  const makers: Record<DataFile, () => Uint8Array | Promise<Uint8Array>> = {
    "index.json": async () => {
      const version = createHash("sha256");
      for (const name of ["latents.json", "latents.f64", "families.json"] as const)
        version.update(await file(name));
      return json(pageIndex(inputs, unit, version.digest("hex").slice(0, 32)));
    },
    "latents.json": () => json(columns().file),
    "latents.f64": () => bytesOf(columns().numbers),
    "verdicts.i32": async () => bytesOf((await inputs.evidence()).verdicts),
    "families.json": () => json(pageFamilies(inputs)),
    "columns.json": async () => json(await inputs.columns()),
    "latents.records": async () => (await records("latents")).bytes,
    "latents.offsets": async () => bytesOf((await records("latents")).offsets),
    "families.records": async () => (await records("families")).bytes,
    "families.offsets": async () => bytesOf((await records("families")).offsets),
    "documents.records": async () => (await records("documents")).bytes,
    "documents.offsets": async () => bytesOf((await records("documents")).offsets),
    "points.f32": () => bytesOf(inputs.documentPlaces?.data ?? meanPlaces(codes, inputs.places)),
    "strongest.u32": () => bytesOf(strongestLatents(codes)),
    "postings.bin": () => pairs(byLatent, unit),
    "postings.offsets": () => bytesOf(postings.offsets),
    "codes.bin": () => pairs(byDocument, unit),
    "codes.lengths": () => bytesOf(codeLengths(codes)),
    [MATCH_FILE]: async () => json((await inputs.compared?.match()) ?? {}),
  };
  const files = new Map<DataFile, Promise<Uint8Array>>();
  const file: ExplorerFiles["file"] = (name) => {
    const known = files.get(name) ?? Promise.resolve().then(makers[name]);
    if (lists[name] === undefined) files.set(name, known);
    return known;
  };
  return {
    record,
    evidence,
    file,
    other: inputs.compared?.files,
    async size(name) {
      const list = lists[name];
      return list ? PAIR_BYTES * list.numbers.length : (await file(name)).length;
    },
    async part(name, start, end) {
      const list = lists[name];
      if (list === undefined) return (await file(name)).subarray(start, end);
      const from = Math.floor(start / PAIR_BYTES);
      const some = pairs(list, unit, from, Math.ceil(end / PAIR_BYTES));
      return some.subarray(start - from * PAIR_BYTES, end - from * PAIR_BYTES);
    },
  };
}

/** All files by their paths, those of a compared atlas in a folder of their own. */
export async function* everyFile(
  files: ExplorerFiles,
): AsyncGenerator<[path: string, content: Uint8Array]> {
  for (const name of DATA_FILES) yield [name, await files.file(name)];
  if (files.other === undefined) return;
  yield [MATCH_FILE, await files.file(MATCH_FILE)];
  for await (const [name, content] of everyFile(files.other)) yield [`${OTHER}/${name}`, content];
}

function pageIndex(inputs: ExplorerInputs, unit: number, version: string): PageIndex {
  const { compared, name, dir, codes, families, columnNames } = inputs;
  return {
    format: 2,
    name,
    latents: codes.n,
    documents: codes.rows,
    slots: codes.k,
    unit,
    placedBy: inputs.documentPlaces === undefined ? "latents" : "embeddings",
    families: families.length,
    columns: [...columnNames],
    version,
    ...(dir !== undefined && { dir }),
    ...(compared && { other: compared.name }),
  };
}

/** Columns without a value are left out. */
function pageColumns({ columns }: LatentTable): LatentColumns {
  const { keywords, family, ...scalars } = columns;
  const known = Object.entries(scalars).filter(([, values]) => values.some((one) => one !== null));
  return {
    ...Object.fromEntries(known),
    keywords: keywords.map((words) => words.slice(0, KEYWORDS).join(", ")),
    family,
  } as unknown as LatentColumns;
}

/** Columns as the page reads them: texts that repeat by their places, numbers with NaN where there is none. */
function splitColumns(columns: LatentColumns): { file: LatentFile; numbers: Float64Array } {
  const all = Object.entries(columns) as [string, (string | number | null)[]][];
  const isText = (values: (string | number | null)[]): values is (string | null)[] =>
    values.some((value) => typeof value === "string");
  const texts = all.flatMap(([name, values]): [string, LatentFile["texts"][string]][] =>
    isText(values) ? [[name, textColumn(values)]] : [],
  );
  const numbers = all.filter(([, values]) => !isText(values));
  return {
    file: { texts: Object.fromEntries(texts), numbers: numbers.map(([name]) => name) },
    numbers: Float64Array.from(
      numbers.flatMap(([, values]) => values),
      (value) => Number(value ?? NaN),
    ),
  };
}

function textColumn(values: (string | null)[]): LatentFile["texts"][string] {
  const places = new Map<string, number>();
  const at = values.map((value) => {
    if (value === null) return -1;
    const place = places.get(value) ?? places.size;
    places.set(value, place);
    return place;
  });
  return places.size > values.length / 2 ? values : { words: [...places.keys()], at };
}

function pageFamilies({ families, postings, familyClasses }: ExplorerInputs): PageFamily[] {
  return families.map((family) => {
    const { parent, members, label, stability } = family;
    const best = familyClasses?.get(parent);
    return {
      parent,
      name: familyName(family),
      source: label?.source ?? null,
      score: label?.scores.at(0)?.value ?? null,
      stability: stability ?? null,
      active: postings.offsets[parent + 1] - postings.offsets[parent],
      documents: countDocuments(postings, familyLatents(family)),
      agreement: best?.f1 ?? null,
      className: best?.name ?? null,
      members: members.map(({ latent, depth, parent: on, weight }) => [latent, depth, on, weight]),
    };
  });
}

async function latentRecord(
  { row: read, label }: LatentTable,
  at: number,
): Promise<LatentRecord | undefined> {
  const row = await read(at);
  return row && { row, label: await label(at) };
}

async function evidenceOf(
  { evidence, withTexts }: ExplorerInputs,
  of: Label["of"],
  latent: number | undefined,
): Promise<EvidenceRecord> {
  const found = latent === undefined ? undefined : await (await evidence()).read(of, latent);
  return found === undefined ? {} : { evidence: await withTexts(found) };
}

async function documentRecord(
  { document, classNames }: ExplorerInputs,
  at: number,
): Promise<DocumentRecord> {
  const { id, title, text, classes } = await document(at);
  return { id, title, text, classes: classes.map((one) => classNames?.get(one) ?? one) };
}

/** JSON texts one after the other until there is no more, and where each begins [count + 1]. */
async function joinRecords(
  kind: RecordKind,
  read: (at: number) => Promise<object | undefined>,
): Promise<{ bytes: Uint8Array; offsets: Uint32Array }> {
  const parts: Buffer[] = [];
  const offsets = [0];
  for (let value = await read(0); value !== undefined; value = await read(parts.length)) {
    const part = Buffer.from(stringifyJson(value));
    parts.push(part);
    offsets.push(offsets[offsets.length - 1] + part.length);
  }
  const size = offsets[offsets.length - 1];
  if (size >= 2 ** 32) {
    throw new RangeError(
      `explorer: the texts of ${kind} take ${(size / 1e9).toFixed(1)} GB, more than the 4.3 GB that a site can hold: use the explorer's own server`,
    );
  }
  return { bytes: Buffer.concat(parts), offsets: Uint32Array.from(offsets) };
}

/** Every document at the mean of its latents' places, weighted by activation [N, 2]; NaN where it has none. */
function meanPlaces({ rows, k, indices, values }: Codes, places: Matrix): Float32Array {
  const out = new Float32Array(2 * rows);
  for (let row = 0; row < rows; row++) {
    let [x, y, sum] = [0, 0, 0];
    for (let slot = row * k; slot < (row + 1) * k; slot++) {
      const weight = values[slot];
      x += weight * places.data[2 * indices[slot]];
      y += weight * places.data[2 * indices[slot] + 1];
      sum += weight;
    }
    out[2 * row] = x / sum;
    out[2 * row + 1] = y / sum;
  }
  return out;
}

function strongestLatents({ rows, k, indices, values }: Codes): Uint32Array {
  const out = new Uint32Array(rows).fill(NONE);
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let slot = row * k; slot < (row + 1) * k; slot++) {
      if (values[slot] > best) [best, out[row]] = [values[slot], indices[slot]];
    }
  }
  return out;
}

/** The length of every document's code [N]. */
function codeLengths({ rows, k, values }: Codes): Float32Array {
  return Float32Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let slot = row * k; slot < (row + 1) * k; slot++) sum += values[slot] ** 2;
    return Math.sqrt(sum);
  });
}

/** Numbers with their values. */
interface PairList {
  numbers: Uint32Array;
  values: Float32Array;
}

function unitOf({ values }: Codes): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (values[i] > most) most = values[i];
  return most / MOST_UNITS || 1;
}

/** Pairs `from` up to `to`, each of a number in 4 bytes and a value in 2; a value above 0 stays above 0. */
function pairs(
  { numbers, values }: PairList,
  unit: number,
  from = 0,
  to: number = numbers.length,
): Uint8Array {
  const out = new Uint16Array(3 * (to - from));
  for (let i = from, at = 0; i < to; i++, at += 3) {
    out[at] = numbers[i] & 0xffff;
    out[at + 1] = numbers[i] >>> 16;
    out[at + 2] = values[i] > 0 ? Math.max(1, Math.round(values[i] / unit)) : 0;
  }
  return bytesOf(out);
}

function json(value: object): Uint8Array {
  return Buffer.from(stringifyJson(value));
}
