import { basename } from "node:path";
import { writeTorchState } from "../files/torch/torch-write.js";
import { transpose } from "../core/matrix.js";
import { parseCheckpointName, saveSae } from "./checkpoint.js";
import { type Sae, isPlainTopK } from "./sae.js";

/**
 * Writes an SAE in the format of the name's extension: `.safetensors` (see saveSae) or `.pth`, `.pt`, the released
 * checkpoints' layout for PyTorch (see saveTorchSae), which holds no metadata. Throws RangeError for another ending.
 */
export async function saveCheckpoint(
  path: string,
  sae: Sae,
  metadata: Record<string, string | number> = {},
): Promise<void> {
  if (/\.safetensors$/i.test(path)) return saveSae(path, sae, metadata);
  if (/\.(pth|pt)$/i.test(path)) return saveTorchSae(path, sae);
  throw new RangeError(
    `saveCheckpoint: the name must end in .safetensors, .pth or .pt, got ${basename(path)}`,
  );
}

/**
 * Writes an SAE as the authors' code saves it, for `torch.load(path, weights_only=True)`: `pre_bias` [d],
 * `latent_bias` [n], `encoder.weight` [n, d] (stored column by column, as theirs) and `decoder.weight` [d, n].
 * The file does not record k: a name such as `wordnet_8_1024_16.pth` does, and loadSae reads it from there.
 * Throws RangeError for another activation, a normalisation or two biases, which this layout cannot hold.
 */
export async function saveTorchSae(path: string, sae: Sae): Promise<void> {
  const { n, d, activation, normalisation, preBias, latentBias, encoder, decoder } = sae;
  if (!isPlainTopK(sae)) {
    throw new RangeError(
      `saveTorchSae: expected a top-k SAE of raw embeddings with one bias (the paper's .pth), got ${activation.kind} with normalisation ${normalisation.kind}`,
    );
  }
  await writeTorchState(
    path,
    new Map([
      ["pre_bias", { shape: [d], data: preBias }],
      ["latent_bias", { shape: [n], data: latentBias }],
      ["encoder.weight", { shape: [n, d], strides: [1, n], data: transpose(encoder).data }],
      ["decoder.weight", { shape: [d, n], data: transpose(decoder).data }],
    ]),
  );
}

/** Whether loadSae can read k from a file of this name. */
export function tellsK(path: string): boolean {
  return /\.safetensors$/i.test(path) || parseCheckpointName(path).k !== undefined;
}
