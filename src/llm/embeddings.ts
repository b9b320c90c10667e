import { ApiError, FormatError } from "../core/errors.js";
import { type Matrix, createMatrix } from "../core/matrix.js";
import type { OnProgress } from "../core/progress.js";
import { type Api, type CallLimits, type Connection, connect } from "./connection.js";
import { MOST_PARALLEL, type PacingOptions, limiterOf } from "./pacing.js";
import { type RetryOptions, withRetries } from "./retry.js";
import { interruptible } from "../core/interrupt.js";
import { inParts } from "./tokens.js";

/** Options of an embedding model behind an OpenAI-compatible API. */
export interface EmbeddingModelOptions extends Partial<Connection>, PacingOptions, RetryOptions {
  /** Such as "text-embedding-3-small". */
  model: string;
  /** Width, for models that support several. Default: the model's own. */
  dimensions?: number;
  /**
   * Tokens (cl100k_base) to which a text is truncated; 0 disables truncation. Default 8,191, the limit of OpenAI's
   * models.
   */
  mostTokens?: number;
  /** Most texts and tokens per request. Default 2,048 and 250,000, within OpenAI's limits. */
  batch?: number;
  batchTokens?: number;
  /**
   * Called with the index of a text that the model cannot embed; its row is then NaN. Default: throw an ApiError that
   * names the indices of the failed request.
   */
  onFailed?: (index: number, reason: string) => void;
}

/** Turns texts into embeddings; the shape of `Embedder`. */
export interface EmbeddingModel {
  readonly id: string;
  readonly d: number;
  /** Most requests at a time that are worth making. */
  readonly parallel: number;
  embed(
    texts: readonly string[],
    options?: { onProgress?: OnProgress; signal?: AbortSignal },
  ): Promise<Matrix>;
}

/** Work of a call besides its texts, in characters. */
const CALL_CHARACTERS = 500;
/** Bounds of an answer's size: numbers per embedding before its width is known, bytes per number, and bytes of the rest. */
const MOST_WIDTH = 16_384;
const NUMBER_BYTES = 26;
const SHORTEST_LIMIT = 1 << 20;

/** Environment variables that may hold the key of an embedding model. */
const EMBEDDER_KEYS = ["FEATURE_FAMILIES_EMBEDDER_API_KEY", "OPENAI_API_KEY"] as const;

/**
 * Opens an embedding model, making one call to find its width. Texts over the limit are truncated at a token; a request
 * contains as many texts as the limits allow; 429, 5xx, timeouts and dropped connections are retried. Rejects with
 * ApiError if the server refuses, and with FormatError if an answer is not one embedding per text, all of one width.
 */
export async function createEmbeddingModel(
  options: EmbeddingModelOptions,
): Promise<EmbeddingModel> {
  const api = connect({ keyVariables: EMBEDDER_KEYS, ...options });
  const limiter = limiterOf(api, options);
  let width = MOST_WIDTH;
  const ask = (input: string[], signal?: AbortSignal): Promise<Matrix> => {
    const length = input.reduce((sum, text) => sum + text.length, 0);
    const call = (timeoutMs: number): Promise<Matrix> =>
      request(api, options, input, {
        timeoutMs,
        mostBytes: SHORTEST_LIMIT + input.length * width * NUMBER_BYTES,
        signal,
      });
    return withRetries(
      () => limiter.run(call, { signal, workOf: () => CALL_CHARACTERS + length }),
      { ...options, signal },
    );
  };
  const { cols: d } = await ask(["width"], options.signal);
  width = d;
  const { mostTokens = 8191, batch = 2048, batchTokens = 250_000 } = options;
  const cut = mostTokens === 0 ? undefined : await loadCutter(mostTokens);
  return {
    id: options.dimensions === undefined ? options.model : `${options.model}@${options.dimensions}`,
    d,
    parallel: options.parallel ?? MOST_PARALLEL,
    async embed(texts, { onProgress, signal: given } = {}) {
      const signal = interruptible(given);
      const out = createMatrix(texts.length, d);
      // The API rejects an empty text, so a space replaces it, as in the offline model.
      const cuts = texts.map((text) => {
        const full = text.trim() === "" ? " " : text;
        return cut ? cut(full) : { text: full, tokens: Math.ceil(full.length / 4) };
      });
      for (let start = 0; start < cuts.length;) {
        signal?.throwIfAborted();
        const end = batchEnd(cuts, start, batch, batchTokens);
        const input = cuts.slice(start, end).map(({ text }) => text);
        const part = await askParts(
          input,
          start,
          d,
          (texts) => ask(texts, signal),
          options.onFailed,
        );
        if (part.cols !== d) {
          throw new FormatError(
            options.model,
            `returned ${part.cols} numbers per embedding, ${d} before`,
          );
        }
        out.data.set(part.data, start * d);
        start = end;
        onProgress?.({ step: "embed", done: start, total: texts.length });
      }
      return out;
    },
  };
}

