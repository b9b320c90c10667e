/** Labels of an atlas: made, imported, corrected, scored and audited. */
export * from "./audit-atlas.js";
export * from "./correct-label.js";
export * from "./import-labels.js";
export * from "./label-atlas.js";
export * from "./paper-files.js";
