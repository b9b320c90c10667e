import type { AtlasOptions } from "./options.js";
import type { EmbedderSource } from "./search/corpus-embedder.js";

/** How an atlas is opened. */
export interface OpenOptions extends Pick<
  AtlasOptions,
  "device" | "onProgress" | "onWarning" | "signal"
> {
  /** The embedder that made the corpus's embeddings, for texts. Default: the offline one, which made the sample's. */
  embedder?: EmbedderSource;
}
