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
export { type EngineName, ENGINE_NAMES, openEngine, trainerOf } from "./open-engine.js";
export { type DeviceReport, type ProbeOptions, probeDevices } from "./probe/probe-devices.js";
export { probeTensorflow } from "./tensorflow/probe-tensorflow.js";
export type {
  CreateTrainer,
  ParameterName,
  SaeParameters,
  StepReport,
  Trainer,
  TrainerSettings,
  TrainerState,
} from "./trainer.js";
