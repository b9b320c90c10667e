import type { Postings } from "../core/codes.js";
import type { Matrix } from "../core/matrix.js";
import { sha256Json } from "../files/atomic-file.js";
import type { CatalogRow } from "../catalog/row.js";

/** The data that exports to other tools use. */
export interface ExportInputs {
  /** One row per latent, in order. */
  rows: readonly CatalogRow[];
  /** Where the latents are active. */
  postings: Postings;
  /** The corpus, row for row. */
  documents: readonly { id: string; text: string }[];
  /** Decoder directions [n, d]. */
  decoder: Matrix;
  /** Name of the corpus or atlas, in letters, digits, "-", "_" and ".". */
  name: string;
  /** The embedding model. */
  embedder: string;
  /** When the atlas was built, ISO 8601, so that the same atlas gives the same bytes. */
  date: string;
}

/** A deterministic identifier of 25 characters in the form of a cuid. */
export function stableId(...parts: (string | number)[]): string {
  return `c${BigInt(`0x${sha256Json(parts)}`)
    .toString(36)
    .padStart(50, "0")
    .slice(-24)}`;
}

/** Checks that a name can be part of a path and an identifier. Throws RangeError if not. */
export function checkName(what: string, name: string): void {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name) || name.includes("..")) {
    throw new RangeError(
      `export: ${what} must consist of letters, digits, "-", "_" and ".", got ${JSON.stringify(name)}`,
    );
  }
}
