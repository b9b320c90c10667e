import { writeJson } from "../../files/json.js";
import { ArgumentError } from "../../core/errors.js";
import { type Budget, createBudget } from "../../llm/budget.js";
import { type PricedChatModel, createChatModel } from "../../llm/chat.js";
import type { Estimate } from "../../llm/estimate.js";
import { type Ledger, openLedger } from "../../llm/ledger.js";
import type { PriceTable } from "../../llm/prices.js";
import { type Role, readRoleSettings } from "../../llm/settings.js";
import type { AtlasSteeringOptions } from "./evaluate-steering.js";
import { estimateAtlasSteering, evaluateAtlasSteering } from "./evaluate-steering.js";
import type { SteeringReport } from "./steering-report.js";
import type { AtlasStore } from "../store.js";

/** How steering is evaluated on an atlas; see AtlasSteeringOptions. */
export interface SteeringRunOptions extends Omit<AtlasSteeringOptions, "judge" | "writer"> {
  /** A model that says which latents went up and down: its name, or true for FEATURE_FAMILIES_JUDGE_MODEL. Default none. */
  judge?: string | boolean | PricedChatModel;
  /** A model that rewrites queries, for the baseline: its name, or true for FEATURE_FAMILIES_EXPLAINER_MODEL. Default none. */
  writer?: string | boolean | PricedChatModel;
  /** Server of both. Default: the environment's, else OpenAI's. */
  baseUrl?: string;
  /** Server of the judge. Default `baseUrl`. */
  judgeBaseUrl?: string;
  /** Time limit of a call in milliseconds. Default: follows the measured latency. */
  timeoutMs?: number;
  /** US dollars that both may cost. Default no cap. */
  maxCost?: number;
  /** Prices per million tokens. Default `PRICES`. */
  prices?: PriceTable;
  /** Where the report is written: true for steering.json of the atlas, or a path. Default false: nowhere. */
  save?: boolean | string;
}

/** A report with what its models cost in this run, in US dollars. */
export interface SteeringRun extends SteeringReport {
  spent: number;
}

/** Evaluates steering and writes the report where asked. Throws as evaluateAtlasSteering does. */
export async function runSteering(
  store: AtlasStore,
  { save = false, ...options }: SteeringRunOptions = {},
): Promise<SteeringRun> {
  return withModels(store, options, true, async (models, budget) => {
    const report = await evaluateAtlasSteering(store, { ...options, ...models });
    if (save !== false) {
      await writeJson(save === true ? store.file("steering") : save, report, 0);
      store.reload();
    }
    return { ...report, spent: budget.spent };
  });
}

/** What judge and writer would take; nothing is sent. Throws ArgumentError where neither is asked for. */
export async function estimateSteering(
  store: AtlasStore,
  options: SteeringRunOptions,
): Promise<{ judge?: Estimate; writer?: Estimate }> {
  if (!options.judge && !options.writer) {
    throw new ArgumentError("steering: an estimate needs a judge or a writer");
  }
  return withModels(store, options, false, (models) =>
    estimateAtlasSteering(store, { ...options, ...models }),
  );
}

interface Models {
  judge: PricedChatModel | undefined;
  writer: PricedChatModel | undefined;
}

async function withModels<T>(
  store: AtlasStore,
  { judge, writer, baseUrl, judgeBaseUrl, timeoutMs, maxCost, prices }: SteeringRunOptions,
  needsKey: boolean,
  work: (models: Models, budget: Budget) => Promise<T>,
): Promise<T> {
  const budget = createBudget({ maxCost });
  const isNamed = [judge, writer].some((one) => one === true || typeof one === "string");
  const ledger: Ledger | undefined = isNamed
    ? await openLedger(store.file("steeringLedger"))
    : undefined;
  const open = async (
    role: Role,
    given: string | boolean | PricedChatModel | undefined,
  ): Promise<PricedChatModel | undefined> => {
    if (given === undefined || given === false || given === "") return undefined;
    if (typeof given === "object") return given;
    const settings = readRoleSettings(role, {
      model: given === true ? undefined : given,
      baseUrl: role === "judge" ? (judgeBaseUrl ?? baseUrl) : baseUrl,
    });
    const { model } = settings;
    if (model === undefined) {
      throw new ArgumentError(
        `steering: no ${role} model: pass one, or set FEATURE_FAMILIES_${role.toUpperCase()}_MODEL`,
      );
    }
    return createChatModel({ ...settings, model, needsKey, ledger, budget, prices, timeoutMs });
  };
  try {
    const models = { judge: await open("judge", judge), writer: await open("explainer", writer) };
    return await work(models, budget);
  } finally {
    await ledger?.close();
  }
}
