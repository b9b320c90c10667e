import { PickleMachine } from "./pickle-machine.js";
import type { PickleOptions } from "./pickle-machine.js";
import { opcodes } from "./pickle-opcodes.js";

export { PickleGlobal, TruncatedPickle } from "./pickle-machine.js";
export type { PickleFail, PickleOptions } from "./pickle-machine.js";

const firstProtocol = 2;
const lastProtocol = 5;
/** Some 30 opcodes make a tensor; more than this only cost time. */
const mostOpcodes = 2_000_000;

/**
 * Reads one pickle of protocol 2 to 5 without running anything: None as null, int as number (bigint beyond 2^53), str
 * and Python 2's str as string, bytes as Uint8Array, list and tuple as array, dict as Map, set as Set. `end` is the
 * place after the pickle. Throws FormatError for a global that is not on the list, naming it, for any other call, and
 * where the pickle is malformed or outgrows its machine's caps.
 * Format: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
export function readPickle(
  bytes: Uint8Array,
  start: number,
  options: PickleOptions,
): { value: unknown; end: number } {
  const machine = new PickleMachine(bytes, start, options);
  if (machine.byte() !== 0x80) {
    machine.fail(`no pickle of protocol ${firstProtocol} to ${lastProtocol} at byte ${start}`);
  }
  const protocol = machine.byte();
  if (protocol < firstProtocol || protocol > lastProtocol) {
    machine.fail(
      `pickle protocol must be from ${firstProtocol} to ${lastProtocol}, got ${protocol}`,
    );
  }
  try {
    for (let steps = 0; !machine.stopped; steps++) {
      if (steps >= mostOpcodes) machine.fail(`pickle: more than ${mostOpcodes} opcodes`);
      step(machine);
    }
  } catch (error) {
    // V8's own limits on the size of a Map or Set.
    if (error instanceof RangeError) machine.fail(`pickle: ${error.message}`);
    throw error;
  }
  return { value: machine.pop(), end: machine.at };
}

function step(machine: PickleMachine): void {
  const code = machine.byte();
  const run = opcodes[code];
  if (run === undefined) {
    const shown = code.toString(16).padStart(2, "0");
    machine.fail(`pickle opcode 0x${shown} at byte ${machine.at - 1} is not read; nothing was run`);
  }
  run(machine);
}
