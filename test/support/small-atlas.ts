import path from "node:path";
import type { AtlasOptions } from "../../src/pipeline/options.js";
import { writeSmallCorpus } from "./small-corpus.js";

/** Options of a small atlas of 96 latents over the sample's first documents, in `folder`. */
export async function smallAtlas(folder: string): Promise<AtlasOptions> {
  return {
    dir: path.join(folder, "atlas"),
    ...(await writeSmallCorpus(folder, 600)),
    training: { k: 4, n: 96, epochs: 12, lr: 3e-3, batch: 128 },
    device: "cpu",
  };
}
