import { createHash } from "node:crypto";
import type { Codes, Postings } from "../core/codes.js";
import type { Matrix } from "../core/matrix.js";
import { postingsOf } from "../core/postings.js";
import { CATALOG_COLUMNS } from "../catalog/columns.js";
import type { CatalogRow } from "../catalog/row.js";
import { stringifyJson } from "../files/json.js";
import type { Audit, AuditEntry } from "../labels/evidence/audit.js";
import { type Family, familyLatents, familyName } from "../records/family.js";
import type { Label } from "../records/label.js";
import type {
  DataFile,
  DocumentRecord,
  LatentColumns,
  LatentRecord,
  PageEvidence,
  PageFamily,
  PageIndex,
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
  /** Labels with what stands behind them. */
  audit: Audit;
  /** The best class of each family by its parent, with the F1 of all its documents. */
  familyClasses?: ReadonlyMap<number, { f1: number; name: string }>;
  /** Readable names of classes, where they differ from the ids. */
  classNames?: ReadonlyMap<string, string>;
}

/** Files by name, each made when it is first asked for. */
export type ExplorerFiles = ReadonlyMap<DataFile, () => Uint8Array>;

const NONE = 0xffffffff;
const KEYWORDS = 6;

/** The files that the page reads; see docs/files.md. */
export function explorerFiles(inputs: ExplorerInputs): ExplorerFiles {
  const { codes, postings } = inputs;
  const made = new Map<DataFile, Uint8Array>();
  const latents = lazily(() => records(latentRecords(inputs)));
  const documents = lazily(() => records(documentRecords(inputs)));
  const makers: Record<DataFile, () => Uint8Array> = {
    "index.json": () => json(pageIndex(inputs)),
    "latents.json": () => json(latentColumns(inputs.catalog)),
    "families.json": () => json(pageFamilies(inputs)),
    "latents.records": () => latents().bytes,
    "latents.offsets": () => bytes(latents().offsets),
    "documents.records": () => documents().bytes,
    "documents.offsets": () => bytes(documents().offsets),
    "points.f32": () => bytes(documentPlaces(codes, inputs.places)),
    "strongest.u32": () => bytes(strongestLatents(codes)),
    "postings.bin": () => sortedPostings(postings),
    "postings.offsets": () => bytes(postings.offsets),
    "codes.bin": () => sortedCodes(codes),
  };
  return new Map(
    (Object.keys(makers) as DataFile[]).map((name) => [
      name,
      () => {
        const known = made.get(name) ?? makers[name]();
        made.set(name, known);
        return known;
      },
    ]),
  );
}

