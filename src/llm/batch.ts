import { createHash } from "node:crypto";
import { appendFile, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiError } from "../core/errors.js";
import { type Api, type CallLimits, answerJson } from "./connection.js";
import { withRetries } from "./retry.js";

/** How requests are collected and waited for. */
export interface BatchOptions {
  /** File that remembers the batches that were sent, so that a run that was stopped waits for them. */
  journal: string;
  /** Milliseconds without a new request after which those collected are sent. Default 2,000. */
  quietMs?: number;
  /** Milliseconds between two questions whether a batch is done. Default 30,000. */
  pollMs?: number;
}

/** Share of the price that a batch costs. */
export const BATCH_PRICE = 0.5;
/** Most requests and bytes per batch, within OpenAI's limits. */
const MOST_REQUESTS = 20_000;
const MOST_BYTES = 100_000_000;
const CALL: Omit<CallLimits, "signal"> = { timeoutMs: 300_000, mostBytes: 1_000_000 };
const RESULTS_TIMEOUT = 1_800_000;
const MOST_RESULT_BYTES = 1 << 29;
/** States of a batch in which it will not change any more. */
const ENDED = new Set(["completed", "expired", "cancelled", "failed"]);

interface Request {
  id: string;
  line: string;
  signal: AbortSignal | undefined;
  resolve: (answer: Promise<unknown>) => void;
  reject: (error: unknown) => void;
}

interface BatchState {
  id: string;
  status: string;
  output_file_id?: string | null;
  error_file_id?: string | null;
  errors?: { data?: { message?: string }[] } | null;
}

/**
 * An API whose chat completions are sent in batches (`/files`, `/batches`): at half the price, within a day. A request
 * that is in a batch of an earlier run waits for that one. Rejects with ApiError as a single call does, and with a
 * retryable one for a request that its batch did not answer.
 */
export function batchApi(
  api: Api,
  { journal, quietMs = 2000, pollMs = 30_000 }: BatchOptions,
): Api {
  let collected: Request[] = [];
  let bytes = 0;
  let quiet: NodeJS.Timeout | undefined;
  let sent: Promise<Map<string, Batch>> | undefined;
  const known = (): Promise<Map<string, Batch>> => (sent ??= readJournal(journal));
  const wait = async (batch: Batch, id: string, signal?: AbortSignal): Promise<unknown> => {
    batch.results ??= collect(api, journal, batch.id, pollMs, signal);
    const { results, isCancelled } = await batch.results;
    const result = results.get(id);
    const { status_code: status = 0, body } = result?.response ?? {};
    if (status > 0) return answerJson(api, status, JSON.stringify(body));
    throw noBatch(
      api,
      isCancelled
        ? "it was cancelled on the server; rerun to send the unanswered requests"
        : `one of its requests has no answer: ${result?.error?.message ?? "none was returned"}`,
      !isCancelled,
    );
  };
  const flush = (): void => {
    clearTimeout(quiet);
    // Nobody waits any more for what an interrupted run collected.
    const requests = collected.filter(({ signal }) => !signal?.aborted);
    [collected, bytes] = [[], 0];
    if (requests.length === 0) return;
    submit(api, journal, requests).then(
      (batch) => requests.forEach(({ id, signal, resolve }) => resolve(wait(batch, id, signal))),
      (error: unknown) => requests.forEach(({ reject }) => reject(error)),
    );
  };
  return {
    ...api,
    async call(path, body, limits) {
      if (body === undefined || path !== "/chat/completions") return api.call(path, body, limits);
      const text = JSON.stringify(body);
      const id = createHash("sha256").update(text).digest("hex").slice(0, 48);
      const batch = (await known()).get(id);
      // What a batch did not answer is sent again by the next one.
      if (batch !== undefined) (await known()).delete(id);
      const answer =
        batch === undefined
          ? new Promise<unknown>((resolve, reject) => {
              const line = `{"custom_id":"${id}","method":"POST","url":"/v1/chat/completions","body":${text}}\n`;
              collected.push({ id, line, signal: limits.signal, resolve, reject });
              bytes += line.length;
              clearTimeout(quiet);
              if (collected.length >= MOST_REQUESTS || bytes >= MOST_BYTES) flush();
              else quiet = setTimeout(flush, quietMs);
            })
          : wait(batch, id, limits.signal);
      return orAborted(answer, limits.signal);
    },
  };
}

/** A batch that was sent, and its results as soon as somebody waits for them. */
interface Batch {
  id: string;
  results?: Promise<BatchResults>;
}

