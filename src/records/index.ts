/** Labels and families, each one record however it was made, and their lines in files. */
export * from "./family.js";
export * from "./label.js";
export * from "./label-lines.js";
export * from "./model-labels.js";
export * from "./overrides.js";
