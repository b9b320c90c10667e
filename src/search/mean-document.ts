import type { Codes } from "../core/codes.js";
import { type Matrix, addUnitRows, matrixRow } from "../core/matrix.js";
import type { MatrixFile } from "../files/matrix.js";
import type { Sae } from "../sae/sae.js";
import { type RowStore, openRows } from "./scan/row-store.js";
import { rowBlocks } from "./scan/search-rows.js";

/** The mean of a corpus's documents, each at unit length, and what an SAE makes of it. */
export interface MeanDocument {
  /** Mean embedding [d]. */
  embedding: Float64Array;
  /** Mean of the documents' codes, each over its document's length [n]. */
  code: Float64Array;
  /** The decoder's directions, each times its mean code, summed [d]. */
  decoded: Float64Array;
  /** Mean of 1 over the documents' lengths: how often the mean embedding contains the SAE's bias. */
  bias: number;
}

/**
 * The mean document of `embeddings` [N, d], a matrix or a file of one, with `codes` [N, k]. Documents of length 0 are left out.
 * Throws RangeError where numbers of rows differ, and where no document has a length.
 */
export async function meanDocument(
  sae: Sae,
  embeddings: Matrix | MatrixFile,
  codes: Codes,
): Promise<MeanDocument> {
  const store = await openRows(embeddings);
  try {
    return await averageRows(sae, store, rowBlocks(embeddings), codes);
  } finally {
    await store.close();
  }
}

async function averageRows(
  sae: Sae,
  { rows, cols }: RowStore,
  blocks: ReturnType<typeof rowBlocks>,
  codes: Codes,
): Promise<MeanDocument> {
  if (rows !== codes.rows) {
    throw new RangeError(`meanDocument: ${rows} embeddings, but codes of ${codes.rows} documents`);
  }
  const embedding = new Float64Array(cols);
  const code = new Float64Array(sae.n);
  let bias = 0;
  let count = 0;
  for await (const { start, block } of blocks) {
    count += addUnitRows(embedding, block, (row, length) => {
      bias += 1 / length;
      const from = (start + row) * codes.k;
      for (let s = from; s < from + codes.k; s++)
        code[codes.indices[s]] += codes.values[s] / length;
    });
  }
  if (count === 0) throw new RangeError("meanDocument: every embedding is all zeros");
  for (let j = 0; j < cols; j++) embedding[j] /= count;
  const decoded = new Float64Array(cols);
  for (let latent = 0; latent < sae.n; latent++) {
    code[latent] /= count;
    const direction = matrixRow(sae.decoder, latent);
    for (let j = 0; j < cols; j++) decoded[j] += code[latent] * direction[j];
  }
  return { embedding, code, decoded, bias: bias / count };
}
