import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createMatrix } from "../../../src/core/index.js";
import { writeNpy } from "../../../src/files/index.js";
import { createSae, saveSae } from "../../../src/sae/index.js";
import { buildFolder } from "../../../src/atlas/steps/index.js";
import { type AtlasOptions } from "../../../src/atlas/index.js";
import { madeOnce } from "./made-once.js";
import { type Planted, type PlantedOptions, plantCorpus } from "./planted.js";

/**
 * Builds an atlas of a planted corpus in `folder`/atlas: each document's embedding holds the activations of its latents,
 * and the SAE only sorts them. The documents have no map of their own.
 */
export async function buildPlantedAtlas(
  folder: string,
  options: PlantedOptions = {},
): Promise<{ dir: string; planted: Planted; built: AtlasOptions }> {
  const planted = plantCorpus(options);
  const file = (name: string): string => path.join(folder, name);
  const dir = file("atlas");
  const built: AtlasOptions = {
    dir,
    corpus: file("documents.jsonl"),
    embeddings: file("embeddings.npy"),
    sae: file("sae.safetensors"),
    documentMap: false,
    device: "cpu",
  };
  const { codes, documents } = planted;
  const hash = createHash("sha256").update(JSON.stringify([codes.k, codes.n, documents]));
  const name = `planted-${hash.update(codes.indices).update(codes.values).digest("hex")}`;
  await madeOnce(name, folder, (into) => plantAtlas(into, planted));
  return { dir, planted, built };
}

async function plantAtlas(folder: string, { codes, documents }: Planted): Promise<void> {
  const { rows, k, n } = codes;
  // One column more, so that no document's embedding is all zeros.
  const d = n + 1;
  const embeddings = createMatrix(rows, d);
  for (let row = 0; row < rows; row++) embeddings.data[row * d + n] = 1;
  for (let i = 0; i < rows * k; i++) {
    embeddings.data[Math.floor(i / k) * d + codes.indices[i]] = codes.values[i];
  }
  const identity = createMatrix(n, d);
  for (let latent = 0; latent < n; latent++) identity.data[latent * d + latent] = 1;
  const sae = createSae({
    k,
    // With top-k, slots of value 0 would count as active.
    activation: { kind: "relu" },
    encoder: identity,
    decoder: identity,
    preBias: new Float32Array(d),
    latentBias: new Float32Array(n),
  });
  const file = (name: string): string => path.join(folder, name);
  await writeFile(
    file("documents.jsonl"),
    documents.map((document) => `${JSON.stringify(document)}\n`).join(""),
  );
  await writeNpy(file("embeddings.npy"), {
    shape: [rows, d],
    data: embeddings.data,
    dtype: "f4",
  });
  await saveSae(file("sae.safetensors"), sae);
  await buildFolder({
    dir: file("atlas"),
    corpus: file("documents.jsonl"),
    embeddings: file("embeddings.npy"),
    sae: file("sae.safetensors"),
    documentMap: false,
    device: "cpu",
  });
}
