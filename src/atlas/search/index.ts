/** Searches and steering on an atlas. */
export { openDocumentSearch } from "./document-search.js";
export { evaluateAtlasSteering } from "./evaluate-steering.js";
export { createNameVectors } from "./name-vectors.js";
