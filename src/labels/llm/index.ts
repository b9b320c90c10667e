/** Labels by a language model: prompts, explainer, judge, choice, and the runs over latents and families. */
export { familySource } from "./family-source.js";
export { mapInOrder } from "./map-in-order.js";
export {
  confidenceQuestion,
  detectQuestion,
  explainQuestion,
  familyQuestion,
  verdictQuestion,
} from "./prompts.js";
export { namesOf } from "./names.js";
export { sampleOverDensities } from "./sample.js";
export { verdictLogprobs, wordLogprobs, yesProbabilities } from "./verdict-logprobs.js";
