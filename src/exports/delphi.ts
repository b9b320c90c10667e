import path from "node:path";
import { writeFileAtomic } from "../files/atomic-file.js";
import { stringifyJson } from "../files/json-text.js";
import { writeJson } from "../files/json.js";
import { writeSafetensors } from "../files/safetensors-write.js";
import { checkName, type ExportInputs } from "./inputs.js";

/** Options of the export to delphi. */
export interface DelphiOptions {
  /** Number of files over which the latents are distributed. Default 1. */
  splits?: number;
  /** Tokens kept per document. Default 128. */
  context?: number;
  /** Returns a text's token ids. Default: cl100k_base, the tokenizer of text-embedding-3. */
  tokenize?: (text: string) => readonly number[];
}

const HOOK = "embedding";
/** delphi ignores smaller activations. */
const LEAST_ACTIVATION = 1e-5;
const UINT16_END = 65536;

/**
 * Writes delphi's latent cache and explanations: `latents/embedding/{start}_{end}.safetensors` (end inclusive) with
 * `locations` [nnz, 3] (document, position 0, latent - start), `activations` float16 and `tokens` [documents, context]
 * padded with 0, its `config.json`, and `explanations/embedding_latent{i}.txt`. Each document is one row with its
 * activation at position 0: detection and embedding scores are meaningful there, fuzzing is not. Returns the paths of
 * the caches. Throws RangeError if a split would have no activation, because delphi fails on it.
 */
export async function exportDelphi(
  out: string,
  inputs: ExportInputs,
  { splits = 1, context = 128, tokenize }: DelphiOptions = {},
): Promise<string[]> {
  const { rows, name, embedder, documents, postings } = inputs;
  checkName("the atlas's name", name);
  const n = rows.length;
  if (!(Number.isInteger(splits) && splits >= 1 && splits <= n)) {
    throw new RangeError(`export: splits must be a whole number from 1 to ${n}, got ${splits}`);
  }
  const encode = tokenize ?? (await loadTokenizer());
  const tokens = tokenMatrix(documents, context, encode);
  const folder = path.join(out, "latents", HOOK);
  const files: string[] = [];
  for (const [start, end] of splitEdges(n, splits)) {
    const file = path.join(folder, `${start}_${end}.safetensors`);
    const { locations, activations } = cacheOf(postings, start, end);
    const wide = documents.length > UINT16_END || end - start >= UINT16_END;
    await writeSafetensors(
      file,
      new Map([
        [
          "locations",
          {
            shape: [activations.length, 3],
            data: wide ? locations : Uint16Array.from(locations),
          },
        ],
        [
          "activations",
          { shape: [activations.length], data: activations, dtype: "float16" as const },
        ],
        ["tokens", { shape: [documents.length, context], data: tokens }],
      ]),
    );
    files.push(file);
  }
  for (const { index, label } of rows) {
    if (label === "") continue;
    const file = path.join(out, "explanations", `${HOOK}_latent${index}.txt`);
    await writeFileAtomic(file, stringifyJson(label));
  }
  // Last, since the folder is none to delphi without it.
  await writeJson(path.join(folder, "config.json"), {
    dataset_repo: name,
    dataset_split: "train",
    dataset_name: "",
    dataset_column: "text",
    batch_size: 1,
    // delphi's writer uses cache_ctx_len, its loader reads ctx_len.
    cache_ctx_len: context,
    ctx_len: context,
    n_tokens: documents.length * context,
    n_splits: splits,
    model_name: embedder,
  });
  return files;
}

/** First and last latent of each split, as delphi computes them: linspace(0, n, splits + 1), truncated. */
function splitEdges(n: number, splits: number): [number, number][] {
  const edge = (i: number): number => Math.floor((n * i) / splits);
  return Array.from({ length: splits }, (_, i) => [edge(i), edge(i + 1) - 1]);
}

function cacheOf(
  { offsets, rows, values }: ExportInputs["postings"],
  start: number,
  end: number,
): { locations: Uint32Array; activations: Float32Array } {
  const cells: [number, number, number][] = [];
  for (let latent = start; latent <= end; latent++) {
    for (let at = offsets[latent]; at < offsets[latent + 1]; at++) {
      if (values[at] > LEAST_ACTIVATION) cells.push([rows[at], latent - start, values[at]]);
    }
  }
  if (cells.length === 0) {
    throw new RangeError(
      `export: no latent from ${start} to ${end} is ever active, so delphi would fail on that split: use fewer splits`,
    );
  }
  cells.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const locations = new Uint32Array(cells.length * 3);
  cells.forEach(([row, latent], i) => locations.set([row, 0, latent], i * 3));
  return { locations, activations: Float32Array.from(cells, ([, , value]) => value) };
}

function tokenMatrix(
  documents: ExportInputs["documents"],
  context: number,
  encode: (text: string) => readonly number[],
): BigInt64Array {
  const tokens = new BigInt64Array(documents.length * context);
  documents.forEach(({ text }, row) => {
    const ids = encode(text);
    for (let i = 0; i < Math.min(context, ids.length); i++) {
      tokens[row * context + i] = BigInt(ids[i]);
    }
  });
  return tokens;
}

async function loadTokenizer(): Promise<(text: string) => number[]> {
  // The vocabulary is large, so only exports load it.
  const { encode } = await import("gpt-tokenizer/encoding/cl100k_base");
  return (text) => encode(text, { disallowedSpecial: new Set() });
}
