import { type Embedder, createOfflineEmbedder } from "../../corpus/embedder.js";
import { createEmbeddingModel } from "../../llm/embeddings.js";
import type { OptionSpec } from "../command.js";

const MODEL_VARIABLE = "FEATURE_FAMILIES_EMBEDDER_MODEL";
const URL_VARIABLE = "FEATURE_FAMILIES_EMBEDDER_BASE_URL";

interface EmbedderOptions {
  model: OptionSpec & { type: "string" };
  "base-url": OptionSpec & { type: "string" };
  dimensions: OptionSpec & { type: "integer" };
}

/** What turns texts into embeddings. */
export const embedderOptions: EmbedderOptions = {
  model: {
    type: "string",
    value: "NAME",
    about: `embedding model of an OpenAI-compatible server (or ${MODEL_VARIABLE}; default offline)`,
  },
  "base-url": { type: "string", value: "URL", about: `the server (or ${URL_VARIABLE})` },
  dimensions: { type: "integer", least: 1, about: "width to ask for, where the model allows it" },
};

/** The embedder of these options, and whether it is a server's. */
export async function openEmbedder(
  values: { model?: string; "base-url"?: string; dimensions?: number; "max-tokens"?: number },
  signal: AbortSignal,
): Promise<{ embedder: Embedder; remote: boolean }> {
  const model = values.model ?? process.env[MODEL_VARIABLE];
  if (model === undefined) return { embedder: await createOfflineEmbedder(), remote: false };
  const embedder = await createEmbeddingModel({
    model,
    baseUrl: values["base-url"] ?? process.env[URL_VARIABLE],
    dimensions: values.dimensions,
    mostTokens: values["max-tokens"],
    signal,
  });
  return { embedder, remote: true };
}
