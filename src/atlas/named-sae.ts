import { stat } from "node:fs/promises";
import path from "node:path";
import type { ComparedSae } from "../compare/compare-saes.js";
import { displayLabel } from "../records/label.js";
import { loadSae } from "../sae/checkpoint.js";
import { ATLAS_FILES } from "./files.js";
import { openStore } from "./store.js";

/** An SAE to compare, with names for its latents and families. */
export interface NamedSae extends ComparedSae {
  /** "latent 12" where the latents have no labels. */
  label(latent: number): string;
  familyName(parent: number): string;
}

/** Opens an SAE of any format, or an atlas's folder with its labels and families. */
export async function openNamedSae(file: string): Promise<NamedSae> {
  if (!(await isFile(path.join(file, ATLAS_FILES.manifest)))) {
    const label = (latent: number): string => displayLabel({ id: latent, text: "" });
    // k plays no part in directions.
    const { decoder } = await loadSae(file, { fallbackK: 1 });
    return { decoder, label, familyName: label };
  }
  const atlas = await openStore(file);
  const [{ decoder }, labels, families] = await Promise.all([
    atlas.sae(),
    atlas.labels(),
    atlas.families(),
  ]);
  const names = new Map(families.map(({ parent, name }) => [parent, name]));
  const label = (latent: number): string =>
    displayLabel(labels.get(latent) ?? { id: latent, text: "" });
  return { decoder, label, familyName: (parent) => names.get(parent) ?? label(parent), families };
}

function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (entry) => entry.isFile(),
    () => false,
  );
}
