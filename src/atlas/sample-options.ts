import { existsSync } from "node:fs";
import path from "node:path";
import type { Hub, FetchOptions } from "../corpus/hub/hub.js";
import { type ReleasedCorpus, type ReleasedPart, pullReleased } from "../corpus/hub/released.js";
import type { AtlasOptions, BuildOptions } from "./options.js";

/** What of an atlas's options a corpus decides. */
export type CorpusOptions = Pick<
  BuildOptions,
  "corpus" | "embeddings" | "classTree" | "sae" | "analysis" | "training" | "threshold"
>;

/**
 * The sample, 13,087 nouns of WordNet, from this package's `data/wordnet`, and the SAE that suits it. Its embeddings are in
 * the repository alone: without them a build makes them anew, up to their last digit. Throws Error where the package has no
 * such folder.
 */
export function sampleOptions(packageRoot: string): CorpusOptions {
  const folder = path.join(packageRoot, "data/wordnet");
  if (!existsSync(folder)) throw new Error(`${folder}: the sample is missing`);
  const embeddings = path.join(folder, "embeddings.npy");
  return {
    corpus: path.join(folder, "documents.jsonl"),
    embeddings: existsSync(embeddings) ? embeddings : undefined,
    classTree: path.join(folder, "classes.jsonl"),
    // Chosen by docs/benchmarks.md, "Prefixes and a start by k-means".
    training: {
      ...{ k: 4, n: 1024, epochs: 25, lr: 2e-3, batch: 256 },
      ...{ start: "kmeans", prefixes: [32, 128, 512, 1024] },
    },
    threshold: 0.139,
  };
}

/**
 * The paper's own corpus with its embeddings, SAE and labels, each downloaded once; what is `given` takes the place of a
 * download. Throws as pullReleased does.
 */
export async function releasedOptions(
  hub: Hub,
  corpus: ReleasedCorpus,
  given: Pick<AtlasOptions, "sae" | "analysis"> & { embeddings?: string; k?: number; n?: number },
  options: FetchOptions = {},
): Promise<CorpusOptions> {
  const { k, n, embeddings, sae, analysis } = given;
  const wanted: ReleasedPart[] = ["texts"];
  if (embeddings === undefined) wanted.push("embeddings");
  if (sae === undefined) wanted.push("sae");
  // The released labels are those of the web app's SAE.
  const isLabelled = sae === undefined && analysis === undefined && (n ?? 9216) === 9216;
  if (isLabelled && (k ?? 64) === 64) wanted.push("labels");
  const found = await pullReleased(hub, corpus, wanted, { k, n, ...options });
  const first = (part: ReleasedPart): string => {
    const file = found[part]?.[0];
    if (file === undefined) throw new Error(`${corpus}: its ${part} were not downloaded`);
    return file;
  };
  return {
    corpus: first("texts"),
    embeddings: embeddings ?? first("embeddings"),
    sae: sae ?? first("sae"),
    analysis: analysis ?? found.labels?.[0],
  };
}
