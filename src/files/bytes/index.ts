/**
 * Bytes below the formats: where they come from, archives of them, and how numbers are laid out in them.
 */
export * from "./half.js";
export * from "./source.js";
export * from "./tensor.js";
export * from "./zip.js";