/** Embeds texts. With `onFailed`, splits a rejected request in halves until each text at fault is isolated. */
async function askParts(
  input: string[],
  start: number,
  d: number,
  ask: (input: string[]) => Promise<Matrix>,
  onFailed: EmbeddingModelOptions["onFailed"],
): Promise<Matrix> {
  try {
    return await ask(input);
  } catch (error) {
    const isText = error instanceof ApiError && [200, 400, 413, 422].includes(error.status);
    if (!isText) throw error;
    const { message, status, url } = error;
    if (onFailed === undefined) {
      const place =
        input.length === 1 ? `text ${start}` : `texts ${start} to ${start + input.length - 1}`;
      throw new ApiError(`${place}: ${message}`, { status, url, retryable: false });
    }
    if (input.length > 1) {
      const middle = input.length >> 1;
      const left = await askParts(input.slice(0, middle), start, d, ask, onFailed);
      const right = await askParts(input.slice(middle), start + middle, d, ask, onFailed);
      const out = createMatrix(input.length, left.cols);
      out.data.set(left.data);
      if (right.cols === left.cols) out.data.set(right.data, left.data.length);
      else
        throw new FormatError(
          error.url,
          `returned ${right.cols} numbers per embedding, ${left.cols} before`,
        );
      return out;
    }
    onFailed(start, message);
    const out = createMatrix(1, d);
    out.data.fill(NaN);
    return out;
  }
}

function batchEnd(
  cuts: readonly { tokens: number }[],
  start: number,
  batch: number,
  batchTokens: number,
): number {
  let tokens = 0;
  let end = start;
  while (end < cuts.length && end - start < batch) {
    tokens += cuts[end].tokens;
    if (end > start && tokens > batchTokens) break;
    end++;
  }
  return end;
}

async function request(
  api: Api,
  { model, dimensions }: EmbeddingModelOptions,
  input: string[],
  limits: CallLimits,
): Promise<Matrix> {
  const body = { model, input, dimensions, encoding_format: "float" };
  const answer = await api.call("/embeddings", body, limits);
  return readAnswer(model, answer, input.length);
}

function readAnswer(model: string, answer: unknown, count: number): Matrix {
  // A truncated or scrambled answer may be right on the next attempt.
  const fail = (problem: string, retryable = true): never => {
    throw new ApiError(`${model}: ${problem}`, { status: 200, url: model, retryable });
  };
  const data = (answer as { data?: unknown } | undefined)?.data;
  if (!Array.isArray(data) || data.length !== count) {
    return fail(`expected ${count} embeddings, got ${Array.isArray(data) ? data.length : "none"}`);
  }
  let matrix: Matrix | undefined;
  const seen = new Set<number>();
  for (const item of data as { index?: unknown; embedding?: unknown }[]) {
    const { index, embedding } = item;
    if (!Array.isArray(embedding) || embedding.some((value) => typeof value !== "number")) {
      return fail("an embedding is not a list of numbers");
    }
    if (embedding.every((value) => value === 0)) return fail("an embedding is all zeros", false);
    matrix ??= createMatrix(count, embedding.length);
    const fits =
      typeof index === "number" && Number.isInteger(index) && index >= 0 && index < count;
    if (!fits || seen.has(index) || embedding.length !== matrix.cols) {
      return fail(`embedding ${String(index)} has ${embedding.length} numbers or a wrong index`);
    }
    seen.add(index);
    matrix.data.set(embedding as number[], index * matrix.cols);
  }
  return matrix ?? createMatrix(0, 0);
}

async function loadCutter(
  most: number,
): Promise<(text: string) => { text: string; tokens: number }> {
  const { encode, decode } = await import("gpt-tokenizer/encoding/cl100k_base");
  return (text) => {
    const tokens = inParts(text).flatMap((part) => encode(part, { disallowedSpecial: new Set() }));
    if (tokens.length <= most) return { text, tokens: tokens.length };
    return { text: decode(tokens.slice(0, most)).replace(/\ufffd+$/, ""), tokens: most };
  };
}
