import { ApiError } from "../core/errors.js";
import { createRandom } from "../core/random.js";
import { type Budget, createBudget } from "./budget.js";
import { MOST_CHARACTERS, type ReadAnswer, readAnswer } from "./answer.js";
import { type Api, type Connection, connect } from "./connection.js";
import { type CountedWork, type Estimate, estimateQuestions } from "./estimate.js";
import type { Ledger, LedgerEntry } from "./ledger.js";
import { type Limiter, createLimiter } from "./limiter.js";
import { BATCH_PRICE, type BatchOptions, batchApi } from "./batch.js";
import { type PacingOptions, limiterOf } from "./pacing.js";
import { type Price, type PriceTable, costOf, findPrice } from "./prices.js";
import { MOST_ANSWER_BYTES, type Message, buildBody, describeForm, keyOf } from "./request.js";
import { type RetryOptions, withRetries } from "./retry.js";
import { type CountTokens, countRequestTokens, loadTokenCounter } from "./tokens.js";
import { type Reply, dialectOf, noteForm, send } from "./transport.js";
import type { Answer, ChatModel, Question, Usage } from "./types.js";
import { interruptible } from "../core/interrupt.js";

/** Options of a chat model behind an OpenAI-compatible API. */
export interface ChatModelOptions extends Partial<Connection>, PacingOptions, RetryOptions {
  model: string;
  /** Stores answers and returns those already stored. Default: none. */
  ledger?: Ledger;
  /** Spending limit, shared by all models of a run. Default: no cap. */
  budget?: Budget;
  /** Default `PRICES`. */
  prices?: PriceTable;
  /** Sends requests in batches, at half the price and within a day. Default: one by one. */
  batch?: BatchOptions;
  /** Random seed of the waits between attempts. Default 0. */
  seed?: number;
  /** Receives what a person should know, such as that the server cut a prompt; each once per model. */
  onNote?: (text: string) => void;
}

/** A chat model that can estimate what questions would cost before they are sent. */
export interface PricedChatModel extends ChatModel {
  /** US dollars per million tokens; undefined if unknown. */
  readonly price: Price | undefined;
  /** The answer stored in the ledger; undefined if there is none or it failed. Sends nothing. */
  find<T>(question: Question<T>): Promise<Answer<T> | undefined>;
  /** A question's key, its tokens as sent, and the tokens of an answer. */
  count<T>(
    question: Question<T>,
    answer?: T,
  ): { key: string; inputTokens: number; outputTokens: number };
  /** Seconds that calls would take at the speed and number of the calls so far; undefined before the first. */
  secondsOf(work: CountedWork): number | undefined;
  /** Prompts, tokens, price and time of the questions that are not in the ledger. Sends nothing. */
  estimate(questions: Iterable<Omit<Question<unknown>, "check">>): Promise<Estimate>;
}

/** Work of a call besides its tokens, in tokens of an answer, and tokens of a prompt that take as long as one of them. */
const CALL_TOKENS = 16;
const PROMPT_SPEED = 16;

/** A batch holds as many requests as there are. */
const UNLIMITED = { most: 1e9, start: 1e9, timeoutMs: Infinity, isOverload: () => false };

/** Share of its tokens below which a prompt was cut; vocabularies differ by less. */
const CUT_SHARE = 0.6;

/** Environment variables that may hold the key of a chat model, if none are named. */
const CHAT_KEYS = ["FEATURE_FAMILIES_EXPLAINER_API_KEY", "OPENAI_API_KEY"] as const;

/** Characters of an unusable answer that the repair question repeats. */
const MOST_SHOWN = 1000;
/** A model that is shown its answer at temperature 0 tends to repeat it. */
const REPAIR_TEMPERATURE = 0.5;

/**
 * Opens a chat model. Throws RangeError if the address contains a secret, or if the budget has a cap but the model has
 * no known price; Error, naming the variables, if a key is needed and none is set.
 */
