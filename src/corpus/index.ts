/**
 * Documents and what comes with them: corpora, classes, text cleaning, embedders, and downloads from a hub.
 */
export { cleanText, compatInput, pythonText } from "./clean-text.js";
export {
  type ClassTree,
  type CorpusColumns,
  type CorpusOptions,
  type Document,
  readClassTree,
  readCorpus,
  streamCorpus,
} from "./corpus.js";
export { type DocumentReader, openDocuments } from "./document-reader.js";
export { type EmbedCorpusOptions, type EmbeddedCorpus, embedCorpus } from "./embed-corpus.js";
export type { EmbedOptions, Embedder } from "./embedder.js";
export { openModelFolder } from "./embedders/model-folder.js";
export { createOfflineEmbedder } from "./embedders/sentence-encoder.js";
export { defaultHubCache, defaultHubToken } from "./hub/cache.js";
export {
  type FetchOptions,
  type Hub,
  type HubOptions,
  type HubSnapshot,
  openHub,
} from "./hub/hub.js";
export type { HubFile, HubRepo, HubRepoKind } from "./hub/listing.js";
export {
  type ReleasedCorpus,
  type ReleasedFiles,
  type ReleasedPart,
  type ReleasedSae,
  ATLAS_PARTS,
  RELEASED_CORPORA,
  RELEASED_PARTS,
  pullReleased,
} from "./hub/released.js";
