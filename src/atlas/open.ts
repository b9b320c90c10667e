import { requireChoice, requireText } from "../core/arguments.js";
import { ENGINE_NAMES } from "../engine/engine-names.js";
import { Atlas } from "./atlas.js";
import { inTurn } from "./files/lock.js";
import { recordMovedInputs } from "./files/moved-inputs.js";
import { buildFolder } from "./steps/build.js";
import { checkBuildOptions } from "./steps/check-options.js";
import { completeOptions } from "./steps/complete-options.js";
import type { OpenOptions } from "./open-options.js";
import type { BuildOptions } from "./options.js";
import { openStore } from "./store.js";

/**
 * Opens the atlas in a folder, for reading, searching and all else that an Atlas does; only its manifest is read yet.
 * Throws FormatError where there is none or its build did not finish, naming the command that builds it, and where `corpus` or
 * `embeddings`, the places now of inputs that were moved, are not the files that it was made from; the manifest keeps these places.
 */
export async function openAtlas(dir: string, options: OpenOptions = {}): Promise<Atlas> {
  requireText("openAtlas: dir", dir);
  requireChoice("openAtlas: device", options.device, ENGINE_NAMES);
  await recordMovedInputs(dir, options);
  return new Atlas(await openStore(dir, options), options);
}

/**
 * Builds the atlas in `options.dir`, or brings it up to date, and opens it: embeds the corpus where no embeddings are given,
 * trains an SAE where none is given, encodes, labels, finds families, compares them with the documents' classes, places the latents and writes the catalog. A step
 * whose inputs, options and results have not changed is not run again; an interrupted build continues when called again.
 * Throws FormatError where corpus and embeddings differ in rows, Error where another process builds in the same folder.
 */
export async function buildAtlas(options: BuildOptions): Promise<Atlas> {
  checkBuildOptions(options);
  const { dir, embedder, device, onProgress, onWarning, signal } = options;
  const built = await inTurn(dir, async () =>
    buildFolder({ ...(await completeOptions(options)), leading: options.leading ?? true }),
  );
  const opening = { device, onProgress, onWarning, signal, embedder };
  return new Atlas(await openStore(dir, opening), opening, built);
}
