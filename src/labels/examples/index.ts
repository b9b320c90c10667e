/** What this folder gives to the rest. */
export * from "./near-duplicates.js";
