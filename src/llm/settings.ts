import { ownValue } from "../core/collections.js";
/** What a model is used for. */
export type Role = "explainer" | "judge" | "embedder";

/** The model that serves a role, its address, and the environment variables that may hold its key. */
export interface RoleSettings {
  model: string | undefined;
  baseUrl: string | undefined;
  keyVariables: readonly string[];
}

/**
 * Settings of a role: the arguments, else FEATURE_FAMILIES_{ROLE}_MODEL and FEATURE_FAMILIES_{ROLE}_BASE_URL from the
 * environment; the judge defaults to the explainer. Keys are read only from the environment:
 * FEATURE_FAMILIES_{ROLE}_API_KEY, then OPENAI_API_KEY.
 */
export function readRoleSettings(
  role: Role,
  {
    model,
    baseUrl,
    env = process.env,
  }: { model?: string; baseUrl?: string; env?: Record<string, string | undefined> } = {},
): RoleSettings {
  const roles: Role[] = role === "judge" ? ["judge", "explainer"] : [role];
  const names = (end: string): string[] =>
    roles.map((name) => `FEATURE_FAMILIES_${name.toUpperCase()}_${end}`);
  const find = (end: string): string | undefined =>
    names(end)
      .map((name) => ownValue(env, name))
      .find((value) => value);
  return {
    model: model ?? find("MODEL"),
    baseUrl: baseUrl ?? find("BASE_URL") ?? (env.OPENAI_BASE_URL || undefined),
    keyVariables: [...names("API_KEY"), "OPENAI_API_KEY"],
  };
}
