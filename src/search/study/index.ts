/**
 * How well steering works: measured over drawn queries, at equal distance from the query, and by a judge.
 */
export * from "./ask-all.js";
export { type Bootstrap, type MeanInterval, createBootstrap } from "../../core/bootstrap.js";
export * from "./edit-optimisation.js";
export * from "./equal-cosine.js";
export * from "./evaluate-steering.js";
export * from "./evaluation-cases.js";
export * from "./judge-question.js";
export * from "./result-measures.js";
export * from "./rewrite-question.js";
export * from "./trials.js";
