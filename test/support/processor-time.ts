import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

// Linux counts a thread's processor time in hundredths of a second.
const STAT = "/proc/thread-self/stat";

/**
 * Milliseconds of processor time that this thread has used, so that other work of the machine does not count; where
 * the system does not say, the time that has passed.
 */
export function processorTime(): number {
  try {
    const stat = readFileSync(STAT, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return performance.now();
  }
}
