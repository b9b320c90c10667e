import { rename } from "node:fs/promises";
import path from "node:path";
import { buildAtlas } from "../../../src/index.js";
import { madeOnce } from "./made-once.js";
import { writeSmallCorpus } from "./small-corpus.js";

const ROWS = 2500;
const SIZE = 128;

/**
 * Puts an atlas of the sample's first 2,500 nouns, k 4 and by default n 128, into `dir`, with labels that name dogs and birds; its
 * corpus.jsonl and embeddings.npy lie beside `dir`. With another n the documents have no map of their own.
 */
export async function makeSampleAtlas(dir: string, n = SIZE): Promise<void> {
  const folder = path.dirname(dir);
  await madeOnce(`sample-${n}`, folder, async (into) => {
    const atlas = await buildAtlas({
      ...(await writeSmallCorpus(into, ROWS, "corpus.jsonl")),
      dir: path.join(into, `atlas-${n}`),
      documentMap: n === SIZE,
      training: { k: 4, n, epochs: 10, lr: 3e-3, batch: 256 },
      device: "cpu",
    });
    await atlas.close();
  });
  await rename(path.join(folder, `atlas-${n}`), dir);
}
