/** Labels by a language model: prompts, explainer, judge, choice, and the runs over latents and families. */
export { familySource } from "./family-source.js";
export { mapInOrder } from "./map-in-order.js";
export {
  confidenceQuestion,
  detectQuestion,
  distinctNames,
  explainQuestion,
  familyQuestion,
} from "./prompts.js";
export { sampleOverDensities } from "./sample.js";
export { verdictLogprobs, yesProbabilities } from "./verdict-logprobs.js";
