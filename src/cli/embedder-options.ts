import type { Embedder } from "../corpus/embedder.js";
import { refuseOptions } from "./option-rules.js";

const MODEL_VARIABLE = "FEATURE_FAMILIES_EMBEDDER_MODEL";
const URL_VARIABLE = "FEATURE_FAMILIES_EMBEDDER_BASE_URL";

/** What turns texts into embeddings. */
export const embedderOptions = {
  embedder: {
    type: "string",
    value: "NAME",
    about:
      "embedding model of an OpenAI-compatible server (or FEATURE_FAMILIES_EMBEDDER_MODEL; default: the offline model)",
  },
  "embedder-url": {
    type: "string",
    value: "URL",
    about: "its server (or FEATURE_FAMILIES_EMBEDDER_BASE_URL; default OpenAI)",
  },
  dimensions: {
    type: "integer",
    least: 1,
    about: "embedding width to request, if the model supports it",
  },
} as const;

interface EmbedderValues {
  embedder?: string;
  embedderUrl?: string;
  dimensions?: number;
  maxTokens?: number;
}

/**
 * The model of a server that the options or the environment name; undefined for the offline one. Throws UsageError for
 * options that the offline one has no use for.
 */
export function remoteEmbedder(values: EmbedderValues): string | undefined {
  const model = values.embedder ?? process.env[MODEL_VARIABLE];
  if (model === undefined) {
    refuseOptions("the offline embedder", { ...values }, [
      ...["embedder-url", "dimensions", "max-tokens"],
    ]);
  }
  return model;
}

/** The same embedder, which keeps its last answer: a session searches for one text again and again. */
export function keepLast(embedder: Embedder): Embedder {
  let last: { key: string; result: ReturnType<Embedder["embed"]> } | undefined;
  return {
    ...embedder,
    embed(texts, options) {
      const key = JSON.stringify(texts);
      if (last?.key !== key) {
        const result = embedder.embed(texts, options);
        last = { key, result };
        result.catch(() => (last = undefined));
      }
      return last.result;
    },
  };
}

/** The embedder of these options. */
export async function openEmbedder(
  values: EmbedderValues,
  signal: AbortSignal,
): Promise<{ embedder: Embedder; remote: boolean }> {
  const model = remoteEmbedder(values);
  if (model === undefined) {
    const { createOfflineEmbedder } = await import("../corpus/embedders/sentence-encoder.js");
    return { embedder: await createOfflineEmbedder(), remote: false };
  }
  const { createEmbeddingModel } = await import("../llm/embeddings.js");
  const embedder = await createEmbeddingModel({
    model,
    baseUrl: values.embedderUrl ?? process.env[URL_VARIABLE],
    dimensions: values.dimensions,
    mostTokens: values.maxTokens,
    signal,
  });
  return { embedder, remote: true };
}
