/** Takes the lock of the folder that it is given when it is asked to, and holds it until it is asked to leave. */
import { withLock } from "../../../src/atlas/files/index.js";

const [, , folder] = process.argv;
let leave = (): void => {};

process.on("message", (message) => {
  if (message === "take") void take();
  else {
    leave();
    void done.then(() => process.send?.("free"));
  }
});

let done: Promise<unknown> = Promise.resolve();

async function take(): Promise<void> {
  const left = new Promise<void>((resolve) => (leave = resolve));
  done = withLock(folder, async () => {
    process.send?.("has it");
    await left;
  }).catch(() => process.send?.("refused"));
  await done;
}

process.send?.("ready");
