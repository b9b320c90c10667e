import { UsageError } from "./command.js";

/** The atlas that a command reads; the default is found by chooseAtlas. */
export const atlasOption = {
  atlas: {
    type: "string",
    value: "DIR",
    about: "folder of the atlas (default: the only one in families/)",
  },
} as const;

/** The atlas of a command that spends money, which is never a default. */
export const requiredAtlasOption = {
  atlas: { type: "string", value: "DIR", about: "folder of the atlas", required: true },
} as const;

/**
 * The folder that was given, else that of the only finished atlas in families/. Throws UsageError where there is none or
 * more than one, and where none was given although the command `costs` money.
 */
export async function chooseAtlas(
  command: string,
  given: string | undefined,
  { costs = false }: { costs?: boolean } = {},
): Promise<string> {
  if (given !== undefined) return given;
  if (costs) {
    throw new UsageError(`${command}: --atlas is required where a model of a server is called`);
  }
  const { listAtlases } = await import("../atlas/files/list-atlases.js");
  const atlases = await listAtlases();
  if (atlases.length === 1) return atlases[0];
  throw new UsageError(
    atlases.length === 0
      ? `${command}: no atlas in families/: build one with "feature-families demo" (the sample) or "feature-families build", or pass --atlas DIR`
      : `${command}: pass --atlas DIR, one of ${atlases.join(", ")}`,
  );
}
