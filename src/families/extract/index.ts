/**
 * From a forest to families: over several passes, as the paper's code does it, and how far two families overlap.
 */
export * from "./extract-families.js";
export * from "./family-documents.js";
export * from "./family-edges.js";
export * from "./family-overlap.js";
export * from "./reference-families.js";
export { type Family, familyLatents } from "../../records/family.js";
