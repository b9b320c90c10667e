import type { Atlas } from "../atlas/atlas.js";
import type { MovedInputs } from "../atlas/files/moved-inputs.js";
import type { OpenOptions } from "../atlas/open-options.js";
import { UsageError } from "./command.js";
import * as option from "./option-kinds.js";

/** Where the inputs of a moved atlas are now; see recordMovedInputs. */
export const movedOptions: {
  corpus: option.Option<"string">;
  embeddings: option.Option<"string">;
} = {
  corpus: option.path("new path of the atlas's corpus, if it was moved; the atlas remembers it"),
  embeddings: option.file("new path of its embeddings, likewise"),
};

/** The atlas that a command reads; the default is found by chooseAtlas. */
export const atlasOption: { atlas: option.Option<"string"> } = {
  atlas: option.folder("folder of the atlas (default: the only one in families/)"),
};

/** The atlas of a command that spends money, which is never a default. */
export const requiredAtlasOption: { atlas: option.Option<"string"> & { required: true } } = {
  atlas: option.folder("folder of the atlas", { required: true }),
};

/**
 * The folder that was given, else that of the only finished atlas in families/; where its inputs are now is recorded. Throws
 * UsageError where there is none or more than one, and where none was given although the command `costs` money.
 */
export async function chooseAtlas(
  command: string,
  { atlas, ...moved }: MovedInputs & { atlas?: string },
  options: { costs?: boolean } = {},
): Promise<string> {
  const dir = atlas ?? (await findOnly(command, options));
  const { recordMovedInputs } = await import("../atlas/files/moved-inputs.js");
  await recordMovedInputs(dir, moved);
  return dir;
}

/** Opens an atlas for as long as `use` needs it. */
export async function withAtlas<T>(
  dir: string,
  options: OpenOptions,
  use: (atlas: Atlas) => T | Promise<T>,
): Promise<T> {
  const { openAtlas } = await import("../atlas/open.js");
  const atlas = await openAtlas(dir, options);
  try {
    return await use(atlas);
  } finally {
    await atlas.close();
  }
}

async function findOnly(command: string, { costs = false }: { costs?: boolean }): Promise<string> {
  if (costs) {
    throw new UsageError(`${command}: --atlas is required when a model on a server is called`);
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
