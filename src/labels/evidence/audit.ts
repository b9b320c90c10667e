import type { Postings } from "../../core/codes.js";
import { type AuditRow, exampleRows, familyRows } from "./audit-examples.js";
import type { ExplanationRecord, ShownExample, Verdict } from "./evidence.js";
import type { StoredEvidence } from "./evidence-read.js";
import type { Label } from "../../records/label.js";
import { truncateText } from "../../words/truncate-text.js";
import { postingsOf } from "../../core/postings.js";

/** Labels with their evidence, for a reader to check. */
export interface Audit {
  entries: AuditEntry[];
  /** The documents, to which entries refer by index, as they were truncated. */
  documents: AuditDocument[];
  /** Labels of all latents. */
  labels: Map<number, string>;
}

/** A document as it was shown. */
export interface AuditDocument {
  id: string;
  /** Undefined if the corpus does not contain it. */
  text?: string;
}

/** One label or family name. */
export interface AuditEntry {
  label: Label;
  /** Number of documents in which the latent, or any of the family, is active. */
  active: number;
  /** Families of the latent by their names, or latents of the family, the parent first. */
  families: string[];
  latents: number[];
  /**
   * What a model was shown and answered; its label may differ from the entry's, for example if a person corrected it.
   */
  evidence?: AuditEvidence;
  /** If no model was asked: documents in which it is active. */
  examples: AuditExample[];
}

/** What a model was shown and answered about one label. */
export interface AuditEvidence extends Pick<
  StoredEvidence,
  "label" | "explainer" | "judge" | "promptVersion" | "date" | "limit"
> {
  shown: AuditExample[];
  explanations: ExplanationRecord[];
  verdicts: (Omit<Verdict, "id"> & { document: number })[];
}

/** A document that was shown, by its index among the audit's documents. */
export interface AuditExample extends Omit<ShownExample, "id" | "set"> {
  document: number;
  set: ShownExample["set"] | "active";
}

/** A label to check, before its documents are looked up. */
export interface AuditSubject {
  label: Label;
  families?: string[];
  /** For a family: its latents, the parent first. */
  latents?: number[];
  evidence?: StoredEvidence;
}

/** Where the documents are looked up. */
export interface AuditSource {
  postings: Postings;
  documents: readonly { id: string; text: string }[];
  labels: ReadonlyMap<number, Label>;
}

/** How much is shown. */
export interface AuditOptions {
  /** Documents per label that no model was asked about. Default 10. */
  examples?: number;
  /** Characters to which its documents are truncated. Default 1,000. */
  characters?: number;
}

/**
 * Labels and family names with the documents, answers and verdicts behind them, matched with the corpus by document id
 * and truncated as they were shown. If no model was asked, there are documents in which the latent is active, strong
 * and weak.
 */
export function collectAudit(
  { postings, documents, labels }: AuditSource,
  subjects: readonly AuditSubject[],
  { examples: count = 10, characters = 1000 }: AuditOptions = {},
): Audit {
  const texts = new Map(documents.map(({ id, text }) => [id, text]));
  const shelf = createShelf(texts);
  const entries = subjects.map((subject): AuditEntry => {
    const { label, families = [], latents = [label.id], evidence } = subject;
    const entry = { label, families, latents, active: countActive(postings, latents) };
    if (evidence !== undefined) {
      return { ...entry, evidence: placeEvidence(evidence, shelf), examples: [] };
    }
    const rows: AuditRow[] =
      label.of === "family"
        ? familyRows(postings, latents, count)
        : exampleRows(postings, label.id, count);
    const examples = rows.map(({ row, ...rest }): AuditExample => {
      const document = shelf.place(documents[row].id, { characters });
      return { document, set: "active", kind: "active", ...rest };
    });
    return { ...entry, examples };
  });
  const names = [...labels.values()].map(({ id, text }): [number, string] => [id, text]);
  return { entries, documents: shelf.documents, labels: new Map(names) };
}

/** Evidence with the documents that it refers to, as they were truncated; `texts` are the corpus's by id. */
export function evidenceWithDocuments(
  evidence: StoredEvidence,
  texts: ReadonlyMap<string, string>,
): AuditEvidence & { documents: AuditDocument[] } {
  const shelf = createShelf(texts);
  return { ...placeEvidence(evidence, shelf), documents: shelf.documents };
}

interface Shelf {
  documents: AuditDocument[];
  place(id: string, limit: StoredEvidence["limit"]): number;
}

/** Keeps each document once per way in which it was truncated. */
function createShelf(texts: ReadonlyMap<string, string>): Shelf {
  const places = new Map<string, number>();
  const documents: AuditDocument[] = [];
  return {
    documents,
    place(id, limit) {
      const key = JSON.stringify([id, limit]);
      const known = places.get(key);
      if (known !== undefined) return known;
      const text = texts.get(id);
      // The tokenizer is not known here, so the text is not truncated.
      const cut = text !== undefined && "characters" in limit ? truncateText(text, limit) : text;
      places.set(key, documents.length);
      documents.push(cut === undefined ? { id } : { id, text: cut });
      return documents.length - 1;
    },
  };
}

function placeEvidence(
  { label, explainer, judge, promptVersion, date, limit, ...rest }: StoredEvidence,
  shelf: Shelf,
): AuditEvidence {
  return {
    label,
    explainer,
    judge,
    promptVersion,
    date,
    limit,
    explanations: rest.explanations,
    shown: rest.shown.map(({ id, ...example }) => ({
      ...example,
      document: shelf.place(id, limit),
    })),
    verdicts: rest.verdicts.map(({ id, ...verdict }) => ({
      ...verdict,
      document: shelf.place(id, limit),
    })),
  };
}

function countActive(postings: Postings, latents: readonly number[]): number {
  const active = new Set<number>();
  for (const latent of latents) {
    const { rows, values } = postingsOf(postings, latent);
    rows.forEach((row, at) => values[at] > 0 && active.add(row));
  }
  return active.size;
}