export async function createChatModel(options: ChatModelOptions): Promise<PricedChatModel> {
  const { model, ledger, budget = createBudget(), prices, seed = 0 } = options;
  const { batch } = options;
  const price = priceOf(findPrice(model, prices), batch === undefined ? 1 : BATCH_PRICE);
  if (price === undefined && Number.isFinite(budget.maxCost)) {
    throw new RangeError(
      `the price of ${model} is unknown: to cap the cost, add it to a file of prices (--prices)`,
    );
  }
  const connection = { keyVariables: CHAT_KEYS, ...options };
  const single = connect(connection);
  const api = batch === undefined ? single : batchApi(single, batch);
  const asker: Asker = {
    model,
    api,
    ledger,
    budget,
    price,
    retry: { attempts: 8, random: createRandom(seed), ...options },
    limiter: batch === undefined ? limiterOf(api, options) : createLimiter({ ...UNLIMITED }),
    count: await loadTokenCounter(model),
    onNote: createOnce(options.onNote),
  };
  const tokensOf = (question: Omit<Question<unknown>, "check">): number =>
    countRequestTokens(buildBody(model, question, dialectOf(api.baseUrl, model)), asker.count);
  const secondsOf = (work: CountedWork): number | undefined => {
    const { limit, speed } = asker.limiter;
    const units = unitsOf(work, work.prompts);
    return speed === undefined
      ? undefined
      : units / speed / 1000 / Math.max(1, Math.min(limit, work.prompts));
  };
  const running = new Map<string, { answer: Promise<Answer<unknown>>; signal?: AbortSignal }>();
  return {
    model,
    price,
    async ask<T>(question: Question<T>, { signal: given }: { signal?: AbortSignal } = {}) {
      const signal = interruptible(given);
      signal?.throwIfAborted();
      const key = keyOf(model, question);
      for (let other; (other = running.get(key)) !== undefined;) {
        try {
          const answer = (await other.answer) as Answer<T>;
          return answer.status === "ok" ? { ...answer, cached: true } : answer;
        } catch (error) {
          signal?.throwIfAborted();
          // Only the first caller gave up, so this one asks again.
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
    secondsOf,
    estimate: (questions) =>
      estimateQuestions(questions, {
        price,
        secondsOf,
        tokensOf,
        isKnown: async (question) => (await ledger?.get(keyOf(model, question)))?.status === "ok",
      }),
  };
}

interface Asker {
  model: string;
  api: Api;
  ledger: Ledger | undefined;
  budget: Budget;
  price: Price | undefined;
  retry: RetryOptions;
  limiter: Limiter;
  count: CountTokens;
  onNote: (text: string) => void;
}

function createOnce(use: ((text: string) => void) | undefined): (text: string) => void {
  let left = use;
  return (text) => {
    left?.(text);
    left = undefined;
  };
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
  // At temperature 0 the same question would get the same answer again.
  let first = known;
  if (first === undefined) {
    const made = await askOnce(asker, key, question, [], signal);
    const done = await keep(asker, question, made, undefined);
    if (done !== undefined) return done;
    first = made.entry;
  }
  const repair: Message[] = [
    { role: "assistant", content: first.raw.slice(0, MOST_SHOWN) || "(nothing)" },
    {
      role: "user",
      content:
        `Your answer cannot be used: ${first.reason}. Answer the question again, with only what it asks for. ${describeForm(question)}`.trim(),
    },
  ];
  const again = {
    ...question,
    temperature: Math.max(REPAIR_TEMPERATURE, question.temperature ?? 0),
  };
  const made = await askOnce(asker, key, again, repair, signal);
  return (await keep(asker, question, made, first)) as Answer<T>;
}

/** The answer of an entry with status "ok", parsed again. */
function readKnown<T>(
  question: Question<T>,
  entry: LedgerEntry | undefined,
): Answer<T> | undefined {
  if (entry?.status !== "ok") return undefined;
  const read = readAnswer(entry.raw, question, entry);
  if (!("value" in read)) return undefined;
  const { key, raw, usage, cost, latencyMs, date, logprobs } = entry;
  const details = { usage, cost: cost ?? 0, latencyMs, date, cached: true };
  const extra = logprobs ? { logprobs } : {};
  return { status: "ok", key, value: read.value, raw, ...details, ...extra };
}

interface Made<T> {
  entry: LedgerEntry;
  read: ReadAnswer<T>;
}

/** Asks once: charges the budget and parses the answer. */
async function askOnce<T>(
  asker: Asker,
  key: string,
  question: Question<T>,
  more: readonly Message[],
  signal: AbortSignal | undefined,
): Promise<Made<T>> {
  const { model, api, count, price } = asker;
  const body = buildBody(model, question, dialectOf(api.baseUrl, model), more);
  const tokens = countRequestTokens(body, count);
  const call = (timeoutMs: number): Promise<Reply> =>
    pay(asker, { inputTokens: tokens, outputTokens: question.maxTokens }, signal, () =>
      send(api, (dialect) => buildBody(model, question, dialect, more), {
        timeoutMs,
        mostBytes: MOST_ANSWER_BYTES,
        signal,
      }),
    );
  const workOf = ({ usage }: Reply): number =>
    unitsOf({ inputTokens: tokens, outputTokens: usage?.outputTokens ?? question.maxTokens });
  const reply = await withRetries(() => asker.limiter.run(call, { signal, workOf }), {
    ...asker.retry,
    signal,
  });
  const usage = reply.usage ?? usageOf(reply, tokens, question.maxTokens, count);
  const { inputTokens } = usage;
  // Some servers leave out what they had cached, all of it or nearly so.
  if (inputTokens < CUT_SHARE * tokens && inputTokens > 0.1 * tokens) {
    asker.onNote(
      `${model}: the server read only ${inputTokens} of about ${tokens} tokens of a prompt; raise its context length`,
    );
  }
  const read = readAnswer(reply.content, question, reply);
  if (reply.complaint === undefined && question.form !== "text") {
    noteForm(api.baseUrl, model, reply.dialect, !("isStray" in read && read.isStray));
  }
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

function priceOf(price: Price | undefined, share: number): Price | undefined {
  if (price === undefined || share === 1) return price;
  const { input, cachedInput, output } = price;
  return {
    input: share * input,
    ...(cachedInput === undefined ? {} : { cachedInput: share * cachedInput }),
    ...(output === undefined ? {} : { output: share * output }),
  };
}

/** Work of calls, in tokens of an answer. */
function unitsOf({ inputTokens, outputTokens }: Usage, calls = 1): number {
  return CALL_TOKENS * calls + inputTokens / PROMPT_SPEED + outputTokens;
}

/** The tokens of a reply whose server reports none. */
function usageOf(
  { content }: Reply,
  inputTokens: number,
  mostTokens: number,
  count: CountTokens,
): Usage {
  const longest = content.slice(0, MOST_CHARACTERS * mostTokens);
  return { inputTokens, outputTokens: Math.min(mostTokens, count(longest)) };
}

/** Reserves the maximum cost of a call and settles the actual cost afterwards. */
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
    const { inputTokens, outputTokens } = most;
    const usage = reply.usage ?? usageOf(reply, inputTokens, outputTokens, count);
    reservation.settle(costOf(usage, price));
    return reply;
  } catch (error) {
    // A refusal costs nothing; a call that was cut off, or took too long (408), may still be billed.
    const isRefused = error instanceof ApiError && error.status >= 400 && error.status !== 408;
    reservation.settle(isRefused ? 0 : worst, !isRefused);
    throw error;
  }
}

/**
 * Appends an answer to the ledger, adding the tokens and cost of the malformed answer before it, and returns it;
 * undefined if it is itself a malformed first answer.
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
  const details = { usage, cost, latencyMs, date, cached: false };
  const extra = entry.logprobs ? { logprobs: entry.logprobs } : {};
  return { status: "ok", key, value: read.value, raw, ...details, ...extra };
}

function addUsage(a: Usage, b: Usage): Usage {
  const cached = (a.cachedTokens ?? 0) + (b.cachedTokens ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...(cached > 0 ? { cachedTokens: cached } : {}),
  };
}
