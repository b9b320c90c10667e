/** Adam's constants (arXiv 1412.6980). */
export const ADAM: { beta1: number; beta2: number; epsilon: number } = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
};

// clip_grad_norm_ in PyTorch adds this to the norm that it divides by
export const CLIP_EPSILON = 1e-6;

/** Adam's numbers of its `step`-th step, counted from 1, with both bias corrections folded in. */
export function adamScalars(
  step: number,
  learningRate: number,
): { stepSize: number; epsilon: number } {
  // rate / c1 · m / (sqrt(v) / sqrt(c2) + eps), with sqrt(c2) taken out of the fraction
  const root = Math.sqrt(1 - ADAM.beta2 ** step);
  return {
    stepSize: (learningRate / (1 - ADAM.beta1 ** step)) * root,
    epsilon: ADAM.epsilon * root,
  };
}
