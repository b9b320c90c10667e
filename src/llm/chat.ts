import type OpenAI from "openai";
import { ApiError } from "../core/errors.js";
import { createRandom } from "../core/random.js";
import { type Budget, createBudget } from "./budget.js";
import { type Connection, connect } from "./connection.js";
import { type Estimate, estimateQuestions } from "./estimate.js";
import type { Ledger, LedgerEntry } from "./ledger.js";
import { type Limiter, createLimiter } from "./limiter.js";
import { type Price, type PriceTable, costOf, findPrice } from "./prices.js";
import { type Message, buildBody, keyOf, readAnswer } from "./request.js";
import { type RetryOptions, withRetries } from "./retry.js";
import { type CountTokens, countRequestTokens, loadTokenCounter } from "./tokens.js";
import { type Reply, dialectOf, send } from "./transport.js";
import type { Answer, ChatModel, Question, Usage } from "./types.js";

/** A chat model behind an OpenAI-compatible API. */
export interface ChatModelOptions extends Partial<Connection>, RetryOptions {
  model: string;
  /** Where answers are kept and found again. Default none. */
  ledger?: Ledger;
  /** What may be spent, shared by all models of a run. Default no cap. */
  budget?: Budget;
  /** Default `PRICES`. */
  prices?: PriceTable;
  /** Most calls at a time. Default 64; fewer where the server refuses so many. */
  parallel?: number;
  /** Shared with other models of one server, which counts their calls together. Default one of its own. */
  limiter?: Limiter;
  /** Of the waits between attempts. Default 0. */
  seed?: number;
}

/** A chat model that can tell beforehand what questions would cost. */
export interface PricedChatModel extends ChatModel {
  /** US dollars a million tokens; undefined where they are not known. */
  readonly price: Price | undefined;
  /** The answer that is on the ledger; undefined where there is none or it failed. Nothing is sent. */
  find<T>(question: Question<T>): Promise<Answer<T> | undefined>;
  /** A question's key, its tokens as it would be sent, and those of an answer. */
  count<T>(
    question: Question<T>,
    answer?: T,
  ): { key: string; inputTokens: number; outputTokens: number };
  /** Prompts, tokens, price and time of questions that are not on the ledger. Nothing is sent. */
  estimate(questions: Iterable<Omit<Question<unknown>, "check">>): Promise<Estimate>;
}

/** Variables that may hold the key of a chat model, where none are named. */
const CHAT_KEYS = ["FEATURE_FAMILIES_EXPLAINER_API_KEY", "OPENAI_API_KEY"] as const;

/** A limiter for calls to a server, which finds the server's own limit; at most `parallel` (default 64) at a time. */
export function createCallLimiter(parallel?: number): Limiter {
  return createLimiter({
    most: parallel,
    isOverload: (error) => error instanceof ApiError && error.status === 429,
  });
}

/**
 * Opens a chat model. Throws RangeError for an address with a secret in it, and where the budget has a cap but the
 * model no price; Error, naming the variables, where a key is needed and none is set.
 */
export async function createChatModel(options: ChatModelOptions): Promise<PricedChatModel> {
  const { model, ledger, budget = createBudget(), prices, parallel, seed = 0 } = options;
  const price = findPrice(model, prices);
  if (price === undefined && Number.isFinite(budget.maxCost)) {
    throw new RangeError(
      `the price of ${model} is not known: a cap on the cost needs one, from a table of prices`,
    );
  }
  const connection = { keyVariables: CHAT_KEYS, ...options };
  const client = await connect(connection);
  const asker: Asker = {
    model,
    client,
    ledger,
    budget,
    price,
    timeoutMs: options.timeoutMs ?? 60_000,
    retry: { attempts: 8, random: createRandom(seed), ...options },
    limiter: options.limiter ?? createCallLimiter(parallel),
    count: await loadTokenCounter(model),
  };
  const tokensOf = (question: Omit<Question<unknown>, "check">): number =>
    countRequestTokens(buildBody(model, question, dialectOf(client.baseURL, model)), asker.count);
  const running = new Map<string, { answer: Promise<Answer<unknown>>; signal?: AbortSignal }>();
  return {
    model,
    price,
    async ask<T>(question: Question<T>, { signal }: { signal?: AbortSignal } = {}) {
      signal?.throwIfAborted();
      const key = keyOf(model, question);
      for (let other; (other = running.get(key)) !== undefined;) {
        try {
          const answer = (await other.answer) as Answer<T>;
          return answer.status === "ok" ? { ...answer, cached: true } : answer;
        } catch (error) {
          signal?.throwIfAborted();
          // Given up by who asked first, not by us.
          if (!other.signal?.aborted) throw error;
        }
      }
      const answer = findOrAsk(asker, key, question, signal).finally(() => running.delete(key));
      running.set(key, { answer, signal });
      return answer;
    },
    find: async (question) => readKnown(question, await ledger?.get(keyOf(model, question))),
    count: (question, value) => ({
      key: keyOf(model, question),
      inputTokens: tokensOf(question),
      outputTokens: value === undefined ? 0 : asker.count(JSON.stringify(value)),
    }),
    estimate: (questions) =>
      estimateQuestions(questions, {
        price,
        parallel,
        tokensOf,
        isKnown: async (question) => (await ledger?.get(keyOf(model, question)))?.status === "ok",
      }),
  };
}

interface Asker {
  model: string;
  client: OpenAI;
  ledger: Ledger | undefined;
  budget: Budget;
  price: Price | undefined;
  timeoutMs: number;
  retry: RetryOptions;
  limiter: Limiter;
  count: CountTokens;
}

