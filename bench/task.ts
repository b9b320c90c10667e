// Runs one task of a part and prints its result as a line of JSON, with the peak memory of the process.
import { PARTS } from "./parts.js";
import { peakOf } from "./processes.js";

const [partName, taskName, folder, quick] = process.argv.slice(2);
const task = PARTS.find(({ name }) => name === partName)?.tasks?.[taskName];
if (task === undefined) throw new Error(`no task ${taskName} of ${partName}`);
const measured = await task({ folder, quick: quick === "--quick" });
const peakMB = peakOf("self") ?? process.resourceUsage().maxRSS / 1024;
// A task that measures its memory before further checks gives its own peakMB.
process.stdout.write(`\n${JSON.stringify({ peakMB, ...measured })}\n`);
