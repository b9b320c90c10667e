/** Engines by ONNX Runtime: sessions, and the small graphs that they run, written without a model file. */
export * from "./choose-pass.js";
export * from "./first-pass.js";
export * from "./onnx-encoder.js";
export * from "./onnx-engine.js";
export * from "./onnx-graph-builder.js";
export * from "./onnx-graph.js";
export * from "./onnx-session.js";
export * from "./product-parts.js";
export * from "./resident-session.js";
export { limitThreads } from "../threads.js";
