/** Work on more documents than fit in memory or on one machine: groups of documents, files of sums, tasks. */
export { type BlockCoactivationOptions, coactivationFromBlocks } from "./block-coactivation.js";
export { readPairs, writePairs } from "./pair-files.js";
