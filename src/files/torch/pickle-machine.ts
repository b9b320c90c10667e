import { FormatError } from "../../core/errors.js";
import { cutLine } from "../../core/shown.js";

/** Far above what a state dict of thousands of tensors needs; a hostile file is stopped at some hundred MB. */
const mostContainers = 500_000;
const mostMemos = 1_000_000;
const deepestStack = 1_000_000;
/** What a call makes, such as a tensor, weighs as much as this many tuples. */
const weightOfCall = 4;
const longestName = 1000;
/** What helps where NumPy scalars, argparse's Namespace or paths lie beside the tensors. */
const HINT =
  "if you trust the file, save its tensors alone in Python: " +
  'torch.save({k: v for k, v in torch.load(FILE, weights_only=False).items() if torch.is_tensor(v)}, "tensors.pt"), ' +
  'with ["state_dict"] or the like before .items() if the tensors lie in a dict inside';
/** Calls may copy a text or list that the memo holds once: in all, this many times the pickle's own bytes. */
const mostCopies = 16;
const copyAllowance = 1024 * 1024;
const bytesOfItem = 32;

/** Ends the reading with a FormatError that names the file. */
export type PickleFail = (problem: string) => never;

/**
 * What a global of a pickle becomes here. `build` makes the value that calling it would give; a global without it
 * can be named but not called. None of them runs anything that the file brings.
 */
export class PickleGlobal {
  readonly global: string;
  readonly build: ((args: unknown[], fail: PickleFail) => unknown) | undefined;

  constructor(global: string, build?: (args: unknown[], fail: PickleFail) => unknown) {
    this.global = global;
    this.build = build;
  }
}

export interface PickleOptions {
  /** What errors call the file. */
  path: string;
  /** The only globals that may occur, by "module.name". What is no PickleGlobal becomes a value as it is. */
  globals: ReadonlyMap<string, unknown>;
  /** Gives the value of a persistent id. Default: persistent ids are refused. */
  persistent?: (id: unknown, fail: PickleFail) => unknown;
}

/** The pickle continues past the given bytes. */
export class TruncatedPickle extends FormatError {}

/** Stack, marks and memo of one pickle that is being read, and the bytes still to come. */
export class PickleMachine {
  at: number;
  stopped = false;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #options: PickleOptions;
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  /** Picklers count up, so that this has no holes to speak of. */
  readonly #memo: unknown[] = [];
  #containers = 0;
  #copied = 0;

  constructor(bytes: Uint8Array, start: number, options: PickleOptions) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
    this.#options = options;
  }

  fail(problem: string): never {
    throw new FormatError(this.#options.path, problem);
  }

  byte(): number {
    this.#need(1);
    return this.#bytes[this.at++];
  }

  /** The next bytes, as a view. */
  take(length: number): Uint8Array {
    this.#need(length);
    const start = this.at;
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }

  /** A little-endian unsigned integer of 1, 2, 4 or 8 bytes. */
  unsigned(width: 1 | 2 | 4 | 8): number {
    this.#need(width);
    const at = this.at;
    this.at += width;
    if (width === 1) return this.#bytes[at];
    if (width === 2) return this.#view.getUint16(at, true);
    if (width === 4) return this.#view.getUint32(at, true);
    return Number(this.#view.getBigUint64(at, true));
  }

  int32(): number {
    this.#need(4);
    this.at += 4;
    return this.#view.getInt32(this.at - 4, true);
  }

  /** A big-endian float64. */
  float64(): number {
    this.#need(8);
    this.at += 8;
    return this.#view.getFloat64(this.at - 8);
  }

  /** Text up to the next line feed, which is passed over. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.at);
    if (end < 0) this.#need(Infinity);
    if (end - this.at > longestName) this.fail("pickle: a name of more than 1000 bytes");
    const { buffer, byteOffset, length } = this.take(end - this.at);
    const text = Buffer.from(buffer, byteOffset, length).toString();
    this.at++;
    return text;
  }

  push(value: unknown): void {
    if (this.#stack.length >= deepestStack) this.fail("pickle: more values than are read");
    this.#stack.push(value);
  }

  /** Counts a list, dict, set or tuple towards the cap and pushes it. */
  pushContainer(value: unknown, weight = 1): void {
    this.#containers += weight;
    if (this.#containers > mostContainers) {
      this.fail(`pickle: more than ${mostContainers} lists, dicts and tuples`);
    }
    this.push(value);
  }

  pop(): unknown {
    this.#needValue();
    return this.#stack.pop();
  }

  top(): unknown {
    this.#needValue();
    return this.#stack[this.#stack.length - 1];
  }

  mark(): void {
    if (this.#marks.length >= mostContainers) this.fail("pickle: more marks than are read");
    this.#marks.push(this.#stack.length);
  }

  /** Takes all values above the last mark off the stack, in order. */
  popMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) this.fail("pickle: a mark is missing");
    return this.#stack.splice(mark);
  }

  get memoSize(): number {
    return this.#memo.length;
  }

  memoize(index: number): void {
    if (index >= mostMemos) this.fail(`pickle: more than ${mostMemos} memo entries`);
    this.#memo[index] = this.top();
  }

  recall(index: number): void {
    if (!(index in this.#memo)) this.fail(`pickle: memo entry ${index} is missing`);
    this.push(this.#memo[index]);
  }

  /** Pushes what a global becomes, or refuses it. */
  global(module: unknown, name: unknown): void {
    if (typeof module !== "string" || typeof name !== "string") {
      this.fail("pickle: a global whose name is not text");
    }
    const global = `${module}.${name}`;
    if (!this.#options.globals.has(global)) {
      this.fail(
        `refused the global ${cutLine(global, 200)}: only tensors and plain containers are read, and nothing was run; ${HINT}`,
      );
    }
    this.push(this.#options.globals.get(global));
  }

  /** Pushes what calling `callee` would give, or refuses it. */
  call(callee: unknown, args: unknown): void {
    if (!(callee instanceof PickleGlobal) || callee.build === undefined || !Array.isArray(args)) {
      const what =
        callee instanceof PickleGlobal ? callee.global : "something that is not a function";
      this.fail(`refused a call of ${what} in the pickle; nothing was run`);
    }
    for (const argument of args) this.#spend(argument);
    this.pushContainer(
      callee.build(args, (problem) => this.fail(problem)),
      weightOfCall,
    );
  }

  persistent(id: unknown): void {
    const { persistent } = this.#options;
    if (persistent === undefined) this.fail("pickle: a persistent id where none is known");
    this.push(persistent(id, (problem) => this.fail(problem)));
  }

  #spend(argument: unknown): void {
    if (Array.isArray(argument)) this.#copied += argument.length * bytesOfItem;
    else if (typeof argument === "string" || argument instanceof Uint8Array) {
      this.#copied += argument.length;
    }
    if (this.#copied > mostCopies * this.#bytes.length + copyAllowance) {
      this.fail("pickle: its calls copy more than is read");
    }
  }

  #need(length: number): void {
    if (this.at + length > this.#bytes.length) {
      throw new TruncatedPickle(
        this.#options.path,
        `pickle is truncated: at byte ${this.at} it needs more than the ${this.#bytes.length - this.at} bytes left`,
      );
    }
  }

  #needValue(): void {
    const floor = this.#marks.length > 0 ? this.#marks[this.#marks.length - 1] : 0;
    if (this.#stack.length <= floor) this.fail("pickle: a value is missing");
  }
}
