import type { Device } from "./engine.js";
import { measureDevice } from "./probe.js";

// The program that probe.ts runs in a process of its own: it tries one device and answers its parent.
void measureDevice(process.argv[2] as Device)
  .then(
    (gflops) => ({ gflops }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  )
  .then((answer) => process.send?.(answer, () => process.disconnect()));
