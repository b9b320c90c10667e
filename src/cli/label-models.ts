import type { Budget } from "../llm/budget.js";
import {
  type ChatModelOptions,
  type PricedChatModel,
  createCallLimiter,
  createChatModel,
} from "../llm/chat.js";
import type { Ledger } from "../llm/ledger.js";
import type { PriceTable } from "../llm/prices.js";
import { type RoleSettings, readRoleSettings } from "../llm/settings.js";
import { UsageError } from "./command.js";

/** The two models of a labelling; one and the same where nothing tells them apart. */
export interface LabelModels {
  explainer: PricedChatModel;
  judge: PricedChatModel;
}

/** What names the models on the command line. */
export interface LabelModelValues {
  model?: string;
  modelUrl?: string;
  judge?: string;
  judgeUrl?: string;
  parallel?: number;
  seed?: number;
  dryRun?: boolean;
}

/**
 * Opens the models that options and environment name. What nothing tells of the judge is the explainer's. Models of one
 * server share a limiter, as most servers count all calls together.
 */
export async function openLabelModels(
  values: LabelModelValues,
  shared: { ledger: Ledger | undefined; budget: Budget; prices: PriceTable | undefined },
): Promise<LabelModels> {
  const { parallel, seed } = values;
  const first = readRoleSettings("explainer", {
    model: values.model,
    baseUrl: values.modelUrl,
  });
  const second = judgeSettings(values, first);
  const limiter = createCallLimiter(parallel);
  const open = (
    settings: RoleSettings,
    more: Partial<ChatModelOptions>,
  ): Promise<PricedChatModel> => {
    const { model, baseUrl, keyVariables } = settings;
    if (model === undefined) {
      throw new UsageError("label: name a model by --model or FEATURE_FAMILIES_EXPLAINER_MODEL");
    }
    const needsKey = !values.dryRun;
    const given = { model, baseUrl, keyVariables, needsKey, parallel, seed };
    return createChatModel({ ...given, ...shared, ...more });
  };
  const explainer = await open(first, { limiter });
  const isSameServer = second.baseUrl === first.baseUrl;
  if (isSameServer && second.model === first.model) return { explainer, judge: explainer };
  return { explainer, judge: await open(second, isSameServer ? { limiter } : {}) };
}

function judgeSettings(values: LabelModelValues, explainer: RoleSettings): RoleSettings {
  const judge = readRoleSettings("judge", {
    model: values.judge,
    baseUrl: values.judgeUrl,
  });
  const { FEATURE_FAMILIES_JUDGE_MODEL: model, FEATURE_FAMILIES_JUDGE_BASE_URL: url } = process.env;
  return {
    ...judge,
    model: (values.judge ?? model) ? judge.model : explainer.model,
    baseUrl: (values.judgeUrl ?? url) ? judge.baseUrl : explainer.baseUrl,
  };
}
