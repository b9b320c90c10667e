import type { Random } from "../../../src/core/index.js";
import { type Choose, chooser } from "./choose.js";
import { damageValue } from "./damage-json.js";

const TYPES = [
  ...["<f2", "<f4", "<f8", ">f4", "<i1", "|i1", "<i4", "<i8", "<u8", "|u1", "|b1", "|O", "<U5"],
  ...["<c8", "<m8[ns]", "|V8", "=f4", "f4", ""],
];
const SIZES = [0, 1, 2, 2 ** 20, 2 ** 31, 2 ** 53, 2 ** 62];
const DTYPES = ["F64", "F16", "BF16", "I8", "U8", "BOOL", "I64", "F8_E4M3", "C64", "f32", ""];

/** What numbers are damaged to: no number, without end, no index, beyond every count. */
const BITS = [0x7fc00000, 0xff800000, 0x3f000000, 0xffffffff, 0x7fffffff, 0x80000000, 0];

/** Numbers of 4 bytes, some of them changed. */
export function damageNumbers(bytes: Buffer, choose: Choose): void {
  const count = Math.floor(bytes.length / 4);
  if (count === 0) return;
  const bits = choose.of(BITS);
  if (choose.chance(0.2)) for (let i = 0; i < count; i++) bytes.writeUInt32LE(bits, 4 * i);
  for (let changes = 1 + choose.below(3); changes > 0; changes--) {
    const [at, other] = [choose.below(count), choose.below(count)];
    if (choose.chance(0.3)) bytes.copy(bytes, 4 * at, 4 * other, 4 * other + 4);
    else bytes.writeUInt32LE(bits, 4 * at);
  }
}

/** An .npy with another header, whose numbers fit that header or not, or with other numbers. */
export function damageNpy(bytes: Uint8Array, random: Random): Uint8Array {
  const choose = chooser(random);
  const file = Buffer.from(bytes);
  const start = 10 + file.readUInt16LE(8);
  let data = file.subarray(start);
  let header = file.toString("latin1", 10, start);
  const shape = (/\(([^)]*)\)/.exec(header)?.[1] ?? "").split(",").filter((size) => size.trim());
  const size = (): string => String(choose.of(SIZES));
  const edits: (() => void)[] = [
    () => {
      const before = /[<>|][a-z](\d)/.exec(header)?.[1] ?? "4";
      const type = choose.of(TYPES);
      header = header.replace(/'[<>|][a-z]\d'/, `'${type}'`);
      const after = Number(/\d/.exec(type)?.[0] ?? before);
      if (choose.chance(0.5)) data = data.subarray(0, (data.length / Number(before)) * after);
      if (after > Number(before)) data = Buffer.concat([data, Buffer.alloc(file.length)]);
    },
    () => void (header = header.replace("False", "True")),
    () => void (header = header.replace(/\([^)]*\)/, `(${choose.of(shape)}, ${size()}, )`)),
    () => void (header = header.replace(/\([^)]*\)/, `(${shape.map(size).join(", ")},)`)),
    () => void (header = header.replace(/\(\d+/, "(-1")),
    () => void (header = header.replace(/\([^)]*\)/, `(${[...shape].reverse().join(", ")},)`)),
    () => void (header = header.replace(/\([^)]*\)/, "(".repeat(choose.of([1, 9, 5000])))),
    () => void (header = header.replace(choose.of(["descr", "fortran_order", "shape"]), "other")),
    () =>
      void (header = header.replace(/'descr': '[^']*'/, "'descr': [('a', '<f4'), ('b', '<i4')]")),
    () => void (header = header.replace("{", "{'shape': (1,), ")),
    () => void (header = choose.of(["", "{}", "[]", "None", header.slice(0, 20)])),
    () => void (data = data.subarray(0, choose.below(data.length + 1))),
    () => void (data = Buffer.concat([data, data.subarray(0, choose.of([1, 4, 16]))])),
    () => damageNumbers(data, choose),
    () => damageNumbers(data, choose),
    () => damageNumbers(data, choose),
  ];
  choose.of(edits)();
  const head = Buffer.alloc(4);
  head[0] = choose.chance(0.05) ? choose.below(5) : 1;
  head.writeUInt16LE(choose.chance(0.03) ? choose.below(65_536) : header.length, 2);
  return Buffer.concat([file.subarray(0, 6), head, Buffer.from(header, "latin1"), data]);
}

/** A .safetensors with another header, or other numbers. */
export function damageSafetensors(bytes: Uint8Array, random: Random): Uint8Array {
  const choose = chooser(random);
  const file = Buffer.from(bytes);
  const start = 8 + Number(file.readBigUInt64LE(0));
  let data = file.subarray(start);
  const text = file.toString("utf8", 8, start);
  type Entry = { dtype: unknown; shape: unknown[]; data_offsets: unknown[] };
  const header = JSON.parse(text) as Record<string, Entry>;
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  const name = choose.of(names);
  const entry = header[name];
  const other = header[choose.of(names)];
  let changed: string | undefined;
  const edits: (() => void)[] = [
    () => void (entry.data_offsets = [...other.data_offsets]),
    () => void (entry.data_offsets = [...entry.data_offsets].reverse()),
    () => {
      const by = choose.of([-1, 1, 4, -4, 0.5, 2 ** 31, 2 ** 53]);
      entry.data_offsets = entry.data_offsets.map((offset) => Number(offset) + by);
    },
    () => void (entry.data_offsets[choose.below(2)] = choose.of([-1, 2 ** 40, null, "8", 1e300])),
    () => void (entry.shape[choose.below(3)] = choose.of([...SIZES, -1, 0.5, "2", null])),
    () => void (entry.shape = choose.of([[], [2 ** 32, 2 ** 32], other.shape, [[1]] as unknown[]])),
    () => void (entry.dtype = choose.of([...DTYPES, null, 4])),
    () => void delete header[name],
    () => void (header[choose.of(["__proto__", "constructor", `${name}.0`, ""])] = entry),
    () =>
      void (changed = `${text.slice(0, text.indexOf("{") + 1)}"${name}":${JSON.stringify(other)},${text.slice(text.indexOf("{") + 1)}`),
    () => void (changed = JSON.stringify(damageValue(header, random))),
    () => void (changed = JSON.stringify(damageValue(header, random))),
    () => void (changed = choose.of(["{}", "[]", "null", "[".repeat(50_000), text.slice(0, -9)])),
    () => {
      const value = choose.of<unknown>([null, 1, [], { k: 4 }, { a: "\u001b]0;x\u0007" }]);
      changed = JSON.stringify({ ...header, __metadata__: value });
    },
    () => void (data = data.subarray(0, choose.below(data.length + 1))),
    () => void (data = Buffer.concat([data, Buffer.alloc(choose.of([1, 8]))])),
    () => damageNumbers(data, choose),
    () => damageNumbers(data, choose),
  ];
  choose.of(edits)();
  const json = Buffer.from(changed ?? JSON.stringify(header));
  const head = Buffer.alloc(8);
  const lies = [0n, 1n, BigInt(json.length - 1), 2n ** 40n, 2n ** 64n - 1n];
  head.writeBigUInt64LE(choose.chance(0.05) ? choose.of(lies) : BigInt(json.length));
  return Buffer.concat([head, json, data]);
}
