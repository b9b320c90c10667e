import type { InactiveKind } from "../examples/example.js";
import type { TextLimit } from "../../words/truncate-text.js";

/** The evidence for one label or family name, so that anyone can check it: a line of labels.evidence.jsonl. */
export interface LabelEvidence {
  of: "latent" | "family";
  /** The latent, or the parent latent of the family. */
  latent: number;
  label: string;
  /** Models that proposed and judged the name. */
  explainer?: string;
  judge?: string;
  promptVersion?: string;
  /** ISO 8601. */
  date?: string;
  /** How the texts were truncated before they were shown. */
  limit: TextLimit;
  shown: ShownExample[];
  /** The explainer's answers, one per question. */
  explanations: ExplanationRecord[];
  /** The judge's answers, one per document. */
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
  /** Key of the answer in the ledger. */
  key: string;
  status: "ok" | "failed";
  /** Why the answer failed. */
  reason?: string;
  /** The proposed labels. */
  labels: string[];
  /** The reasoning before them. */
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
  /** Whether the judge says that the label applies; null without a readable answer. */
  answer: boolean | null;
  /** From -1 to 1, if the protocol asks for it. */
  confidence?: number;
  /** Of "yes" relative to "no", if the server returns log-probabilities. */
  probability?: number;
  /** Key of the answer in the ledger. */
  key: string;
}
