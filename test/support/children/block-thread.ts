/**
 * Preloaded by a test: every thread but the first is kept busy for good as soon as it serves requests, with a temporary file
 * of the file named by BLOCKED_FILE open.
 */
import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { createAtomicFile } from "../../../src/files/index.js";

async function block(): Promise<void> {
  const file = process.env.BLOCKED_FILE;
  if (file !== undefined) await (await createAtomicFile(file)).write(new Uint8Array(9));
  writeSync(2, "busy\n");
  for (;;);
}

if (!isMainThread) {
  const look = setInterval(() => {
    if (!process.getActiveResourcesInfo().includes("TCPServerWrap")) return;
    clearInterval(look);
    void block();
  }, 20);
}
