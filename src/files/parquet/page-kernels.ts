import { KERNELS } from "./kernel-bytes.js";

// TypeScript knows WebAssembly only with the browser's types.
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number }) => Memory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: unknown };
};

/** The compiled assembly/parquet.ts. Places are addresses in bytes; `length` and `count` are words. */
interface Kernels {
  join(from: number, count: number, to: number, step: number): void;
  lookUp(
    from: number,
    end: number,
    width: number,
    table: number,
    length: number,
    to: number,
    count: number,
  ): number;
}

const PAGE = 65536;
const MOST_PAGES = 65536;
/** Where a lookup writes the number that its error names, and where the table begins. */
const PROBLEM = 2048;
const TABLE = 4096;

let opened: { memory: Memory; kernels: Kernels } | undefined;
/** The table of the last lookup, which pages of the same chunk share. */
let table: Uint32Array = new Uint32Array(0);

/** Fills `words` with `count` numbers whose first bytes lie together, then their second ones, and so on. */
export function joinBytes(bytes: Uint8Array, words: Uint32Array, count: number): void {
  const { kernels, from, to, take } = place(bytes, words);
  const step = words.length / count;
  for (let word = 0; word < step; word++) {
    kernels.join(from + 4 * word * count, count, to + 4 * word, step);
  }
  take();
}

/**
 * Fills `words` with those of a dictionary, by runs of indices of `width` bits, 1 to 24. Throws Error where a run has more of them than there
 * are, or an index is beyond the dictionary.
 */
export function lookUpWords(
  bytes: Uint8Array,
  width: number,
  dictionary: Uint32Array,
  words: Uint32Array,
): void {
  const isPlaced = table.buffer === dictionary.buffer && table.byteOffset === dictionary.byteOffset;
  if (!isPlaced || table.length !== dictionary.length) {
    const { memory } = openKernels();
    reserve(memory, TABLE + dictionary.byteLength);
    new Uint32Array(memory.buffer, TABLE, dictionary.length).set(dictionary);
    table = dictionary;
  }
  const { kernels, from, to, take } = place(bytes, words);
  const { length } = dictionary;
  const end = from + bytes.length;
  const problem = kernels.lookUp(from, end, width, TABLE, length, to, words.length);
  if (problem > 0) throw new Error(problemText(problem, words.length, length));
  take();
}

function problemText(problem: number, count: number, length: number): string {
  const number = new Float64Array(openKernels().memory.buffer, PROBLEM, 1)[0];
  if (problem === 1) return `${number} values, expected ${count}`;
  if (problem === 2) return `a run of ${number} values, of ${count} in all`;
  if (problem === 3) return `a run of ${number} bytes, more than are left`;
  return `index ${number} in a dictionary of ${length}`;
}

function openKernels(): NonNullable<typeof opened> {
  if (opened !== undefined) return opened;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
  const module = new WebAssembly.Module(Buffer.from(KERNELS, "base64"));
  const imports = { env: { memory, abort: (): void => undefined } };
  const kernels = new WebAssembly.Instance(module, imports).exports as Kernels;
  return (opened = { memory, kernels });
}

interface Placed {
  kernels: Kernels;
  /** Addresses of the bytes and of the words. */
  from: number;
  to: number;
  /** Takes the words out. */
  take: () => void;
}

/** Bytes behind the table, and room for words behind them; a word may be read from the last byte on. */
function place(bytes: Uint8Array, words: Uint32Array): Placed {
  const { memory, kernels } = openKernels();
  const from = tableEnd();
  const to = Math.ceil((from + bytes.length + 4) / 8) * 8;
  reserve(memory, to + words.byteLength);
  new Uint8Array(memory.buffer, from, bytes.length).set(bytes);
  const take = (): void => words.set(new Uint32Array(memory.buffer, to, words.length));
  return { kernels, from, to, take };
}

function tableEnd(): number {
  return TABLE + table.byteLength;
}

function reserve(memory: Memory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  if (missing > 0) memory.grow(missing);
}