function pageIndex({
  name,
  catalog,
  documents,
  codes,
  families,
  ...rest
}: ExplorerInputs): PageIndex {
  const counts = new Map<string, number>();
  for (const { classes } of documents) {
    for (const one of classes) counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  const classes = [...counts].sort((a, b) => b[1] - a[1]).map(([id]) => id);
  const hash = createHash("sha256").update(stringifyJson(catalog)).update(stringifyJson(families));
  return {
    format: 1,
    name,
    latents: catalog.length,
    documents: documents.length,
    slots: codes.k,
    families: families.length,
    classes: classes.map((id) => rest.classNames?.get(id) ?? id),
    version: hash.digest("hex").slice(0, 32),
  };
}

function latentColumns(catalog: readonly CatalogRow[]): LatentColumns {
  const scalars = CATALOG_COLUMNS.filter(({ kind }) => typeof kind === "string");
  const columns = Object.fromEntries(
    scalars.map(({ name }) => [name, catalog.map((row) => row[name])]),
  );
  return {
    ...columns,
    keywords: catalog.map(({ keywords }) => keywords.slice(0, KEYWORDS).join(", ")),
    family: catalog.map(({ families }) => families[0]?.id ?? -1),
  } as unknown as LatentColumns;
}

function pageFamilies({ families, postings, familyClasses }: ExplorerInputs): PageFamily[] {
  return families.map((family) => {
    const { parent, members, label, stability } = family;
    const rows = new Set<number>();
    for (const latent of familyLatents(family)) {
      const { rows: documents, values } = postingsOf(postings, latent);
      documents.forEach((row, at) => values[at] > 0 && rows.add(row));
    }
    const best = familyClasses?.get(parent);
    return {
      parent,
      name: familyName(family),
      source: label?.source ?? null,
      score: label?.scores.at(0)?.value ?? null,
      stability: stability ?? null,
      active: postings.offsets[parent + 1] - postings.offsets[parent],
      documents: rows.size,
      agreement: best?.f1 ?? null,
      className: best?.name ?? null,
      members: members.map(({ latent, depth, parent: on, weight }) => [latent, depth, on, weight]),
    };
  });
}

function* latentRecords({ catalog, labels, audit }: ExplorerInputs): Generator<LatentRecord> {
  const entries = new Map(
    audit.entries.flatMap((entry): [number, AuditEntry][] =>
      entry.label.of === "latent" ? [[entry.label.id, entry]] : [],
    ),
  );
  for (const row of catalog) {
    const evidence = entries.get(row.index)?.evidence;
    yield {
      row,
      label: labels.get(row.index),
      ...(evidence && { evidence: withDocuments(evidence, audit.documents) }),
    };
  }
}

/** The evidence with its own documents, to which it then refers. */
function withDocuments(
  evidence: NonNullable<AuditEntry["evidence"]>,
  all: Audit["documents"],
): PageEvidence {
  const places = new Map<number, number>();
  const own = <T extends { document: number }>(one: T): T => {
    if (!places.has(one.document)) places.set(one.document, places.size);
    return { ...one, document: places.get(one.document) ?? 0 };
  };
  const shown = evidence.shown.map(own);
  const verdicts = evidence.verdicts.map(own);
  return { ...evidence, shown, verdicts, documents: [...places.keys()].map((at) => all[at]) };
}

function* documentRecords({ documents, classNames }: ExplorerInputs): Generator<DocumentRecord> {
  for (const { id, title, text, classes } of documents) {
    yield { id, title, text, classes: classes.map((one) => classNames?.get(one) ?? one) };
  }
}

/** JSON texts one after the other, and where each begins [count + 1]. */
function records(values: Iterable<object>): { bytes: Uint8Array; offsets: Uint32Array } {
  const parts: Buffer[] = [];
  const offsets = [0];
  for (const value of values) {
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

/** Pairs of a document and the activation in it, latent by latent, strongest first. */
function sortedPostings(postings: Postings): Uint8Array {
  const pairs = createPairs(postings.rows.length);
  for (let latent = 0; latent < postings.n; latent++) {
    const { rows, values } = postingsOf(postings, latent);
    pairs.put(postings.offsets[latent], rows, values);
  }
  return pairs.bytes;
}

/** Pairs of a latent and its activation, document by document, strongest first: `k` each. */
function sortedCodes({ rows, k, indices, values }: Codes): Uint8Array {
  const pairs = createPairs(rows * k);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * k, (row + 1) * k];
    pairs.put(from, indices.subarray(from, to), values.subarray(from, to));
  }
  return pairs.bytes;
}

function createPairs(count: number): {
  bytes: Uint8Array;
  put(at: number, numbers: Uint32Array, values: Float32Array): void;
} {
  const pairs = new DataView(new ArrayBuffer(8 * count));
  return {
    bytes: new Uint8Array(pairs.buffer),
    put(at, numbers, values) {
      const order = Uint32Array.from(numbers.keys());
      order.sort((a, b) => values[b] - values[a] || numbers[a] - numbers[b]);
      order.forEach((from, i) => {
        pairs.setUint32(8 * (at + i), numbers[from], true);
        pairs.setFloat32(8 * (at + i) + 4, values[from], true);
      });
    },
  };
}

function json(value: object): Uint8Array {
  return Buffer.from(stringifyJson(value));
}

function bytes(array: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
