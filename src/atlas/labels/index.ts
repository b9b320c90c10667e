/** Labels of an atlas: made, imported, corrected, scored and audited. */
export { auditAtlas } from "./audit-atlas.js";
export { correctLabel } from "./correct-label.js";
export { importLabels } from "./import-labels.js";
export { labelAtlas } from "./label-atlas.js";
export { rehearseLabels } from "./label-atlas.js";
export { writePaperFiles } from "./paper-files.js";
