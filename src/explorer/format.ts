import type { ScalarColumn } from "../catalog/columns.js";
import type { CatalogRow } from "../catalog/row.js";
import type { AuditDocument, AuditEvidence } from "../labels/evidence/audit.js";
import type { SteeringMethod } from "../search/steering-methods.js";
import type { Label, LabelSource } from "../records/label.js";

/** Files of an atlas as the explorer's page reads them, from a server, beside it or inside it. */
export const DATA_FILES = [
  "index.json",
  "latents.json",
  "latents.f64",
  "verdicts.i32",
  "families.json",
  "columns.json",
  "latents.records",
  "latents.offsets",
  "families.records",
  "families.offsets",
  "documents.records",
  "documents.offsets",
  "points.f32",
  "strongest.u32",
  "postings.bin",
  "postings.offsets",
  "codes.bin",
  "codes.lengths",
] as const;

/** What there is beside them where another atlas is compared, whose own files are in OTHER. */
export const MATCH_FILE = "match.json";

/** Folder of the files of the atlas that is compared. */
export const OTHER = "other";

/** Bytes of a pair of postings.bin and codes.bin: a uint32 number, and a uint16 activation in units of PageIndex. */
export const PAIR_BYTES = 6;

/** A name of DATA_FILES, or MATCH_FILE. */
export type DataFile = (typeof DATA_FILES)[number] | typeof MATCH_FILE;

/** What has a record of its own: latents by number, families by their place in families.json, documents by row. */
export type RecordKind = (typeof RECORD_KINDS)[number];

/** All kinds of records. */
export const RECORD_KINDS = ["latents", "families", "documents"] as const;

/** index.json: what the atlas is. */
export interface PageIndex {
  format: 2;
  name: string;
  /** Folder of the atlas as the explorer's server opened it; absent from pages that are passed on. */
  dir?: string;
  latents: number;
  documents: number;
  /** Active latents that codes.bin has room for per document. */
  slots: number;
  /** What the activations of postings.bin and codes.bin are counted in: the highest of all is 65,535 of it. */
  unit: number;
  /** What the places of documents go by: their embeddings, or those of their latents. */
  placedBy: "embeddings" | "latents";
  families: number;
  /** Names of the columns that the corpus has beside ids, titles and texts; columns.json holds them. */
  columns: string[];
  /** Changes with labels, families and catalog. */
  version: string;
  /** Name of the atlas that it is compared with; absent without one. */
  other?: string;
}

/** match.json: the latents and families of an atlas beside those of the other. */
export interface PageMatch {
  /** For each latent of this atlas the nearest of the other one. */
  there: MatchedLatents;
  /** For each latent of the other atlas the nearest of this one. */
  here: MatchedLatents;
  /** For each family its best one on the other side: parent, the other's parent, shared latents over all of both. */
  familiesThere: [number, number, number][];
  familiesHere: [number, number, number][];
  /** Whether both atlases are of the same documents, row for row. */
  sameDocuments: boolean;
}

/** Nearest latents by decoder direction. */
export interface MatchedLatents {
  latents: number[];
  cosines: number[];
  /** Cosine above which it is a match: that of 99 % of random directions. */
  threshold: number;
  /** Documents in which both are active; empty where the documents differ. */
  shared: number[];
}

/** latents.json: columns of texts, and the names of the columns of numbers, which stand in latents.f64 one after the other. */
export interface LatentFile {
  texts: Record<string, (string | null)[] | WordColumn>;
  numbers: string[];
}

/** Texts by their places in a list; -1 for none. */
export interface WordColumn {
  words: string[];
  at: number[];
}

/** The catalog by column, lists left to latents.records. */
export type LatentColumns = { [K in ScalarColumn]: CatalogRow[K][] } & {
  /** The strongest keywords, joined. */
  keywords: string[];
  /** Parent of the first family that the latent is in; -1 where it is in none. */
  family: number[];
};

/** Columns of verdicts.i32, one after the other: of each latent's label, -1 where no model was asked. */
export const VERDICT_COLUMNS = ["judged", "wrong", "failed"] as const;

