import type { StepRunner } from "../files/manifest.js";
import type { AtlasOptions } from "../options.js";
import type { AtlasStore } from "../store.js";

type HashRole = "corpus" | "embeddings" | "sae" | "classTree" | "analysis" | "codes";

/** What every step works with. */
export interface AtlasBuild {
  runner: StepRunner;
  options: AtlasOptions;
  data: AtlasStore;
  /** SHA-256 of what the steps read, by role; "" for what was not given. Steps add what they wrote. */
  hashes: Record<HashRole, string>;
}

/** What a build did. */
export interface BuildReport {
  dir: string;
  /** Steps that ran, and those that were still valid. */
  ran: string[];
  kept: string[];
  /** Steps whose results no longer fit and are not made by a build: "stability", which `AtlasOptions.stability` renews. */
  dropped: string[];
}
