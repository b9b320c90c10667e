/**
 * Language models behind one interface: clients, retries, prices, budgets and a ledger of answers.
 */
export { type BatchOptions } from "./batch.js";
export { type Budget, type Reservation, createBudget } from "./budget.js";
export { type ChatModelOptions, type PricedChatModel, createChatModel } from "./chat.js";
export {
  type Api,
  type CallLimits,
  type Connection,
  checkBaseUrl,
  connect,
  hideSecrets,
} from "./connection.js";
export {
  type EmbeddingModel,
  type EmbeddingModelOptions,
  createEmbeddingModel,
} from "./embeddings.js";
export type { CountedWork, Estimate } from "./estimate.js";
export { type Ledger, type LedgerEntry, openLedger } from "./ledger.js";
export { type Limiter, type LimiterOptions, type RunOptions, createLimiter } from "./limiter.js";
export type { PacingOptions } from "./pacing.js";
export { type Price, type PriceTable, PRICES, costOf, findPrice, readPrices } from "./prices.js";
export { type Rehearsal, type RehearsalEstimate, createRehearsal } from "./rehearsal.js";
export { type ReadAnswer, readAnswer } from "./answer.js";
export { type RetryOptions, parseRetryAfter } from "./retry.js";
export { type Role, type RoleSettings, readRoleSettings } from "./settings.js";
export { countTokens } from "./tokens.js";
export {
  type Answer,
  type ChatModel,
  type Prompt,
  type Question,
  type TokenLogprob,
  type Usage,
  BudgetError,
} from "./types.js";
