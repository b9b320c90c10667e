import { createHash } from "node:crypto";
import type { Codes, Postings } from "../core/codes.js";
import type { Matrix } from "../core/matrix.js";
import { postingsOf } from "../core/postings.js";
import { CATALOG_COLUMNS } from "../catalog/columns.js";
import type { CatalogRow } from "../catalog/row.js";
import { stringifyJson } from "../files/json-text.js";
import { type Family, familyLatents, familyName } from "../records/family.js";
import type { Label } from "../records/label.js";
import { DATA_FILES, type DataFile, MATCH_FILE, OTHER, type PageMatch } from "./format.js";
import type {
  DocumentColumns,
  DocumentRecord,
  FamilyRecord,
  LatentColumns,
  LatentRecord,
  PageEvidence,
  PageFamily,
  PageIndex,
  RecordKind,
} from "./format.js";

/** What the explorer shows of an atlas. */
export interface ExplorerInputs {
  name: string;
  documents: readonly DocumentRecord[];
  codes: Codes;
  postings: Postings;
  /** Places of the latents on the map [n, 2]. */
  places: Matrix;
  families: readonly Family[];
  catalog: readonly CatalogRow[];
  labels: ReadonlyMap<number, Label>;
  /** What stands behind labels by a model, by evidenceKey. */
  evidence: ReadonlyMap<string, PageEvidence>;
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
  /** One record, without the file that holds all of them; undefined where there is none of that number. */
  record(kind: RecordKind, at: number): object | undefined;
}

const NONE = 0xffffffff;
const KEYWORDS = 6;

/** Key of the evidence of a latent's label or a family's name. */
export function evidenceKey(of: Label["of"], latent: number): string {
  return `${of} ${latent}`;
}

