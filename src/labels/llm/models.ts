import type { Budget } from "../../llm/budget.js";
import { type PricedChatModel, createChatModel } from "../../llm/chat.js";
import { checkBaseUrl } from "../../llm/connection.js";
import type { Ledger } from "../../llm/ledger.js";
import type { PriceTable } from "../../llm/prices.js";
import { type RoleSettings, readRoleSettings } from "../../llm/settings.js";
import { ArgumentError } from "../../core/errors.js";
import { isLoopback } from "../../net/http.js";
import type { ProtocolName } from "./protocol.js";

/** The two models of a labelling run; one and the same where nothing sets them apart. */
export interface LabelModels {
  explainer: PricedChatModel;
  judge: PricedChatModel;
}

/**
 * Which models label and judge, and how they are called. Keys come from the environment alone; see readRoleSettings.
 */
export interface LabelModelOptions {
  /** The model that writes labels: its name, or the model itself. Default: FEATURE_FAMILIES_EXPLAINER_MODEL. */
  model?: string | PricedChatModel;
  /** Its server. Default: FEATURE_FAMILIES_EXPLAINER_BASE_URL, else OpenAI's. */
  baseUrl?: string;
  /** The model that scores labels. Default: FEATURE_FAMILIES_JUDGE_MODEL, else the model that writes them. */
  judge?: string | PricedChatModel;
  /** Its server. Default: FEATURE_FAMILIES_JUDGE_BASE_URL, else the other's. */
  judgeBaseUrl?: string;
  /** Most calls at a time. Default 64; fewer where more make a server no faster. */
  parallel?: number;
  /** Sends questions by the server's batch API: at half the price, within a day. Default false. */
  batch?: boolean;
  /** Time limit of a call in milliseconds. Default: follows the measured latency. */
  timeoutMs?: number;
  /** Of the documents drawn, of bootstraps and of waits between attempts. Default 0. */
  seed?: number;
  /** Prices per million tokens. Default `PRICES`. */
  prices?: PriceTable;
  /** Receives what a person should know of a model, such as that its server cuts prompts. */
  onNote?: (text: string) => void;
}

/** What the models of a run share. */
export interface SharedCalls {
  ledger: Ledger | undefined;
  budget: Budget;
  /** File of the batches that were sent. */
  journal: string;
  /** Whether a missing key is an error, as it is for a run that asks. */
  needsKey: boolean;
}

/**
 * Opens the models that options and environment name. What nothing says of the judge is the explainer's. Throws
 * ArgumentError where no model is named.
 */
export async function openLabelModels(
  options: LabelModelOptions,
  { ledger, budget, journal, needsKey }: SharedCalls,
): Promise<LabelModels> {
  const { parallel, timeoutMs, seed, prices, onNote, model: given, judge: givenJudge } = options;
  const first = readRoleSettings("explainer", {
    model: nameOf(given),
    baseUrl: options.baseUrl,
  });
  const second = judgeSettings(options, first);
  const open = (settings: RoleSettings): Promise<PricedChatModel> => {
    const { model, baseUrl, keyVariables } = settings;
    if (model === undefined) {
      throw new ArgumentError(
        "label: no model: pass --model, or set FEATURE_FAMILIES_EXPLAINER_MODEL",
      );
    }
    const batch = options.batch ? { journal } : undefined;
    const shared = { batch, ledger, budget, prices, needsKey, parallel, timeoutMs, seed, onNote };
    return createChatModel({ model, baseUrl, keyVariables, ...shared });
  };
  const explainer = typeof given === "object" ? given : await open(first);
  if (typeof givenJudge === "object") return { explainer, judge: givenJudge };
  if (second.baseUrl === first.baseUrl && second.model === first.model)
    return { explainer, judge: explainer };
  return { explainer, judge: await open(second) };
}

/** The protocol where none is named: "local" if both models are on this machine, else "default". */
export function defaultProtocol(options: LabelModelOptions): ProtocolName {
  const explainer = readRoleSettings("explainer", { baseUrl: options.baseUrl });
  const isLocal =
    typeof options.model !== "object" &&
    typeof options.judge !== "object" &&
    [explainer, judgeSettings(options, explainer)].every(
      ({ baseUrl }) => baseUrl !== undefined && isLoopback(checkBaseUrl(baseUrl).hostname),
    );
  return isLocal ? "local" : "default";
}

function judgeSettings(
  { judge: given, judgeBaseUrl }: LabelModelOptions,
  explainer: RoleSettings,
): RoleSettings {
  const judge = readRoleSettings("judge", { model: nameOf(given), baseUrl: judgeBaseUrl });
  const { FEATURE_FAMILIES_JUDGE_MODEL: model, FEATURE_FAMILIES_JUDGE_BASE_URL: url } = process.env;
  return {
    ...judge,
    model: (nameOf(given) ?? model) ? judge.model : explainer.model,
    baseUrl: (judgeBaseUrl ?? url) ? judge.baseUrl : explainer.baseUrl,
  };
}

function nameOf(model: string | PricedChatModel | undefined): string | undefined {
  return typeof model === "object" ? model.model : model;
}
