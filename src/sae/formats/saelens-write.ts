import path from "node:path";
import { writeJson } from "../../files/json.js";
import { type TensorContent } from "../../files/safetensors.js";
import { writeSafetensors } from "../../files/safetensors-write.js";
import { transpose } from "../../core/matrix.js";
import type { Sae } from "../sae.js";
import { makeFolder } from "../../files/make-folder.js";

/** What SAELens's configuration says besides the SAE itself. */
export interface SaeLensMetadata {
  /** Name of the embedder, as model_name. */
  model?: string;
  /** Name of the corpus, as dataset_path. */
  dataset?: string;
}

/**
 * Writes a folder that SAELens 6 loads with `SAE.load_from_disk`: `cfg.json` and `sae_weights.safetensors`, read back
 * bit for bit (a gated SAE's scale to the last digit but one). Throws RangeError for a normalisation that SAELens has
 * not, and for two biases of which the first is not zero.
 */
export async function saveSaeLens(
  folder: string,
  sae: Sae,
  { model = "embeddings", dataset = "" }: SaeLensMetadata = {},
): Promise<void> {
  const { n, d, k, activation, encoder, decoder, preBias, decoderBias, latentBias } = sae;
  const architecture = activation.kind === "relu" ? "standard" : activation.kind;
  const tensors = new Map<string, TensorContent>([
    ["W_enc", { shape: [d, n], data: transpose(encoder).data }],
    ["W_dec", { shape: [n, d], data: decoder.data }],
    ["b_dec", { shape: [d], data: decoderBias }],
  ]);
  if (activation.kind === "gated") {
    tensors.set("b_gate", { shape: [n], data: activation.gateBias });
    tensors.set("b_mag", { shape: [n], data: activation.bias });
    tensors.set("r_mag", { shape: [n], data: activation.scale.map((value) => Math.log(value)) });
  } else tensors.set("b_enc", { shape: [n], data: latentBias });
  if (activation.kind === "jumprelu") {
    tensors.set("threshold", { shape: [n], data: activation.threshold });
  }
  const config = {
    d_in: d,
    d_sae: n,
    dtype: "float32",
    device: "cpu",
    architecture,
    apply_b_dec_to_input: subtractsDecoderBias(preBias, decoderBias),
    normalize_activations: normalisationName(sae),
    reshape_activations: "none",
    ...(activation.kind === "topk" && { k, rescale_acts_by_decoder_norm: false }),
    metadata: {
      model_name: model,
      hook_name: "embedding",
      dataset_path: dataset,
      prepend_bos: false,
    },
  };
  await makeFolder(folder);
  await writeSafetensors(path.join(folder, "sae_weights.safetensors"), tensors, {});
  await writeJson(path.join(folder, "cfg.json"), config, 2);
}

function subtractsDecoderBias(preBias: Float32Array, decoderBias: Float32Array): boolean {
  if (preBias.every((value, i) => value === decoderBias[i])) return true;
  if (preBias.every((value) => value === 0)) return false;
  throw new RangeError(
    "saveSaeLens: SAELens has one bias for both sides or none before the encoder, this SAE has two",
  );
}

function normalisationName({ normalisation }: Sae): string {
  switch (normalisation.kind) {
    case "none":
      return "none";
    case "layer-norm":
      return "layer_norm";
    case "constant-norm":
      return "constant_norm_rescale";
    default:
      throw new RangeError(
        `saveSaeLens: SAELens has no normalisation like ${normalisation.kind}; normalise the embeddings first`,
      );
  }
}
