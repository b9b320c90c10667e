import type { InactiveKind } from "../examples/example.js";
import type { TextLimit } from "../../words/truncate-text.js";

/** What stands behind one label or family name, so that anybody can check it: a line of labels.evidence.jsonl. */
export interface LabelEvidence {
  of: "latent" | "family";
  /** The latent, or the parent latent of the family. */
  latent: number;
  label: string;
  /** Models that named it and that judged the name. */
  explainer?: string;
  judge?: string;
  promptVersion?: string;
  /** ISO 8601. */
  date?: string;
  /** How the texts were cut before they were shown. */
  limit: TextLimit;
  shown: ShownExample[];
  /** What the explainer answered, question by question. */
  explanations: ExplanationRecord[];
  /** What the judge answered, document by document. */
  verdicts: Verdict[];
}

/** A document that was shown, and for what. */
export interface ShownExample {
  /** The document's id. */
  id: string;
  set: "explain" | "validate" | "score";
  kind: "active" | InactiveKind;
  /** Above 0 for kind "active", else 0. */
  activation: number;
  /** For families: the member that is active in it. */
  member?: number;
}

/** One answer of the explainer. */
export interface ExplanationRecord {
  /** Key of the answer on the ledger. */
  key: string;
  status: "ok" | "failed";
  /** Why it failed. */
  reason?: string;
  /** Labels that it proposed. */
  labels: string[];
  /** What it wrote before them. */
  reasoning?: string;
}

/** One answer of the judge about one document. */
export interface Verdict {
  /** The document's id. */
  id: string;
  /** The label that was judged. */
  label: string;
  set: "validate" | "score";
  /** Whether the latent, or any member of the family, is active in it. */
  expected: boolean;
  /** Whether the judge says that the label fits; null where no answer came or none could be read. */
  answer: boolean | null;
  /** From -1 to 1, where the protocol asks for it. */
  confidence?: number;
  /** Of "yes" among "yes" and "no", where the server gives log-probabilities. */
  probability?: number;
  /** Key of the answer on the ledger. */
  key: string;
}
