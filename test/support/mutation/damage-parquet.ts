import type { Random } from "../../../src/core/index.js";
import { type Choose, chooser, damageList } from "./choose.js";

// Thrift's compact protocol, as far as Parquet uses it: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, STRUCT] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12],
];

interface Node {
  type: number;
  /** Of numbers. */
  number?: bigint;
  /** Of texts and doubles. */
  bytes?: Buffer;
  /** Of lists, all of one type; `claims` is a length that is not theirs. */
  items?: Node[];
  itemType?: number;
  claims?: number;
  /** Of structs. */
  fields?: { id: number; value: Node }[];
}

class Reader {
  at: number;
  constructor(
    readonly bytes: Buffer,
    at: number,
  ) {
    this.at = at;
  }
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes.readUInt8(this.at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
  zigzag(): bigint {
    const value = this.varint();
    return (value >> 1n) ^ -(value & 1n);
  }
  value(type: number): Node {
    if (type === BYTE) return { type, number: BigInt(this.bytes.readInt8(this.at++)) };
    if ([I16, I32, I64].includes(type)) return { type, number: this.zigzag() };
    if (type === DOUBLE || type === BINARY) {
      const length = type === DOUBLE ? 8 : Number(this.varint());
      return { type, bytes: this.bytes.subarray(this.at, (this.at += length)) };
    }
    if (type === LIST || type === SET) {
      const head = this.bytes.readUInt8(this.at++);
      const count = head >> 4 === 15 ? Number(this.varint()) : head >> 4;
      const itemType = head & 15;
      return { type, itemType, items: Array.from({ length: count }, () => this.value(itemType)) };
    }
    return type === STRUCT ? this.struct() : { type };
  }
  struct(): Node {
    const fields: NonNullable<Node["fields"]> = [];
    for (let id = 0; ;) {
      const head = this.bytes.readUInt8(this.at++);
      if (head === 0) return { type: STRUCT, fields };
      id = head >> 4 === 0 ? Number(this.zigzag()) : id + (head >> 4);
      fields.push({ id, value: this.value(head & 15) });
    }
  }
}

function varint(value: bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...out, Number(rest)]);
}

function zigzag(value: bigint): Buffer {
  return varint((value << 1n) ^ (value >> 63n));
}

function encode({
  type,
  number = 0n,
  bytes,
  items = [],
  itemType = 0,
  claims,
  fields,
}: Node): Buffer {
  if (type === BYTE) return Buffer.from([Number(BigInt.asUintN(8, number))]);
  if ([I16, I32, I64].includes(type)) return zigzag(number);
  if (type === DOUBLE) return bytes ?? Buffer.alloc(8);
  if (type === BINARY) {
    return Buffer.concat([varint(BigInt(claims ?? bytes?.length ?? 0)), bytes ?? Buffer.alloc(0)]);
  }
  if (type === LIST || type === SET) {
    const head = Buffer.concat([
      Buffer.from([0xf0 | itemType]),
      varint(BigInt(claims ?? items.length)),
    ]);
    return Buffer.concat([head, ...items.map(encode)]);
  }
  if (type !== STRUCT) return Buffer.alloc(0);
  const parts = (fields ?? []).map(({ id, value }) =>
    Buffer.concat([Buffer.from([value.type]), zigzag(BigInt(id)), encode(value)]),
  );
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** One thing of a struct wrong: a number, a text, a length, a field that is missing, twice, elsewhere or of another type. */
function damageStruct(root: Node, choose: Choose): void {
  const nodes: Node[] = [];
  const collect = (node: Node): void => {
    nodes.push(node);
    node.items?.forEach(collect);
    node.fields?.forEach(({ value }) => collect(value));
  };
  collect(root);
  const numbers = nodes.filter(({ number }) => number !== undefined);
  const node = choose.chance(0.5) && numbers.length > 0 ? choose.of(numbers) : choose.of(nodes);
  if (node.number !== undefined) {
    node.number = choose.of([
      ...[0n, 1n, -1n, 2n, 3n, 5n, 7n, 8n, 9n, 99n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 62n],
      ...[node.number + 1n, node.number - 1n, node.number * 2n, choose.of(numbers).number ?? 0n],
    ]);
  } else if (node.bytes !== undefined && node.type === BINARY) {
    if (choose.chance(0.2)) node.claims = choose.of([2 ** 20, 2 ** 31, 2 ** 40]);
    else {
      const texts = nodes.filter(({ type }) => type === BINARY).map(({ bytes }) => bytes);
      node.bytes = choose.of([...texts, Buffer.from("__proto__"), Buffer.alloc(300, "x")]);
    }
  } else if (node.items !== undefined) {
    if (choose.chance(0.2)) node.claims = choose.of([0, node.items.length + 1, 2 ** 20, 2 ** 40]);
    else if (choose.chance(0.2)) node.itemType = choose.of([TRUE, I32, I64, BINARY, STRUCT]);
    else if (node.items.length > 0) node.items = damageList(node.items, choose);
  } else if (node.fields !== undefined && node.fields.length > 0) {
    const field = choose.of(node.fields);
    if (choose.chance(0.5)) node.fields = damageList(node.fields, choose);
    else if (choose.chance(0.5)) field.id = choose.of([0, 1, 2, 5, 9, 15, 99, -1]);
    else field.value = { ...field.value, type: choose.of([TRUE, FALSE, I32, I64, BINARY, LIST]) };
  }
}

const field = (node: Node | undefined, id: number): Node | undefined =>
  node?.fields?.find((one) => one.id === id)?.value;

function readPage(reader: Reader): Node | undefined {
  try {
    return reader.struct();
  } catch {
    return undefined;
  }
}

/** A Parquet file with another footer, another header of a page, or other bytes in a page. */
export function damageParquet(bytes: Uint8Array, random: Random): Uint8Array {
  const choose = chooser(random);
  const file = Buffer.from(bytes);
  const length = file.readUInt32LE(file.length - 8);
  const start = file.length - 8 - length;
  const footer = new Reader(file, start).struct();
  let body = file.subarray(0, start);
  const groups = field(footer, 4)?.items ?? [];
  const chunks = groups.flatMap((group) => field(group, 1)?.items ?? []);
  if (chunks.length > 0 && choose.chance(0.5)) {
    const chunk = field(choose.of(chunks), 3);
    const place = field(chunk, choose.of([9, 9, 11])) ?? field(chunk, 9);
    // The offsets of a file that was cut lead nowhere.
    const at = Math.min(Number(place?.number ?? 4n), start - 1);
    const reader = new Reader(file, at);
    const page = readPage(reader);
    if (page === undefined) body = body.subarray(0, at);
    else if (choose.chance(0.6)) {
      damageStruct(page, choose);
      body = Buffer.concat([body.subarray(0, at), encode(page), body.subarray(reader.at)]);
    } else {
      const size = Number(field(page, 3)?.number ?? 1n);
      body = Buffer.from(body);
      for (let changes = 1 + choose.below(4); changes > 0; changes--) {
        body[reader.at + choose.below(Math.min(size, choose.of([4, 16, 1 << 20])))] = choose.of([
          0,
          1,
          0x7f,
          0x80,
          0xff,
          choose.below(256),
        ]);
      }
    }
  }
  for (let changes = choose.below(3); changes > 0; changes--) damageStruct(footer, choose);
  const written = encode(footer);
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(choose.chance(0.03) ? choose.of([0, 1, 2 ** 31]) : written.length);
  tail.write("PAR1", 4);
  return Buffer.concat([body, written, tail]);
}