async function findOrAsk<T>(
  asker: Asker,
  key: string,
  question: Question<T>,
  signal: AbortSignal | undefined,
): Promise<Answer<T>> {
  const known = await asker.ledger?.get(key);
  const found = readKnown(question, known);
  if (found !== undefined) return found;
  let first = known?.status === "malformed" ? known : undefined;
  if (first === undefined) {
    const made = await askOnce(asker, key, question, [], signal);
    const done = await keep(asker, question, made, undefined);
    if (done !== undefined) return done;
    first = made.entry;
  }
  const repair: Message[] = [
    { role: "assistant", content: first.raw === "" ? "(nothing)" : first.raw },
    {
      role: "user",
      content: `Your answer cannot be used: ${first.reason}. Answer the question again, with the JSON object alone.`,
    },
  ];
  const made = await askOnce(asker, key, question, repair, signal);
  return (await keep(asker, question, made, first)) as Answer<T>;
}

/** The answer of an entry that is ok, read anew. */
function readKnown<T>(
  question: Question<T>,
  entry: LedgerEntry | undefined,
): Answer<T> | undefined {
  if (entry?.status !== "ok") return undefined;
  const read = readAnswer(entry.raw, question);
  if (!("value" in read)) return undefined;
  const { key, raw, usage, cost, latencyMs, date, logprobs } = entry;
  const told = { usage, cost: cost ?? 0, latencyMs, date, cached: true };
  return { status: "ok", key, value: read.value, raw, ...told, ...(logprobs ? { logprobs } : {}) };
}

interface Made<T> {
  entry: LedgerEntry;
  read: { value: T } | { complaint: string };
}

/** One answer, paid and read. */
async function askOnce<T>(
  asker: Asker,
  key: string,
  question: Question<T>,
  more: readonly Message[],
  signal: AbortSignal | undefined,
): Promise<Made<T>> {
  const { model, client, count, price } = asker;
  const tokens = countRequestTokens(
    buildBody(model, question, dialectOf(client.baseURL, model), more),
    count,
  );
  const reply = await withRetries(
    () =>
      asker.limiter.run(
        () =>
          pay(asker, { inputTokens: tokens, outputTokens: question.maxTokens }, signal, () =>
            send(client, (dialect) => buildBody(model, question, dialect, more), {
              timeoutMs: asker.timeoutMs,
              signal,
            }),
          ),
        signal,
      ),
    { ...asker.retry, signal },
  );
  // Some servers report no usage.
  const usage = reply.usage ?? { inputTokens: tokens, outputTokens: count(reply.content) };
  const read: Made<T>["read"] =
    reply.complaint === undefined
      ? readAnswer(reply.content, question)
      : { complaint: reply.complaint };
  const entry: LedgerEntry = {
    key,
    status: "ok",
    date: new Date().toISOString(),
    model,
    prompt: `${question.prompt.name}@${question.prompt.version}`,
    raw: reply.content,
    usage,
    cost: price === undefined ? null : costOf(usage, price),
    latencyMs: reply.latencyMs,
    ...(reply.logprobs ? { logprobs: reply.logprobs } : {}),
  };
  return { entry, read };
}

/** Sets the call's greatest cost aside, and settles its true one. */
async function pay(
  { budget, price, count }: Asker,
  most: Usage,
  signal: AbortSignal | undefined,
  call: () => Promise<Reply>,
): Promise<Reply> {
  if (price === undefined) return call();
  const worst = costOf(most, price);
  const reservation = await budget.reserve(worst, signal);
  try {
    const reply = await call();
    const outputTokens = reply.usage?.outputTokens ?? count(reply.content);
    const usage = reply.usage ?? { inputTokens: most.inputTokens, outputTokens };
    reservation.settle(costOf(usage, price));
    return reply;
  } catch (error) {
    // A refusal costs nothing; what was cut on the way may be billed all the same.
    const isRefused = error instanceof ApiError && error.status >= 400;
    reservation.settle(isRefused ? 0 : worst, !isRefused);
    throw error;
  }
}

/**
 * Puts an answer on the ledger, with the tokens and cost of the malformed one before it, and gives it; undefined for
 * a malformed first one.
 */
async function keep<T>(
  { ledger }: Asker,
  { keepLogprobs }: Question<T>,
  { entry, read }: Made<T>,
  first: LedgerEntry | undefined,
): Promise<Answer<T> | undefined> {
  if (first !== undefined) {
    entry.usage = addUsage(first.usage, entry.usage);
    if (entry.cost !== null) entry.cost += first.cost ?? 0;
    entry.latencyMs += first.latencyMs;
  }
  const { key, raw, usage, latencyMs, date } = entry;
  const cost = entry.cost ?? 0;
  if ("complaint" in read) {
    entry.status = first === undefined ? "malformed" : "failed";
    entry.reason = read.complaint;
    delete entry.logprobs;
    await ledger?.append(entry);
    if (first === undefined) return undefined;
    return { status: "failed", key, reason: read.complaint, raw, usage, cost, date };
  }
  if (entry.logprobs && keepLogprobs) {
    entry.logprobs = keepLogprobs(entry.logprobs);
  }
  await ledger?.append({ ...entry, value: read.value });
  const told = { usage, cost, latencyMs, date, cached: false };
  const extra = entry.logprobs ? { logprobs: entry.logprobs } : {};
  return { status: "ok", key, value: read.value, raw, ...told, ...extra };
}

function addUsage(a: Usage, b: Usage): Usage {
  const cached = (a.cachedTokens ?? 0) + (b.cachedTokens ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...(cached > 0 ? { cachedTokens: cached } : {}),
  };
}
