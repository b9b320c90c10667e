import type { Random } from "../../../src/core/index.js";
import { type Choose, chooser, damageList } from "./choose.js";

/** Bytes behind an opcode: a number of them, a length of so many bytes and that many more, or lines. */
const ARGUMENTS: readonly [
  ops: string,
  argument: { bytes?: number; length?: number; lines?: number },
][] = [
  ["K\x80qh\x82", { bytes: 1 }],
  ["M\x83", { bytes: 2 }],
  ["Jjr\x84", { bytes: 4 }],
  ["G\x95", { bytes: 8 }],
  ["UC\x8c\x8a", { length: 1 }],
  ["XTB\x8b", { length: 4 }],
  ["\x8d\x8e\x96", { length: 8 }],
  ["ILFSVPgp", { lines: 1 }],
  ["ic", { lines: 2 }],
];
const BARE = "012()]}tleasbRuNQdo.\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x81\x97\x98";
const GLOBALS = [
  ...["torch HalfStorage", "torch LongStorage", "torch BoolStorage", "torch BFloat16Storage"],
  ...["torch UntypedStorage", "torch ComplexFloatStorage", "torch QInt8Storage"],
  ...["torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2"],
  ...["torch._utils _rebuild_parameter", "torch._utils _rebuild_sparse_tensor"],
  ...["torch.storage _load_from_bytes", "torch._tensor _rebuild_from_type_v2", "torch Size"],
  ...["collections OrderedDict", "collections defaultdict", "builtins set", "builtins eval"],
  ...["posix system", "numpy.core.multiarray scalar", "numpy dtype", "_codecs encode"],
  ...["numpy.core.multiarray _reconstruct", "argparse Namespace", "pathlib PosixPath"],
  ...["__builtin__ constructor", "a.b __proto__", "copyreg _reconstructor"],
].map((name) => `c${name.replace(" ", "\n")}\n`);
const TEXTS = ["", "storage", "0", "99", "cpu", "cuda:0", "meta", "__proto__", "x".repeat(300)];
const NUMBERS = [0, 1, -1, 2, 255, 65_536, 2 ** 31 - 1, -(2 ** 31)];

/** The instructions of a pickle, each opcode with its argument; the last has what no opcode was known for. */
export function pickleParts(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const {
      bytes: fixed = 0,
      length = 0,
      lines = 0,
    } = ARGUMENTS.find(([ops]) => ops.includes(String.fromCharCode(bytes[at])))?.[1] ?? {};
    let end = at + 1 + fixed + length;
    if (length > 0 && end <= bytes.length) end += bytes.readUIntLE(at + 1, Math.min(6, length));
    for (let line = 0; line < lines; line++) {
      const found = bytes.indexOf("\n", end);
      end = found < 0 ? bytes.length : found + 1;
    }
    parts.push(bytes.subarray(at, end));
    at = end;
    if (parts.at(-1)?.toString("latin1") === ".") break;
  }
  return parts;
}

function text(value: string): Buffer {
  const head = Buffer.alloc(5, "X");
  head.writeUInt32LE(value.length, 1);
  return Buffer.concat([head, Buffer.from(value)]);
}

function number(value: number): Buffer {
  const part = Buffer.alloc(5, "J");
  part.writeInt32LE(value, 1);
  return part;
}

/** LONG1 of many bytes. */
function long(length: number): Buffer {
  return Buffer.concat([Buffer.from([0x8a, length]), Buffer.alloc(length, 0x7f)]);
}

/** Parts that put what a memo place holds into itself or elsewhere, or nest without end. */
function knots(choose: Choose): Buffer {
  const get = Buffer.from(["h".charCodeAt(0), choose.below(12)]);
  switch (choose.below(5)) {
    case 0:
      return Buffer.concat([get, Buffer.from("a")]);
    case 1:
      return Buffer.concat([text("self"), get, Buffer.from("s")]);
    case 2:
      return Buffer.concat([get, Buffer.from("b")]);
    case 3:
      return Buffer.from("]".repeat(20_000) + "a".repeat(19_999));
    default:
      return Buffer.from("(".repeat(20_000) + "t".repeat(20_000));
  }
}

/** A pickle whose instructions are damaged: dropped, doubled, moved, of another type or argument, or knotted. */
export function damagePickle(bytes: Uint8Array, random: Random): Uint8Array {
  const choose = chooser(random);
  let parts = pickleParts(Buffer.from(bytes));
  for (let changes = 1 + choose.below(2); changes > 0; changes--) {
    const at = 1 + choose.below(Math.max(1, parts.length - 1));
    const starts = (ops: string): number[] =>
      parts.flatMap((part, i) => (ops.includes(String.fromCharCode(part[0])) ? [i] : []));
    const replace = (places: readonly number[], part: Buffer): void => {
      if (places.length > 0) parts[choose.of(places)] = part;
    };
    switch (choose.below(9)) {
      case 0:
      case 1:
        parts = damageList(parts, choose);
        break;
      case 2:
        parts[at] = Buffer.from(choose.of([...BARE]), "latin1");
        break;
      case 3:
        replace(starts("c"), Buffer.from(choose.of(GLOBALS)));
        break;
      case 4:
        replace(starts("XU\x8cS"), choose.chance(0.8) ? text(choose.of(TEXTS)) : number(1));
        break;
      case 5:
      case 6:
        replace(
          starts("KMJ\x8a"),
          choose.chance(0.8) ? number(choose.of(NUMBERS)) : long(choose.of([0, 8, 9, 255])),
        );
        break;
      case 7:
        parts.splice(at, 0, knots(choose));
        break;
      default:
        // A length that is not that of the text behind it.
        parts[at] = Buffer.from(parts[at]);
        if (parts[at].length > 1) parts[at][1] = choose.below(256);
    }
  }
  return Buffer.concat(parts);
}
