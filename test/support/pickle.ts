/** Parts of a hand-written pickle: text stands for its latin-1 bytes. */
export type PicklePart = string | Uint8Array | readonly PicklePart[];

/** A pickle of protocol 2 from opcodes, with the protocol in front and the stop at the end. */
export function makePickle(...parts: PicklePart[]): Uint8Array {
  return Buffer.concat([Buffer.from("\x80\x02", "latin1"), flatten(parts), Buffer.from(".")]);
}

/** BINUNICODE. */
export function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from("X"), uint32(bytes.length), bytes]);
}

/** BININT. */
export function int(value: number): Uint8Array {
  const bytes = Buffer.alloc(5, "J");
  bytes.writeInt32LE(value, 1);
  return bytes;
}

export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function uint64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** A tuple of whatever the parts push. */
export function tuple(...parts: PicklePart[]): PicklePart {
  return ["(", ...parts, "t"];
}

/** A tensor over storage "0" of `count` float32 values. */
export function tensor(
  count: number,
  offset: number,
  shape: number[],
  strides: number[],
): PicklePart {
  const storage = [
    tuple(text("storage"), "ctorch\nFloatStorage\n", text("0"), text("cpu"), int(count)),
    "Q",
  ];
  const args = [storage, int(offset), tuple(...shape.map(int)), tuple(...strides.map(int))];
  const rest = ["\x89", "ccollections\nOrderedDict\n)R"];
  return ["ctorch._utils\n_rebuild_tensor_v2\n", tuple(...args, ...rest), "R"];
}

function flatten(parts: readonly PicklePart[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === "string") return Buffer.from(part, "latin1");
      return part instanceof Uint8Array ? part : flatten(part);
    }),
  );
}
