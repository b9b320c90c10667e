/** Labels and families, each one record however it was made, and their lines in files. */
export {
  type Family,
  type FamilyMember,
  type FamilyOutline,
  familyLatents,
  familyName,
} from "./family.js";
export {
  type FamilyMemberScore,
  type Label,
  type LabelExamples,
  type LabelSource,
  type Score,
  KEYWORD_SCORE,
  displayLabel,
  mergeLabels,
  scoreNamed,
  withScore,
} from "./label.js";
export {
  type LabelFile,
  type LabelLine,
  parseLabel,
  readLabels,
  toLine,
  writeLabels,
} from "./label-lines.js";
export {
  type SavedScore,
  applyScores,
  readFamilyNames,
  readModelLabels,
  readScores,
} from "./model-labels.js";
export { readOverrides } from "./overrides.js";