interface BatchResults {
  results: ReadonlyMap<string, Result>;
  /** Whether somebody ended it at the server, so that nothing of it is sent again in this run. */
  isCancelled: boolean;
}

interface Result {
  custom_id: string;
  response?: { status_code?: number; body?: unknown } | null;
  error?: { message?: string } | null;
}

async function submit(api: Api, journal: string, requests: readonly Request[]): Promise<Batch> {
  const { FormData } = await import("undici");
  const form = new FormData();
  form.set("purpose", "batch");
  const lines = new Blob(
    requests.map(({ line }) => line),
    { type: "application/jsonl" },
  );
  form.set("file", lines, "requests.jsonl");
  const file = answerJson(api, 200, await api.send("/files", form, CALL)) as { id?: string };
  const order = JSON.stringify({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  const answer = await api.send("/batches", order, CALL).catch((error: unknown) => {
    // Where no answer came the batch may have been made, and would be paid for twice.
    if (error instanceof ApiError && [0, 408].includes(error.status)) {
      throw noBatch(api, `it is unknown whether a batch was created (${error.message})`);
    }
    throw error;
  });
  const { id } = answerJson(api, 200, answer) as Partial<BatchState>;
  if (id === undefined) throw noBatch(api, "the answer names no batch");
  // A batch that is not in the journal would be paid for and asked again.
  await appendFile(
    journal,
    `${JSON.stringify({ batch: id, requests: requests.map((one) => one.id) })}\n`,
  );
  return { id };
}

/** The batch of each request that was sent before; of several the last. */
async function readJournal(journal: string): Promise<Map<string, Batch>> {
  const sent = new Map<string, Batch>();
  const text = await readFile(journal, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  });
  for (const line of text.split("\n")) {
    const {
      batch: id,
      requests = [],
      dropped,
    } = parseLine<{ batch?: string; requests?: string[]; dropped?: string }>(line);
    for (const [request, { id: other }] of sent) if (other === dropped) sent.delete(request);
    if (id === undefined) continue;
    const batch: Batch = { id };
    for (const request of requests) sent.set(request, batch);
  }
  return sent;
}

/**
 * Waits until a batch has ended and reads its results. No error of it is retryable by its requests, which would be sent
 * and paid for again.
 */
async function collect(
  api: Api,
  journal: string,
  id: string,
  pollMs: number,
  signal: AbortSignal | undefined,
): Promise<BatchResults> {
  // The next run sends anew what no batch will answer.
  const drop = (): Promise<void> => appendFile(journal, `${JSON.stringify({ dropped: id })}\n`);
  const get = (path: string, limits: CallLimits): Promise<string> =>
    withRetries(() => api.send(path, undefined, { ...limits, signal }), {
      attempts: 20,
      signal,
    }).catch(async (error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof ApiError && error.status === 404) {
        await drop();
        throw noBatch(api, `the server does not know ${id}; rerun to resend its requests`);
      }
      throw noBatch(
        api,
        `cannot tell whether ${id} has ended: ${String(error)}; rerun to continue`,
      );
    });
  for (;;) {
    const state = answerJson(api, 200, await get(`/batches/${id}`, CALL)) as BatchState;
    if (ENDED.has(state.status)) {
      const reason = state.errors?.data?.map(({ message = "" }) => message).join("; ");
      if (state.status === "failed") {
        await drop();
        throw noBatch(api, `${reason || "it failed"}; rerun to resend its requests`);
      }
      const isCancelled = state.status === "cancelled";
      if (isCancelled) await drop();
      const results = new Map<string, Result>();
      for (const file of [state.output_file_id, state.error_file_id]) {
        if (!file) continue;
        const limits = { timeoutMs: RESULTS_TIMEOUT, mostBytes: MOST_RESULT_BYTES };
        const text = await get(`/files/${file}/content`, limits);
        for (const line of text.split("\n")) {
          const result = parseLine<Result>(line);
          if (result.custom_id !== undefined) results.set(result.custom_id, result as Result);
        }
      }
      return { results, isCancelled };
    }
    await sleep(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

function noBatch({ baseUrl: url }: Api, problem: string, retryable = false): ApiError {
  return new ApiError(`${url}: batch: ${problem}`, { status: 0, url, retryable });
}

/** `answer`, or the reason of a signal that is aborted before it came. */
async function orAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  answer.catch(() => undefined);
  if (signal === undefined) return answer;
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function parseLine<T>(line: string): Partial<T> {
  try {
    return JSON.parse(line) as Partial<T>;
  } catch {
    // An empty line, or one cut off by a kill.
    return {};
  }
}
