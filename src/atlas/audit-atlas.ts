import { existsSync } from "node:fs";
import path from "node:path";
import {
  type Audit,
  type AuditOptions,
  type AuditSubject,
  collectAudit,
} from "../labels/evidence/audit.js";
import { readEvidence } from "../labels/evidence/evidence-read.js";
import { readFamilyNames } from "../labels/model-labels.js";
import type { LabelRecord } from "../labels/label.js";
import type { AtlasStore, AtlasFamily } from "./store.js";
import { ATLAS_FILES } from "./files.js";

/** What of an atlas is audited. */
export interface AtlasAuditOptions extends AuditOptions {
  /** Most labels: those with the lowest scores, then those without a score. Default all. */
  most?: number;
}

/**
 * The labels and family names of an atlas with what stands behind them: the documents, answers and verdicts in
 * labels.evidence.jsonl where a model was asked, else documents of the latent. Throws FormatError for a malformed file.
 */
export async function auditAtlas(
  data: AtlasStore,
  { most = Infinity, ...options }: AtlasAuditOptions = {},
): Promise<Audit> {
  const labels = await data.labels();
  const families = await data.families();
  const postings = await data.postings();
  const file = (name: "modelFamilies" | "evidence"): string =>
    path.join(data.dir, ATLAS_FILES[name]);
  const byModel = new Map(
    (await readFamilyNames(file("modelFamilies"), postings.n)).map((one) => [one.latent, one]),
  );
  const subjects = lowest(
    [
      ...latentSubjects(labels, families),
      ...families.map((family) => familySubject(family, byModel.get(family.parent))),
    ],
    most,
  );
  const wanted = new Map(
    subjects.map((subject) => [keyOf(subject.of, subject.record.latent), subject]),
  );
  if (existsSync(file("evidence"))) {
    for await (const evidence of readEvidence(file("evidence"))) {
      const subject = wanted.get(keyOf(evidence.of, evidence.latent));
      if (subject !== undefined) subject.evidence = evidence;
    }
  }
  const source = { postings, documents: await data.documents(), labels };
  return collectAudit(source, subjects, options);
}

function latentSubjects(
  labels: ReadonlyMap<number, LabelRecord>,
  families: readonly AtlasFamily[],
): AuditSubject[] {
  const memberships = new Map<number, string[]>();
  for (const { parent, name, members } of families) {
    for (const latent of [parent, ...members.map((member) => member.latent)]) {
      memberships.set(latent, [...(memberships.get(latent) ?? []), name]);
    }
  }
  return [...labels.values()].map((record) => ({
    of: "latent",
    record,
    families: memberships.get(record.latent),
  }));
}

function familySubject(
  { parent, name, members, nameSource, nameScores }: AtlasFamily,
  byModel: LabelRecord | undefined,
): AuditSubject {
  const [first, ...scores] = nameScores;
  const latents = [parent, ...members.map(({ latent }) => latent)];
  if (nameSource === "llm" && byModel?.label === name)
    return { of: "family", latents, record: byModel };
  return {
    of: "family",
    latents,
    record: {
      latent: parent,
      label: name,
      source: nameSource ?? "keywords",
      ...(first
        ? {
            score: first.value,
            scoreName: first.name,
            n: first.n,
            interval: first.interval,
            scores,
          }
        : {}),
    },
  };
}

function lowest(subjects: AuditSubject[], most: number): AuditSubject[] {
  if (subjects.length <= most) return subjects;
  const score = ({ record }: AuditSubject): number => record.score ?? Infinity;
  const kept = [...subjects].sort((a, b) => score(a) - score(b)).slice(0, most);
  const names = new Set(kept);
  return subjects.filter((subject) => names.has(subject));
}

function keyOf(of: "latent" | "family", latent: number): string {
  return `${of} ${latent}`;
}
