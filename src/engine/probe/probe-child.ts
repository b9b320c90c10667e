import type { Device } from "../engine.js";
import { measureDevice } from "./probe-devices.js";
import { measureTensorflow } from "../tensorflow/probe-tensorflow.js";

// The program that probe-devices.ts runs in its own process: it tries one engine and answers its parent.
const target = process.argv[2];
const tensorflow = /^tensorflow-(.*)$/.exec(target)?.[1] as Device | undefined;
void (
  tensorflow === undefined
    ? measureDevice(target as Device).then((gflops) => ({ gflops }))
    : measureTensorflow(tensorflow)
)
  .catch((error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }))
  .then((answer) => process.send?.(answer, () => process.disconnect()));
