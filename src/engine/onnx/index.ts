/** Engines by ONNX Runtime: sessions, and the small graphs that they run, written without a model file. */
export { chooseEncoder, encodeBy, tryFirstPass } from "./choose-pass.js";
export { createFirstPass } from "./first-pass.js";
export { createOnnxEncoder } from "./onnx-encoder.js";
export { createOnnxEngine } from "./onnx-engine.js";
export { GraphBuilder } from "./onnx-graph-builder.js";
export { type Graph, serializeGraph } from "./onnx-graph.js";
export {
  type OnnxModule,
  type OnnxSessionOptions,
  createOnnxSession,
  floatTensor,
  integerTensor,
  loadOnnx,
} from "./onnx-session.js";
export { type Resident, type ResidentSession, createResidentSession } from "./resident-session.js";
