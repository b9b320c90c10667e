/**
 * Processes that write into the same folders: locks, and the temporary files of those that have ended.
 */
export * from "./lock.js";
export * from "./temporaries.js";
