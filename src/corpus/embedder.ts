import type { Matrix } from "../core/matrix.js";
import type { OnProgress } from "../core/progress.js";

/** Turns texts into embeddings. */
export interface Embedder {
  /** Name of the model, as a run's manifest records it. */
  readonly id: string;
  /** Width of the embeddings. */
  readonly d: number;
  /** Calls that it takes at a time. Default 4. */
  readonly parallel?: number;
  /** One row per text, unit length unless the model says otherwise [texts.length, d]. */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Matrix>;
}

/** How an embedder reports and stops. */
export interface EmbedOptions {
  /** Called after each batch with step "embed". */
  onProgress?: OnProgress;
  /** Receives how many of the texts are longer than the model reads: their ends have no part in their embeddings. */
  onCut?: (count: number) => void;
  /** Attempts per request, of a model that is asked over a network. Default its own number. */
  attempts?: number;
  /** Stops between two batches; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}
