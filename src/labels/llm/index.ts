/** Labels by a language model: prompts, explainer, judge, choice, and the runs over latents and families. */
export * from "./family-source.js";
export * from "./map-in-order.js";
export * from "./prompts.js";
export * from "./names.js";
export * from "./sample.js";
export * from "./verdict-logprobs.js";
