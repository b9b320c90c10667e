/**
 * How the pre-activations `p = encoder · (x - preBias) + latentBias` become activations. "topk" keeps the k largest and
 * then applies the ReLU; "relu" is max(p, 0); "jumprelu" is p where p is above 0 and above its latent's threshold [n],
 * else 0. "gated" (arXiv 2404.16014) takes `π = encoder · (x - preBias)` without the bias: max(π · scale + bias, 0) where
 * π + gateBias is above 0, else 0; all three are [n].
 */
export type Activation =
  | { kind: "topk" }
  | { kind: "relu" }
  | { kind: "jumprelu"; threshold: Float32Array }
  | { kind: "gated"; gateBias: Float32Array; scale: Float32Array; bias: Float32Array };

/** The vectors [n] of an activation, by name. */
export function activationVectors(activation: Activation): Record<string, Float32Array> {
  switch (activation.kind) {
    case "jumprelu":
      return { threshold: activation.threshold };
    case "gated":
      return { gateBias: activation.gateBias, scale: activation.scale, bias: activation.bias };
    default:
      return {};
  }
}
