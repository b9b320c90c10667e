/** What this folder gives to the rest. */
export { createDuplicateFilter } from "./near-duplicates.js";
