import { crc32 } from "node:zlib";
import { basename, extname } from "node:path";
import { bytesOf } from "../../core/bytes.js";
import { type AtomicFile, createAtomicFile } from "../atomic-file.js";

/** Where PyTorch starts the bytes of every entry, so that they can be mapped into memory. */
const ALIGNMENT = 64;
/** Zip64 is not written: sizes and places are 32-bit numbers. */
const LARGEST = 0xffffffff;
/** The extra field that holds the padding, as PyTorch's own writer names it. */
const PADDING_FIELD = 0x4246;
const LOCAL_SIZE = 30;
const DIRECTORY_SIZE = 46;
const EMPTY_DICT: Uint8Array = Buffer.from("ccollections\nOrderedDict\n)R");
/** 1980-01-01, the first day that a zip knows: the same content gives the same bytes. */
const DAY = 0x0021;

/** A float32 tensor to write. */
export interface TorchContent {
  shape: readonly number[];
  /** Its values in the order in which they are stored. */
  data: Float32Array;
  /** Steps between neighbours along each axis, in values. Default row-major. */
  strides?: readonly number[];
}

interface Entry {
  name: Buffer;
  size: number;
  crc: number;
  offset: number;
}

/**
 * Writes a PyTorch checkpoint: an OrderedDict of float32 tensors in a zip of stored entries, as `torch.save` lays it
 * out, readable with `torch.load(path, weights_only=True)`. Throws RangeError where data and shape do not fit and
 * where the file would pass 4 GiB.
 */
export async function writeTorchState(
  path: string,
  tensors: ReadonlyMap<string, TorchContent>,
): Promise<void> {
  for (const [name, tensor] of tensors) checkContent(name, tensor);
  const folder = basename(path, extname(path)) || "archive";
  const file = await createAtomicFile(path);
  try {
    const zip = createZipWriter(file);
    await zip.add(`${folder}/data.pkl`, pickleState(tensors));
    await zip.add(`${folder}/byteorder`, Buffer.from("little"));
    let key = 0;
    for (const { data } of tensors.values()) {
      await zip.add(`${folder}/data/${key++}`, bytesOf(data));
    }
    await zip.add(`${folder}/version`, Buffer.from("3\n"));
    await zip.end();
  } catch (error) {
    await file.abort();
    throw error;
  }
  await file.commit();
}

function checkContent(name: string, { shape, data, strides }: TorchContent): void {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== data.length || (strides && strides.length !== shape.length)) {
    throw new RangeError(
      `writeTorchState: ${name} of shape (${shape.join(", ")}) needs ${count} values, got ${data.length}`,
    );
  }
}

function createZipWriter(file: AtomicFile): {
  add(name: string, bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
} {
  const entries: Entry[] = [];
  let at = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (at + bytes.length > LARGEST) {
      throw new RangeError("writeTorchState: expected less than 4 GiB; write .safetensors instead");
    }
    await file.write(bytes);
    at += bytes.length;
  };
  return {
    async add(name, bytes) {
      const entry = { name: Buffer.from(name), size: bytes.length, crc: crc32(bytes), offset: at };
      // The padding field has its own header of 4 bytes.
      const start = at + LOCAL_SIZE + entry.name.length + 4;
      const padding = (ALIGNMENT - (start % ALIGNMENT)) % ALIGNMENT;
      await write(localHeader(entry, padding));
      await write(bytes);
      entries.push(entry);
    },
    async end() {
      const start = at;
      for (const entry of entries) await write(directoryHeader(entry));
      await write(endRecord(entries.length, at - start, start));
    },
  };
}

function localHeader({ name, size, crc }: Entry, padding: number): Buffer {
  const head = Buffer.alloc(LOCAL_SIZE);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(DAY, 12);
  head.writeUInt32LE(crc, 14);
  head.writeUInt32LE(size, 18);
  head.writeUInt32LE(size, 22);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(padding + 4, 28);
  const field = Buffer.alloc(padding + 4, "Z");
  field.writeUInt16LE(PADDING_FIELD, 0);
  field.writeUInt16LE(padding, 2);
  return Buffer.concat([head, name, field]);
}

function directoryHeader({ name, size, crc, offset }: Entry): Buffer {
  const head = Buffer.alloc(DIRECTORY_SIZE);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(DAY, 14);
  head.writeUInt32LE(crc, 16);
  head.writeUInt32LE(size, 20);
  head.writeUInt32LE(size, 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt32LE(offset, 42);
  return Buffer.concat([head, name]);
}

function endRecord(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

/** The state dict in pickle protocol 2, with the three globals that a state dict of float32 tensors needs. */
function pickleState(tensors: ReadonlyMap<string, TorchContent>): Buffer {
  const parts: Uint8Array[] = [Buffer.from([0x80, 2]), EMPTY_DICT, Buffer.from("(")];
  let key = 0;
  for (const [name, tensor] of tensors) {
    parts.push(pickleText(name), pickleTensor(String(key++), tensor));
  }
  return Buffer.concat([...parts, Buffer.from("u.")]);
}

/** `_rebuild_tensor_v2(storage, offset 0, shape, strides, requires_grad False, hooks {})`. */
function pickleTensor(key: string, { shape, data, strides }: TorchContent): Buffer {
  return Buffer.concat([
    Buffer.from("ctorch._utils\n_rebuild_tensor_v2\n(("),
    pickleText("storage"),
    Buffer.from("ctorch\nFloatStorage\n"),
    pickleText(key),
    pickleText("cpu"),
    pickleInt(data.length),
    Buffer.from("tQ"),
    pickleInt(0),
    pickleTuple(shape),
    pickleTuple(strides ?? rowMajor(shape)),
    Buffer.from([0x89]),
    EMPTY_DICT,
    Buffer.from("tR"),
  ]);
}

function pickleText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(5, "X");
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function pickleInt(value: number): Buffer {
  const bytes = Buffer.alloc(5, "J");
  bytes.writeInt32LE(value, 1);
  return bytes;
}

function pickleTuple(values: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from("("), ...values.map(pickleInt), Buffer.from("t")]);
}

function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}
