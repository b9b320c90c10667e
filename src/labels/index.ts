/** Labels of latents and names of families: by words, by a language model, judged, scored, imported. */
export {
  type EmbeddingScore,
  type EmbeddingScoreOptions,
  EMBEDDING_SCORE,
  scoreByEmbedding,
} from "./embedding-score.js";
export {
  type Audit,
  type AuditDocument,
  type AuditEntry,
  type AuditSubject,
  collectAudit,
} from "./evidence/audit.js";
export { type StoredEvidence, readEvidence } from "./evidence/evidence-read.js";
export type {
  ExplanationRecord,
  LabelEvidence,
  ShownExample,
  Verdict,
} from "./evidence/evidence.js";
export { COMPAT_EXAMPLES, drawExamples } from "./examples/draw-examples.js";
export type {
  Example,
  ExampleOptions,
  ExampleSets,
  ExampleSource,
  SkippedLatent,
} from "./examples/example.js";
export { type TokenOverlap, tokenOverlap } from "./examples/token-overlap.js";
export { nameFamiliesByKeywords } from "./family-names.js";
export { type KeywordOptions, labelByKeywords } from "./keywords.js";
export {
  type FamilyLabelOptions,
  type LabelledFamily,
  labelFamilies,
} from "./llm/label-families.js";
export { type JudgeCheckOptions, checkJudge } from "./llm/judge-check.js";
export {
  type LabelledLatent,
  type LatentLabelOptions,
  type ModelLabelOptions,
  labelLatents,
} from "./llm/label-latents.js";
export {
  type MeasuredVerdict,
  type VerdictMeasures,
  measureVerdicts,
  weightedF1,
} from "./measures.js";
export { analysisOfLabels, analysisToJson } from "./paper/analysis.js";
export {
  type AnalysisRow,
  type CleanLatent,
  type CleanOptions,
  cleanLabel,
  parseAnalysis,
  selectCleanLatents,
} from "./paper/clean-labels.js";
export { type FamilyAnalysisEntry, familyAnalysisEntry } from "./paper/family-analysis-entry.js";
export { namesFromFamilyAnalysis } from "./paper/family-analysis-names.js";
export { type FamilyAnalysis, parseFamilyAnalysis } from "./paper/family-analysis.js";
export { labelsFromAnalysis } from "./paper/labels-from-analysis.js";
export { type LabelProtocol, type ProtocolName, PROTOCOLS } from "./llm/protocol.js";
export {
  type FamilyMemberScore,
  type Label,
  type LabelSource,
  type Score,
  displayLabel,
  mergeLabels,
  withScore,
} from "../records/label.js";
export { type LabelLine, readLabels, toLine, writeLabels } from "../records/label-lines.js";
export { readOverrides } from "../records/overrides.js";
