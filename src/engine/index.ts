/** Where arithmetic runs: encoding, exact nearest rows and training steps, on CPU or GPU. */
export type { Activation } from "./activation.js";
export type {
  Device,
  Encoder,
  EncoderWeights,
  Engine,
  NearestOptions,
  Neighbours,
} from "./engine.js";
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
export { type EngineName, ENGINE_NAMES, openEngine, trainerOf } from "./open-engine.js";
export {
  type DeviceReport,
  type ProbeOptions,
  chooseDevice,
  probeDevices,
  seesGpu,
} from "./probe-devices.js";
export { type Resident, type ResidentSession, createResidentSession } from "./resident-session.js";
export { probeTensorflow } from "./tensorflow/probe-tensorflow.js";
export {
  type CreateTrainer,
  type ParameterName,
  type SaeParameters,
  type StepReport,
  type Trainer,
  type TrainerSettings,
  type TrainerState,
  initialState,
} from "./trainer.js";
export { type KernelModule, type WorkerPoolOptions, WorkerPool } from "./worker-pool.js";
