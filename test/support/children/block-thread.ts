/** Preloaded by a test: every thread but the first is kept busy for good, soon after it has started. */
import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

if (!isMainThread) {
  setTimeout(() => {
    writeSync(2, "busy\n");
    for (;;);
  }, 500);
}