/** The judge's verdicts on each label, those that were wrong, and answers that failed; null where no model was asked. */
export type VerdictColumns = Record<(typeof VERDICT_COLUMNS)[number], (number | null)[]>;

/** An entry of families.json. */
export interface PageFamily {
  parent: number;
  name: string;
  source: LabelSource | null;
  score: number | null;
  stability: number | null;
  /** Documents in which the parent is active, those in which any latent of the family is. */
  active: number;
  documents: number;
  /** F1 of its best class and the class's name, where documents have classes. */
  agreement: number | null;
  className: string | null;
  /** Depth first: latent, depth, the latent it hangs on, weight of that edge. */
  members: [number, number, number, number][];
}

/** columns.json: the corpus's further columns by name, document by document. */
export type DocumentColumns = Record<string, DocumentColumn>;

/** Numbers, or words by their places in a list, null and -1 where a document has none. */
export type DocumentColumn =
  { kind: "number"; values: (number | null)[] } | ({ kind: "text" } & WordColumn);

/** What stands behind a label; the explorer's own server gives it apart from the rest of the record. */
export interface EvidenceRecord {
  evidence?: PageEvidence;
}

/** A line of families.records: what stands behind a family's name. */
export interface FamilyRecord extends EvidenceRecord {
  label?: Label;
}

/** A line of latents.records: what a latent's page shows beside its documents. */
export interface LatentRecord extends EvidenceRecord {
  row: CatalogRow;
  label?: Label;
}

/** Evidence with the documents it refers to. */
export interface PageEvidence extends AuditEvidence {
  documents: AuditDocument[];
}

/** A line of documents.records. */
export interface DocumentRecord {
  id: string;
  title: string;
  text: string;
  classes: string[];
}

/** What is searched for: a text, a document or latents by meaning, or words that documents must have. */
export interface SearchRequest {
  text?: string;
  document?: number;
  latents?: number[];
  words?: string;
  edits?: { latents: number[]; kind: "up" | "down" | "set" | "remove"; strength?: number }[];
  method?: SteeringMethod;
  filters?: ColumnFilter[];
  limit?: number;
}

/** A condition on a column of the corpus: one of these words, or a number in a range. */
export interface ColumnFilter {
  column: string;
  word?: string;
  from?: number;
  to?: number;
}

/** What a search found. */
export interface SearchAnswer {
  /** `score` is the cosine, or null of a search by words; `before` the rank without edits, null below the first 1,000. */
  hits: { row: number; score: number | null; before: number | null }[];
  /** Latents of the query without edits, strongest first. */
  query: { latent: number; activation: number }[];
  /** Typical activations of the query's and the edited latents. */
  typical: { latent: number; activation: number }[];
  /** Cosine of the steered query to the original; 1 without edits. */
  cosine: number;
  /** How far latents moved that were not edited, over their sum before. */
  others: number;
  moved: { latent: number; before: number; wanted: number; after: number }[];
  left: { row: number; before: number }[];
}

/** A document's score as a sum relative to the mean document; see Explanation. */
export interface ScoreParts {
  score: number;
  mean: number;
  latents: { latent: number; activation: number; contribution: number }[];
  others: number;
  bias: number;
  residual: number;
}

/** What only the embeddings know about a document. */
export interface DocumentDetail {
  nearest: { row: number; cosine: number }[];
  /** Share of the embedding's length, squared, that the SAE does not reconstruct. */
  missed: number;
}

/** A correction of a label. */
export interface CorrectionRequest {
  of: "latent" | "family";
  latent: number;
  label: string;
  note?: string;
}

/** What the page may ask of a server, by route: POST api/NAME with the request as JSON. */
export interface ExplorerActions {
  search(request: SearchRequest): Promise<SearchAnswer>;
  explain(request: SearchRequest & { row: number }): Promise<ScoreParts>;
  document(request: { row: number }): Promise<DocumentDetail>;
  correct(request: CorrectionRequest): Promise<{ version: string }>;
  /** Takes the last correction of a latent or family back. */
  withdraw(request: Pick<CorrectionRequest, "of" | "latent">): Promise<{ version: string }>;
}
