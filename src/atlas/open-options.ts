import type { AtlasOptions } from "./options.js";
import type { MovedInputs } from "./files/moved-inputs.js";
import type { EmbedderSource } from "./search/corpus-embedder.js";

/** How an atlas is opened; with where its inputs are now, if they were moved. */
export interface OpenOptions
  extends Pick<AtlasOptions, "device" | "onProgress" | "onWarning" | "signal">, MovedInputs {
  /** The embedder that made the corpus's embeddings, for texts. Default: the offline one, which made the sample's. */
  embedder?: EmbedderSource;
}
