import { Float32, Int32, Int64, makeData } from "apache-arrow";
import { FormatError } from "../core/errors.js";
import type { Postings } from "../core/codes.js";
import { createPostingsList } from "../core/postings.js";
import { arrowBatch, arrowColumn, readArrow, writeArrow } from "./arrow-stream.js";

/** Writes the strongest documents of each latent as an Arrow stream: `latent` (int32), `document` (int64), `value` (float32), sorted. */
export async function writeTop(file: string, postings: Postings): Promise<void> {
  const { n, offsets, rows, values } = postings;
  const latents = new Int32Array(rows.length);
  for (let i = 0; i < n; i++) latents.fill(i, offsets[i], offsets[i + 1]);
  const documents = BigInt64Array.from(rows, BigInt);
  const batch = arrowBatch(rows.length, {
    latent: makeData({ type: new Int32(), data: latents }),
    document: makeData({ type: new Int64(), data: documents }),
    value: makeData({ type: new Float32(), data: values }),
  });
  await writeArrow(file, [batch]);
}

/** Reads what writeTop wrote of `n` latents. Throws FormatError for what is not sorted by latents below `n`, then documents. */
export async function readTop(
  file: string,
  { n, documents }: Pick<Postings, "n" | "documents">,
): Promise<Postings> {
  const list = createPostingsList(documents);
  let [latent, last] = [0, -1];
  for await (const record of readArrow(file)) {
    const latents = arrowColumn(file, record, "latent", Int32Array);
    const rows = arrowColumn(file, record, "document", BigInt64Array);
    const values = arrowColumn(file, record, "value", Float32Array);
    for (let at = 0; at < latents.length; at++) {
      for (; latent < latents[at] && latent < n; latent++, last = -1) list.endLatent();
      const row = Number(rows[at]);
      if (latents[at] !== latent || latent >= n || !(row > last && row < documents)) {
        throw new FormatError(file, `expected sorted documents of the latents 0 to ${n - 1}`);
      }
      list.put((last = row), values[at]);
    }
  }
  for (; latent < n; latent++) list.endLatent();
  return list.finish();
}
