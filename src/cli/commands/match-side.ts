import { stat } from "node:fs/promises";
import { displayLabel } from "../../records/label.js";
import type { Matrix } from "../../core/matrix.js";
import { type AtlasFamily, openStore } from "../../atlas/store.js";
import { loadSae } from "../../sae/checkpoint.js";

/** One of the SAEs that are matched. */
export interface MatchSide {
  decoder: Matrix;
  /** "latent 12" where the latents have no labels. */
  label(latent: number): string;
  familyName(parent: number): string;
  /** Undefined for a file of an SAE alone. */
  families?: AtlasFamily[];
}

/** Opens an SAE of any format, or an atlas's folder with its labels and families. */
export async function openMatchSide(file: string): Promise<MatchSide> {
  const isFolder = await stat(file).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder || (await isSaeFolder(file))) {
    const label = (latent: number): string => displayLabel({ id: latent, text: "" });
    return { decoder: (await loadAny(file)).decoder, label, familyName: label };
  }
  const data = await openStore(file);
  const [sae, labels, families] = [await data.sae(), await data.labels(), await data.families()];
  await data.close();
  const names = new Map(families.map(({ parent, name }) => [parent, name]));
  const label = (latent: number): string =>
    displayLabel(labels.get(latent) ?? { id: latent, text: "" });
  return {
    decoder: sae.decoder,
    label,
    familyName: (parent) => names.get(parent) ?? label(parent),
    families,
  };
}

/** Whether a folder is an SAE's, as SAELens and dictionary_learning write them, rather than an atlas. */
async function isSaeFolder(folder: string): Promise<boolean> {
  return stat(`${folder}/manifest.json`).then(
    () => false,
    () => true,
  );
}

// k plays no part in directions: files that do not tell it are read all the same.
async function loadAny(file: string): ReturnType<typeof loadSae> {
  return loadSae(file).catch((error: unknown) => {
    if (error instanceof Error && /tells k: give k/.test(error.message))
      return loadSae(file, { k: 1 });
    throw error;
  });
}
