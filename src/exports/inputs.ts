import { createHash } from "node:crypto";
import type { Postings } from "../core/codes.js";
import type { Matrix } from "../core/matrix.js";
import type { CatalogRow } from "../catalog/catalog.js";

/** What the exports to other tools are made from. */
export interface ExportInputs {
  /** A row a latent, in order of the latents. */
  rows: readonly CatalogRow[];
  /** Where the latents are active. */
  postings: Postings;
  /** The corpus, row for row. */
  documents: readonly { id: string; text: string }[];
  /** Decoder directions [n, d]. */
  decoder: Matrix;
  /** Name of the corpus or atlas, in letters, digits, "-", "_" and ".". */
  name: string;
  /** The model that the embeddings come from. */
  embedder: string;
  /** When the atlas was made, ISO 8601: the same atlas gives the same bytes. */
  date: string;
}

/** An identifier of 25 characters like a cuid, the same for the same parts. */
export function stableId(...parts: (string | number)[]): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return `c${BigInt(`0x${hash}`).toString(36).padStart(50, "0").slice(-24)}`;
}

/** A name that may be part of a path and an identifier. Throws RangeError for any other. */
export function checkName(what: string, name: string): void {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name) || name.includes("..")) {
    throw new RangeError(
      `export: ${what} must consist of letters, digits, "-", "_" and ".", got ${JSON.stringify(name)}`,
    );
  }
}
