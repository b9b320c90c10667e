import { existsSync } from "node:fs";
import { requireCount } from "../../core/arguments.js";
import type { Presentable, PresentationPart } from "../../core/presentation.js";
import type { Audit, AuditEntry, AuditOptions, AuditSubject } from "../../labels/evidence/audit.js";
import { collectAudit } from "../../labels/evidence/audit.js";
import { readEvidence } from "../../labels/evidence/evidence-read.js";
import { readFamilyNames } from "../../records/model-labels.js";
import type { Label } from "../../records/label.js";
import { type Terms, findTerms } from "../search/search.js";
import type { AtlasStore } from "../store.js";
import { type Family, familyLatents, familyName } from "../../records/family.js";
import { showsItself } from "../../core/self-showing.js";

/** What of an atlas is audited. */
export interface AtlasAuditOptions extends AuditOptions {
  /** Most labels: those with the lowest scores, then those without a score. Default all. */
  limit?: number;
  /** Only the labels of these latents, by number, words of the label, or "family:NAME"; no family names then. Default all. */
  latents?: Terms;
}

/** An audit that a notebook shows: each label with the documents behind it. */
export interface AtlasAudit extends Audit, Presentable {}

/**
 * The labels and family names of an atlas with what stands behind them: the documents, answers and verdicts in
 * labels.evidence.jsonl where a model was asked, else documents of the latent. Throws FormatError for a malformed file.
 */
export async function auditAtlas(
  data: AtlasStore,
  { limit = Infinity, latents, ...options }: AtlasAuditOptions = {},
): Promise<AtlasAudit> {
  if (limit !== Infinity) requireCount("audit: limit", limit);
  const labels = await data.labels();
  const families = await data.families();
  const postings = await data.postings();
  const evidenceFile = data.file("evidence");
  const byModel = new Map(
    (await readFamilyNames(data.file("modelFamilies"), postings.n)).map((one) => [one.id, one]),
  );
  const chosen = latents === undefined ? undefined : await findTerms(data, latents);
  const ofLatents = latentSubjects(labels, families);
  const all =
    chosen === undefined
      ? [
          ...ofLatents,
          ...families.map((family) => familySubject(family, byModel.get(family.parent))),
        ]
      : chosen.flatMap((latent) => ofLatents.filter(({ label }) => label.id === latent));
  const subjects = lowest(all, limit);
  const wanted = new Map(
    subjects.map((subject) => [keyOf(subject.label.of, subject.label.id), subject]),
  );
  if (existsSync(evidenceFile)) {
    for await (const evidence of readEvidence(evidenceFile)) {
      const subject = wanted.get(keyOf(evidence.of, evidence.latent));
      if (subject !== undefined) subject.evidence = evidence;
    }
  }
  const source = { postings, documents: await data.documents(), labels };
  const audit = collectAudit(source, subjects, options);
  return showsItself({
    ...audit,
    present: () => audit.entries.map((entry) => presentEntry(entry, audit)),
  });
}

function presentEntry(
  { label: { of, id, text }, examples, evidence }: AuditEntry,
  { documents }: Audit,
): PresentationPart {
  const shown = evidence?.shown ?? examples;
  return {
    heading: `${of === "family" ? "Family" : "Latent"} ${id}: ${text || "no label"}`,
    rows: shown.map(({ document, activation }) => ({
      activation,
      document: documents[document].text ?? documents[document].id,
    })),
  };
}

function latentSubjects(
  labels: ReadonlyMap<number, Label>,
  families: readonly Family[],
): AuditSubject[] {
  const memberships = new Map<number, string[]>();
  for (const family of families) {
    for (const latent of familyLatents(family)) {
      memberships.set(latent, [...(memberships.get(latent) ?? []), familyName(family)]);
    }
  }
  return [...labels.values()].map((label) => ({
    label,
    families: memberships.get(label.id),
  }));
}

function familySubject(family: Family, byModel: Label | undefined): AuditSubject {
  const { parent, label } = family;
  const latents = familyLatents(family);
  if (label?.source === "llm" && byModel?.text === label.text) return { latents, label: byModel };
  const none: Label = { of: "family", id: parent, text: "", source: "keywords", scores: [] };
  return { latents, label: label ?? none };
}

function lowest(subjects: AuditSubject[], most: number): AuditSubject[] {
  if (subjects.length <= most) return subjects;
  const score = ({ label }: AuditSubject): number => label.scores.at(0)?.value ?? Infinity;
  const kept = [...subjects].sort((a, b) => score(a) - score(b)).slice(0, most);
  const names = new Set(kept);
  return subjects.filter((subject) => names.has(subject));
}

function keyOf(of: "latent" | "family", latent: number): string {
  return `${of} ${latent}`;
}
