import { ApiError, FormatError } from "../core/errors.js";
import { inHalves, isOfItems } from "../core/halves.js";
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
    options?: {
      onProgress?: OnProgress;
      /** Receives how many of the texts are longer than is read, after each request. */
      onCut?: (count: number) => void;
      /** Attempts per request, in place of the model's own. */
      attempts?: number;
      signal?: AbortSignal;
    },
  ): Promise<Matrix>;
}

/** Work of a call besides its texts, in characters. */
const CALL_CHARACTERS = 500;
/** Bounds of an answer's size: numbers per embedding before its width is known, bytes per number, and bytes of the rest. */
const MOST_WIDTH = 16_384;
const NUMBER_BYTES = 26;
const SHORTEST_LIMIT = 1 << 20;

/** Share of the tokens counted here below which a server must have left some out, and the smallest window that has been seen. */
const SHARE_COUNTED = 0.75;
const SMALLEST_WINDOW = 64;
const OTHER_SCRIPTS = /[\u0250-\uffff]/g;
const TOO_LARGE = /too (large|long|many)|exceed|context (size|length)|batch size|maximum/i;

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
  const ask = (input: string[], attempts?: number, signal?: AbortSignal): Promise<Answer> => {
    const length = input.reduce((sum, text) => sum + text.length, 0);
    const call = (timeoutMs: number): Promise<Answer> =>
      request(api, options, input, {
        timeoutMs,
        mostBytes: SHORTEST_LIMIT + input.length * width * NUMBER_BYTES,
        signal,
      });
    return withRetries(
      () => limiter.run(call, { signal, workOf: () => CALL_CHARACTERS + length }),
      { ...options, attempts, signal },
    );
  };
  const d = (await ask(["width"], options.attempts, options.signal)).rows.cols;
  if (options.dimensions !== undefined && options.dimensions !== d) {
    throw new FormatError(
      options.model,
      `was asked for ${options.dimensions} numbers per embedding but returned ${d}: it does not support other widths`,
    );
  }
  width = d;
  const lenient = options.onFailed !== undefined;
  const { mostTokens = 8191, batch = 2048, batchTokens = 250_000 } = options;
  const cut = mostTokens === 0 ? undefined : await loadCutter(mostTokens);
  return {
    id: options.dimensions === undefined ? options.model : `${options.model}@${options.dimensions}`,
    d,
    parallel: options.parallel ?? MOST_PARALLEL,
    async embed(
      texts,
      { onProgress, onCut, attempts: most = options.attempts, signal: given } = {},
    ) {
      const signal = interruptible(given);
      const out = createMatrix(texts.length, d);
      // The API rejects an empty text, so a space replaces it, as in the offline model.
      const cuts = texts.map((text) => {
        const full = text.trim() === "" ? " " : text;
        return cut ? cut(full) : { text: full, tokens: Math.ceil(full.length / 4), isCut: false };
      });
      onCut?.(cuts.filter(({ isCut }) => isCut).length);
      for (let start = 0; start < cuts.length;) {
        signal?.throwIfAborted();
        const end = batchEnd(cuts, start, batch, batchTokens);
        await inHalves(end - start, {
          async call(from, to, attempts = most) {
            const part = cuts.slice(start + from, start + to);
            const input = part.map(({ text }) => text);
            const { rows, tokens } = await ask(input, attempts, signal).catch((error: unknown) => {
              throw lenient ? error : placed(error, start + from, start + to);
            });
            if (rows.cols !== d) {
              throw new FormatError(
                options.model,
                `returned ${rows.cols} numbers per embedding, but ${d} before`,
              );
            }
            out.data.set(rows.data, (start + from) * d);
            if (tokens !== undefined) onCut?.(countCut(part, tokens));
          },
          isOfItems: (error) => lenient && isOfItems(error),
          onFailed(item, error) {
            options.onFailed?.(start + item, error instanceof Error ? error.message : "rejected");
            out.data.fill(NaN, (start + item) * d, (start + item + 1) * d);
          },
        });
        start = end;
        onProgress?.({ step: "embed", done: start, total: texts.length });
      }
      return out;
    },
  };
}

/** An error that may be about the texts of a request, with their places. */
function placed(error: unknown, start: number, end: number): unknown {
  if (!(error instanceof ApiError) || !isOfItems(error)) return error;
  const { message, status, url } = error;
  const place = end - start === 1 ? `text ${start}` : `texts ${start} to ${end - 1}`;
  return new ApiError(`${place}: ${message}`, { status, url, retryable: false });
}

/**
 * Texts of a request whose ends the server did not read, by the tokens that it counted. Tokenizers differ, so that only
 * a count far below ours, of texts longer than a small window, says so.
 */
function countCut(part: readonly { text: string; tokens: number }[], counted: number): number {
  const lengths = part.map(({ tokens }) => tokens).sort((a, b) => a - b);
  const own = lengths.reduce((sum, tokens) => sum + tokens, 0);
  // Other scripts than Latin take very different numbers of tokens.
  const others = part.reduce((sum, { text }) => sum + (text.match(OTHER_SCRIPTS)?.length ?? 0), 0);
  if (counted >= SHARE_COUNTED * own || others > own / 4) return 0;
  // The window that explains the count: shorter texts are read whole.
  let left = counted;
  for (const [i, tokens] of lengths.entries()) {
    const window = left / (lengths.length - i);
    if (tokens > window) return window < SMALLEST_WINDOW ? 0 : lengths.length - i;
    left -= tokens;
  }
  return 0;
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

/** The rows of an answer, and the tokens that the server counted. */
interface Answer {
  rows: Matrix;
  tokens: number | undefined;
}

async function request(
  api: Api,
  { model, dimensions }: EmbeddingModelOptions,
  input: string[],
  limits: CallLimits,
): Promise<Answer> {
  const body = { model, input, dimensions, encoding_format: "float" };
  try {
    const answer = await api.call("/embeddings", body, limits);
    const rows = readAnswer(model, answer, input.length);
    const { usage } = answer as { usage?: { prompt_tokens?: unknown } | null };
    const tokens = usage?.prompt_tokens;
    return { rows, tokens: typeof tokens === "number" ? tokens : undefined };
  } catch (error) {
    // llama.cpp calls a text over its limit an error of the server, which the same text meets again.
    if (!(error instanceof ApiError && error.status === 500 && TOO_LARGE.test(error.message))) {
      throw error;
    }
    const { message, url } = error;
    throw new ApiError(message, { status: 413, url, retryable: false });
  }
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
  const items = data as { index?: unknown; embedding?: unknown }[];
  // Google's layer leaves out an index that is 0, others leave out all.
  const isOrdered = items.every((item) => item.index === undefined);
  for (const [place, item] of items.entries()) {
    const { index = isOrdered ? place : 0, embedding } = item;
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
): Promise<(text: string) => { text: string; tokens: number; isCut: boolean }> {
  const { encode, decode } = await import("gpt-tokenizer/encoding/cl100k_base");
  return (text) => {
    const tokens = inParts(text).flatMap((part) => encode(part, { disallowedSpecial: new Set() }));
    if (tokens.length <= most) return { text, tokens: tokens.length, isCut: false };
    const start = decode(tokens.slice(0, most)).replace(/\ufffd+$/, "");
    return { text: start, tokens: most, isCut: true };
  };
}
