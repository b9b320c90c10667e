/** What a model is asked for. */
export type Role = "explainer" | "judge" | "embedder";

/** Which model serves a role, where, and which variables may hold its key. */
export interface RoleSettings {
  model: string | undefined;
  baseUrl: string | undefined;
  keyVariables: readonly string[];
}

/**
 * Settings of a role: those given, else FEATURE_FAMILIES_{ROLE}_MODEL and FEATURE_FAMILIES_{ROLE}_BASE_URL of the
 * environment; the judge is by default the explainer. Keys are never given, only found in the environment:
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
      .map((name) => env[name])
      .find((value) => value);
  return {
    model: model ?? find("MODEL"),
    baseUrl: baseUrl ?? find("BASE_URL") ?? (env.OPENAI_BASE_URL || undefined),
    keyVariables: [...names("API_KEY"), "OPENAI_API_KEY"],
  };
}
