import { isUtf8 } from "node:buffer";
import type { PickleMachine } from "./pickle-machine.js";

/** Python's own integers in checkpoints (seeds, counters) have some bytes; longer ones only cost time. */
const longestInteger = 4096;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

type Run = (machine: PickleMachine) => void;

const refuse =
  (name: string): Run =>
  (machine) =>
    machine.fail(`refused the pickle opcode ${name} at byte ${machine.at - 1}; nothing was run`);

const text =
  (width: 1 | 4 | 8): Run =>
  (machine) =>
    machine.push(utf8.decode(machine.take(machine.unsigned(width))));

const bytes =
  (width: 1 | 4 | 8): Run =>
  (machine) =>
    machine.pushContainer(machine.take(machine.unsigned(width)).slice());

const tuple =
  (size: number): Run =>
  (machine) => {
    const items: unknown[] = [];
    for (let i = 0; i < size; i++) items.unshift(machine.pop());
    machine.pushContainer(items);
  };

/** What each opcode does, by its byte. Opcodes of protocols 0 and 1 that later ones do not write are left out. */
export const opcodes: readonly (Run | undefined)[] = buildTable({
  "(": (m) => m.mark(),
  ".": (m) => {
    m.stopped = true;
  },
  "0": (m) => m.pop(),
  "1": (m) => m.popMark(),
  "2": (m) => m.push(m.top()),
  N: (m) => m.push(null),
  "\x88": (m) => m.push(true),
  "\x89": (m) => m.push(false),
  J: (m) => m.push(m.int32()),
  K: (m) => m.push(m.unsigned(1)),
  M: (m) => m.push(m.unsigned(2)),
  "\x8a": (m) => pushInteger(m, m.unsigned(1)),
  "\x8b": (m) => pushInteger(m, m.int32()),
  G: (m) => m.push(m.float64()),
  X: text(4),
  "\x8c": text(1),
  "\x8d": text(8),
  U: (m) => pushOldText(m, m.unsigned(1)),
  T: (m) => pushOldText(m, m.unsigned(4)),
  B: bytes(4),
  C: bytes(1),
  "\x8e": bytes(8),
  "\x96": bytes(8),
  ")": tuple(0),
  "\x85": tuple(1),
  "\x86": tuple(2),
  "\x87": tuple(3),
  t: (m) => m.pushContainer(m.popMark()),
  "]": (m) => m.pushContainer([]),
  a: (m) => append(m, [m.pop()]),
  e: (m) => append(m, m.popMark()),
  "}": (m) => m.pushContainer(new Map()),
  s: (m) => {
    const value = m.pop();
    setItems(m, [m.pop(), value]);
  },
  u: (m) => setItems(m, m.popMark()),
  "\x8f": (m) => m.pushContainer(new Set()),
  "\x90": (m) => addItems(m, m.popMark()),
  "\x91": (m) => m.pushContainer(new Set(m.popMark())),
  q: (m) => m.memoize(m.unsigned(1)),
  r: (m) => m.memoize(m.unsigned(4)),
  "\x94": (m) => m.memoize(m.memoSize),
  h: (m) => m.recall(m.unsigned(1)),
  j: (m) => m.recall(m.unsigned(4)),
  "\x95": (m) => m.unsigned(8),
  c: (m) => {
    const module = m.line();
    m.global(module, m.line());
  },
  "\x93": (m) => {
    const name = m.pop();
    m.global(m.pop(), name);
  },
  R: (m) => {
    const args = m.pop();
    m.call(m.pop(), args);
  },
  "\x81": (m) => {
    const args = m.pop();
    m.call(m.pop(), args);
  },
  b: build,
  Q: (m) => m.persistent(m.pop()),
  P: refuse("PERSID"),
  o: refuse("OBJ"),
  i: (m) => {
    // Named first, so that the error names the requested class.
    const module = m.line();
    m.global(module, m.line());
    refuse("INST")(m);
  },
  "\x92": refuse("NEWOBJ_EX"),
  "\x82": refuse("EXT1"),
  "\x83": refuse("EXT2"),
  "\x84": refuse("EXT4"),
  "\x97": refuse("NEXT_BUFFER"),
  "\x98": refuse("READONLY_BUFFER"),
});

function buildTable(runs: Record<string, Run>): (Run | undefined)[] {
  const table = new Array<Run | undefined>(256).fill(undefined);
  for (const [character, run] of Object.entries(runs)) table[character.charCodeAt(0)] = run;
  return table;
}

/** A signed little-endian integer of `length` bytes: a number where that is exact, else a bigint. */
function pushInteger(machine: PickleMachine, length: number): void {
  if (length < 0 || length > longestInteger) {
    machine.fail(`pickle: an integer of ${length} bytes, at most ${longestInteger} are read`);
  }
  const bytes = machine.take(length);
  if (length === 0) return machine.push(0);
  const hex = Buffer.from(bytes).reverse().toString("hex");
  const value = BigInt.asIntN(length * 8, BigInt(`0x${hex}`));
  const number = Number(value);
  machine.push(Number.isSafeInteger(number) ? number : value);
}

/** Python 2's str: text in UTF-8 in every checkpoint of ours, else byte for byte. */
function pushOldText(machine: PickleMachine, length: number): void {
  const bytes = machine.take(length);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  machine.push(view.toString(isUtf8(view) ? "utf8" : "latin1"));
}

function append(machine: PickleMachine, items: unknown[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) machine.fail("pickle: items for something that is not a list");
  for (const item of items) list.push(item);
}

function setItems(machine: PickleMachine, items: unknown[]): void {
  const map = machine.top();
  if (!(map instanceof Map)) machine.fail("pickle: items for something that is not a dict");
  if (items.length % 2 !== 0) machine.fail("pickle: a dict key without a value");
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
}

function addItems(machine: PickleMachine, items: unknown[]): void {
  const set = machine.top();
  if (!(set instanceof Set)) machine.fail("pickle: items for something that is not a set");
  for (const item of items) set.add(item);
}

/** An OrderedDict may bring attributes, such as the `_metadata` of a state dict: they are left out. */
function build(machine: PickleMachine): void {
  machine.pop();
  if (!(machine.top() instanceof Map)) {
    machine.fail("refused to set the state of something that is not a dict; nothing was run");
  }
}
