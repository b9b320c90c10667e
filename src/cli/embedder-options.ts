import type { Embedder } from "../corpus/embedder.js";
import type { OptionValues } from "./command.js";
import { refuseOptions } from "./option-rules.js";
import { timeoutMsOf, type timeoutOption } from "./options.js";
import * as option from "./option-kinds.js";

const MODEL_VARIABLE = "FEATURE_FAMILIES_EMBEDDER_MODEL";
const URL_VARIABLE = "FEATURE_FAMILIES_EMBEDDER_BASE_URL";
/** Start of the name of an embedder that is a folder. */
const FOLDER_PREFIX = "onnx:";

/** What turns texts into embeddings. */
export const embedderOptions: {
  embedder: option.Option<"string">;
  "embedder-url": option.Option<"string">;
  dimensions: option.Option<"integer">;
} = {
  embedder: option.text(
    "embedding model on an OpenAI-compatible server, or onnx:FOLDER for a model on this machine (or set FEATURE_FAMILIES_EMBEDDER_MODEL; default: the offline model)",
  ),
  "embedder-url": option.url(
    "URL of its server (or set FEATURE_FAMILIES_EMBEDDER_BASE_URL; default: OpenAI)",
  ),
  dimensions: option.count("embedding width to request, if the model supports it"),
};

type EmbedderValues = Partial<OptionValues<typeof embedderOptions & typeof timeoutOption>> & {
  maxTokens?: number;
  parallel?: number;
};

/**
 * The model of a server that the options or the environment name; undefined for one in this process. Throws UsageError for
 * options that the latter has no use for.
 */
export function remoteEmbedder(values: EmbedderValues): string | undefined {
  const model = namedEmbedder(values);
  if (model !== undefined && !model.startsWith(FOLDER_PREFIX)) return model;
  refuseOptions(
    model === undefined ? "the offline embedder" : `an ${FOLDER_PREFIX}FOLDER embedder`,
    { ...values },
    ["embedder-url", "dimensions", "max-tokens"],
  );
  return undefined;
}

function namedEmbedder({ embedder }: EmbedderValues): string | undefined {
  return embedder ?? process.env[MODEL_VARIABLE];
}

/** The same embedder, which keeps its last answer: a page or a cell searches for one text again and again. */
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
    const folder = namedEmbedder(values)?.slice(FOLDER_PREFIX.length);
    const { createOfflineEmbedder, openModelFolder } = await import("../corpus/embedders/index.js");
    const embedder =
      folder === undefined ? await createOfflineEmbedder() : await openModelFolder(folder);
    return { embedder, remote: false };
  }
  const { createEmbeddingModel } = await import("../llm/embeddings.js");
  const embedder = await createEmbeddingModel({
    model,
    baseUrl: values.embedderUrl ?? process.env[URL_VARIABLE],
    dimensions: values.dimensions,
    mostTokens: values.maxTokens,
    parallel: values.parallel,
    timeoutMs: timeoutMsOf(values),
    signal,
  });
  return { embedder, remote: true };
}