/** The files that the page reads; see "Files of the explorer" in docs/files.md. */
export function explorerFiles(inputs: ExplorerInputs): ExplorerFiles {
  const { catalog, codes, documents, families, postings } = inputs;
  const record: ExplorerFiles["record"] = (kind, at) => {
    if (kind === "latents") return at < catalog.length ? latentRecord(inputs, at) : undefined;
    if (kind === "families") return at < families.length ? familyRecord(inputs, at) : undefined;
    return at < documents.length ? documentRecord(inputs, at) : undefined;
  };
  const made = new Map<RecordKind, { bytes: Uint8Array; offsets: Uint32Array }>();
  const records = (kind: RecordKind): { bytes: Uint8Array; offsets: Uint32Array } => {
    const known = made.get(kind) ?? joinRecords((at) => record(kind, at));
    made.set(kind, known);
    return known;
  };
  const makers: Record<DataFile, () => Uint8Array | Promise<Uint8Array>> = {
    "index.json": () => json(pageIndex(inputs)),
    "latents.json": () => json(latentColumns(inputs)),
    "families.json": () => json(pageFamilies(inputs)),
    "columns.json": async () => json(await inputs.columns()),
    "latents.records": () => records("latents").bytes,
    "latents.offsets": () => bytes(records("latents").offsets),
    "families.records": () => records("families").bytes,
    "families.offsets": () => bytes(records("families").offsets),
    "documents.records": () => records("documents").bytes,
    "documents.offsets": () => bytes(records("documents").offsets),
    "points.f32": () => bytes(documentPlaces(codes, inputs.places)),
    "strongest.u32": () => bytes(strongestLatents(codes)),
    "postings.bin": () => pairs(postings.rows, postings.values),
    "postings.offsets": () => bytes(postings.offsets),
    "codes.bin": () => pairs(codes.indices, codes.values),
    [MATCH_FILE]: async () => json((await inputs.compared?.match()) ?? {}),
  };
  const files = new Map<DataFile, Promise<Uint8Array>>();
  return {
    record,
    other: inputs.compared?.files,
    file(name) {
      const known = files.get(name) ?? Promise.resolve().then(makers[name]);
      files.set(name, known);
      return known;
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

function pageIndex(inputs: ExplorerInputs): PageIndex {
  const { compared, name, catalog, documents, codes, families, columnNames } = inputs;
  const hash = createHash("sha256").update(stringifyJson(catalog)).update(stringifyJson(families));
  return {
    format: 1,
    name,
    latents: catalog.length,
    documents: documents.length,
    slots: codes.k,
    families: families.length,
    columns: [...columnNames],
    version: hash.digest("hex").slice(0, 32),
    ...(compared && { other: compared.name }),
  };
}

function latentColumns({ catalog, evidence }: ExplorerInputs): LatentColumns {
  const scalars = CATALOG_COLUMNS.filter(
    ({ kind, name }) => typeof kind === "string" && catalog.some((row) => row[name] !== null),
  );
  const columns = Object.fromEntries(
    scalars.map(({ name }) => [name, catalog.map((row) => row[name])]),
  );
  const verdicts = catalog.map(({ index }) => {
    const found = evidence.get(evidenceKey("latent", index));
    return found?.verdicts.filter(({ set, label }) => set === "score" && label === found.label);
  });
  const count = (counts: (one: PageEvidence["verdicts"][number]) => boolean): (number | null)[] =>
    verdicts.map((list) => list?.filter(counts).length ?? null);
  return {
    ...columns,
    keywords: catalog.map(({ keywords }) => keywords.slice(0, KEYWORDS).join(", ")),
    family: catalog.map(({ families }) => families[0]?.id ?? -1),
    judged: count(() => true),
    wrong: count(({ answer, expected }) => answer !== null && answer !== expected),
    failed: count(({ answer }) => answer === null),
  } as unknown as LatentColumns;
}

function pageFamilies({ families, postings, familyClasses }: ExplorerInputs): PageFamily[] {
  const seen = new Int32Array(postings.documents).fill(-1);
  return families.map((family, at) => {
    const { parent, members, label, stability } = family;
    let documents = 0;
    for (const latent of familyLatents(family)) {
      const { rows, values } = postingsOf(postings, latent);
      for (let i = 0; i < rows.length; i++) {
        if (values[i] > 0 && seen[rows[i]] !== at) documents++;
        if (values[i] > 0) seen[rows[i]] = at;
      }
    }
    const best = familyClasses?.get(parent);
    return {
      parent,
      name: familyName(family),
      source: label?.source ?? null,
      score: label?.scores.at(0)?.value ?? null,
      stability: stability ?? null,
      active: postings.offsets[parent + 1] - postings.offsets[parent],
      documents,
      agreement: best?.f1 ?? null,
      className: best?.name ?? null,
      members: members.map(({ latent, depth, parent: on, weight }) => [latent, depth, on, weight]),
    };
  });
}

function latentRecord({ catalog, labels, evidence }: ExplorerInputs, at: number): LatentRecord {
  const row = catalog[at];
  const found = evidence.get(evidenceKey("latent", row.index));
  return { row, label: labels.get(row.index), ...(found && { evidence: found }) };
}

function familyRecord({ families, evidence }: ExplorerInputs, at: number): FamilyRecord {
  const { parent, label } = families[at];
  const found = evidence.get(evidenceKey("family", parent));
  return { label, ...(found && { evidence: found }) };
}

function documentRecord({ documents, classNames }: ExplorerInputs, at: number): DocumentRecord {
  const { id, title, text, classes } = documents[at];
  return { id, title, text, classes: classes.map((one) => classNames?.get(one) ?? one) };
}

/** JSON texts one after the other until there is no more, and where each begins [count + 1]. */
function joinRecords(read: (at: number) => object | undefined): {
  bytes: Uint8Array;
  offsets: Uint32Array;
} {
  const parts: Buffer[] = [];
  const offsets = [0];
  for (let value = read(0); value !== undefined; value = read(parts.length)) {
    const part = Buffer.from(stringifyJson(value));
    parts.push(part);
    offsets.push(offsets[offsets.length - 1] + part.length);
  }
  return { bytes: Buffer.concat(parts), offsets: Uint32Array.from(offsets) };
}

/** Every document at the mean of its latents' places, weighted by activation [N, 2]; NaN where it has none. */
function documentPlaces({ rows, k, indices, values }: Codes, places: Matrix): Float32Array {
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

/** Numbers and values in turn, 4 bytes each. */
function pairs(numbers: Uint32Array, values: Float32Array): Uint8Array {
  const out = new Uint32Array(2 * numbers.length);
  const floats = new Float32Array(out.buffer);
  for (let i = 0; i < numbers.length; i++) {
    out[2 * i] = numbers[i];
    floats[2 * i + 1] = values[i];
  }
  return bytes(out);
}

function json(value: object): Uint8Array {
  return Buffer.from(stringifyJson(value));
}

function bytes(array: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
