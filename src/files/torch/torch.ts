import { crc32 } from "node:zlib";
import { FormatError } from "../../core/errors.js";
import { TruncatedPickle, readPickle } from "./pickle.js";
import type { PickleOptions } from "./pickle.js";
import { quote } from "../../core/shown.js";
import { standIn, withSource } from "../bytes/source.js";
import type { ByteSource } from "../bytes/source.js";
import { readStrided } from "./strided.js";
import { isTensor, tensorItemSizes } from "../bytes/tensor.js";
import type { Tensor } from "../bytes/tensor.js";
import { parseStorageId, torchGlobals } from "./torch-globals.js";
import type { StorageRef, TensorLayout } from "./torch-globals.js";
import { checkSum, hasSum, locateStored, openZip, readEntry, requireSum } from "../bytes/zip.js";
import { addToList } from "../../core/collections.js";

/** A pickle holds names and sizes; the values lie outside it. */
const largestPickle = 64 * 1024 * 1024;
const firstWindow = 256 * 1024;
/** Memory that strided and half-precision tensors may take: this many times the file, and some more. */
const copiesPerFile = 4;
const copyAllowance = 64 * 1024 * 1024;
/** Bytes that are read at a time where they have a checksum, which is taken while the next are read. */
const checkedBytes = 8 * 1024 * 1024;
const legacyMagic = 0x1950a86a20f9469cfc6cn;
const legacyProtocol = 1001;
const unread = new Float32Array(0);

/** Where a storage's bytes lie in the file. */
interface StoragePlace {
  start: number;
  byteLength: number;
  /** Throws FormatError where the CRC-32 of the bytes is not that of those that were written. */
  check?: (sum: number) => void;
}

/** What a pickle gave, with tensors still to be filled. */
interface Unfilled {
  value: unknown;
  /** By the key of their storage. */
  tensors: Map<string, { tensor: Tensor; layout: TensorLayout }[]>;
  storages: Map<string, StorageRef>;
  end: number;
}

/**
 * Reads a PyTorch checkpoint, zip or the older sequential format, without running anything of it: tensors as Tensor,
 * dict as Map, list, tuple and torch.Size as array, None as null, a dtype or device as its name. Tensors that share a
 * storage may share memory. Throws FormatError for a global that is neither a tensor nor a plain container, naming it,
 * and where the file is malformed or cut off.
 */
export async function readTorch(input: string | ByteSource): Promise<unknown> {
  return withSource(input, async (source) => {
    const start = await source.read(0, Math.min(source.byteLength, 128));
    if (start[0] === 0x50 && start[1] === 0x4b) return readZipCheckpoint(source);
    if (start[0] === 0x80) return readLegacyCheckpoint(source);
    throw new FormatError(source.name, `not a PyTorch checkpoint: ${describeStart(start)}`);
  });
}

/** Reads a checkpoint that is one flat dict of tensors by name. Throws FormatError if it is anything else. */
export async function readTorchState(input: string | ByteSource): Promise<Map<string, Tensor>> {
  const name = typeof input === "string" ? input : input.name;
  const value = await readTorch(input);
  if (!(value instanceof Map)) {
    throw new FormatError(name, `expected a dict of tensors, got ${describe(value)}`);
  }
  const state = new Map<string, Tensor>();
  for (const [key, entry] of value as Map<unknown, unknown>) {
    if (typeof key !== "string" || !isTensor(entry)) {
      const shown = typeof key === "string" ? quote(key) : describe(key);
      throw new FormatError(
        name,
        `expected a dict of tensors, got ${describe(entry)} under ${shown}`,
      );
    }
    state.set(key, entry);
  }
  return state;
}

async function readZipCheckpoint(source: ByteSource): Promise<unknown> {
  const { name } = source;
  const archive = await openZip(source);
  const pickles = [...archive.entries.values()].filter((entry) =>
    /^([^/]+\/)?data\.pkl$/.test(entry.name),
  );
  if (pickles.length !== 1) {
    throw new FormatError(
      name,
      `not a PyTorch checkpoint: zip with ${pickles.length} files data.pkl, expected 1`,
    );
  }
  const [pickle] = pickles;
  const folder = pickle.name.slice(0, -"data.pkl".length);
  const order = archive.entries.get(`${folder}byteorder`);
  if (
    order !== undefined &&
    Buffer.from(await readEntry(archive, order, 16)).toString() === "big"
  ) {
    throw new FormatError(name, "its tensors are big-endian, which is not supported");
  }
  checkPickleSize(pickle.size, name);
  const start = await locateStored(archive, pickle);
  const bytes = await source.read(start, start + pickle.size);
  checkSum(archive, pickle, bytes);
  const unfilled = unpickle(bytes, 0, name);
  const places = new Map<string, StoragePlace>();
  for (const key of unfilled.storages.keys()) {
    const entry = archive.entries.get(`${folder}data/${key}`);
    if (entry === undefined) continue;
    const start = await locateStored(archive, entry);
    const check = (sum: number): void => requireSum(archive, entry, sum);
    places.set(key, { start, byteLength: entry.size, check: hasSum(entry) ? check : undefined });
  }
  return fill(source, unfilled, places);
}

/** Three short pickles, the object's pickle, the storages' keys, then each storage as a count and its values. */
async function readLegacyCheckpoint(source: ByteSource): Promise<unknown> {
  const { name, byteLength } = source;
  const { keys, end, unfilled } = await readLegacyPickles(source);
  const places = new Map<string, StoragePlace>();
  let at = end;
  for (const key of keys) {
    const storage = unfilled.storages.get(key);
    if (storage === undefined) throw new FormatError(name, `storage ${quote(key)} is not used`);
    const itemSize = storage.dtype === undefined ? 1 : tensorItemSizes[storage.dtype];
    if (at + 8 > byteLength) throw truncated(name, at + 8, byteLength);
    const head = Buffer.from(await source.read(at, at + 8));
    const size = Number(head.readBigUInt64LE()) * itemSize;
    if (at + 8 + size > byteLength) throw truncated(name, at + 8 + size, byteLength);
    places.set(key, { start: at + 8, byteLength: size });
    at += 8 + size;
  }
  return fill(source, unfilled, places);
}

async function readLegacyPickles(
  source: ByteSource,
): Promise<{ keys: string[]; end: number; unfilled: Unfilled }> {
  const { name, byteLength } = source;
  // Where the pickles end is known only once they are read: the window grows until it holds them.
  for (let window = firstWindow; ; window *= 4) {
    const size = Math.min(window, byteLength);
    const bytes = await source.read(0, size);
    try {
      return parseLegacyPickles(bytes, name);
    } catch (error) {
      if (!(error instanceof TruncatedPickle) || size === byteLength) throw error;
      checkPickleSize(size, name);
    }
  }
}

function parseLegacyPickles(
  bytes: Uint8Array,
  path: string,
): { keys: string[]; end: number; unfilled: Unfilled } {
  const plain: PickleOptions = { path, globals: new Map() };
  const magic = readPickle(bytes, 0, plain);
  if (magic.value !== legacyMagic) {
    throw new FormatError(
      path,
      "not a PyTorch checkpoint: a pickle without PyTorch's magic number",
    );
  }
  const version = readPickle(bytes, magic.end, plain);
  if (version.value !== legacyProtocol) {
    throw new FormatError(path, `PyTorch's old format must be version ${legacyProtocol}`);
  }
  const system = readPickle(bytes, version.end, plain);
  const unfilled = unpickle(bytes, system.end, path);
  const keys = readPickle(bytes, unfilled.end, plain);
  if (!Array.isArray(keys.value) || !keys.value.every((key) => typeof key === "string")) {
    throw new FormatError(path, "the list of storages is not a list of names");
  }
  return { keys: keys.value, end: keys.end, unfilled };
}

function unpickle(bytes: Uint8Array, start: number, path: string): Unfilled {
  const tensors: Unfilled["tensors"] = new Map();
  const storages: Unfilled["storages"] = new Map();
  const globals = torchGlobals((layout) => {
    const { dtype, shape } = layout;
    const tensor: Tensor = { shape, dtype, data: unread };
    addToList(tensors, layout.storage.key, { tensor, layout });
    return tensor;
  });
  const { value, end } = readPickle(bytes, start, {
    path,
    globals,
    persistent(id, fail) {
      const storage = parseStorageId(id, fail);
      const known = storages.get(storage.key);
      if (known && (known.dtype !== storage.dtype || known.count !== storage.count)) {
        fail(`storage ${quote(storage.key)} has two types or sizes`);
      }
      storages.set(storage.key, storage);
      return storage;
    },
  });
  return { value, tensors, storages, end };
}

/** Reads one storage after the other and gives its tensors their values, while the next storage is read. */
async function fill(
  source: ByteSource,
  { value, tensors, storages }: Unfilled,
  places: Map<string, StoragePlace>,
): Promise<unknown> {
  const { name, byteLength } = source;
  const budget = { bytes: copiesPerFile * byteLength + copyAllowance };
  const read = async (storage: StorageRef): Promise<Uint8Array | undefined> => {
    const { key } = storage;
    const place = findPlace(places, storage, name);
    return tensors.has(key) ? readStorage(source, place) : undefined;
  };
  const all = [...storages.values()];
  let pending: Promise<Uint8Array | undefined> | undefined;
  try {
    for (const [i, storage] of all.entries()) {
      const raw = await (pending ?? read(storage));
      pending = i + 1 < all.length ? read(all[i + 1]) : undefined;
      // A failure belongs to the turn that awaits the storage, not to this one.
      pending?.catch(() => undefined);
      if (raw === undefined) continue;
      for (const { tensor, layout } of tensors.get(storage.key) ?? []) {
        tensor.data = readStrided(raw, layout, budget, name);
      }
    }
  } finally {
    await pending?.catch(() => undefined);
  }
  return value;
}

function findPlace(
  places: Map<string, StoragePlace>,
  { key, dtype, count }: StorageRef,
  name: string,
): StoragePlace {
  const place = places.get(key);
  if (place === undefined) throw new FormatError(name, `storage ${quote(key)} is missing`);
  const expected = count * (dtype === undefined ? 1 : tensorItemSizes[dtype]);
  if (place.byteLength !== expected) {
    throw new FormatError(
      name,
      `storage ${quote(key)} declares ${expected} bytes, found ${place.byteLength}`,
    );
  }
  return place;
}

async function readStorage(
  source: ByteSource,
  { start, byteLength, check }: StoragePlace,
): Promise<Uint8Array> {
  const raw = new Uint8Array(byteLength);
  if (check === undefined) {
    await source.readInto(raw, start);
    return raw;
  }
  const reads: { part: Uint8Array; done: Promise<void> }[] = [];
  for (let at = 0; at < byteLength; at += checkedBytes) {
    const part = raw.subarray(at, at + checkedBytes);
    reads.push({ part, done: source.readInto(part, start + at) });
  }
  await Promise.all([sumInOrder(reads).then(check), ...reads.map(({ done }) => done)]);
  return raw;
}

async function sumInOrder(
  reads: readonly { part: Uint8Array; done: Promise<void> }[],
): Promise<number> {
  let sum = 0;
  for (const { part, done } of reads) {
    await done;
    sum = crc32(part, sum);
  }
  return sum;
}

function checkPickleSize(size: number, path: string): void {
  if (size > largestPickle) {
    throw new FormatError(path, `its pickle has over ${largestPickle} bytes, more than are read`);
  }
}

function truncated(path: string, expected: number, found: number): FormatError {
  return new FormatError(path, `truncated: its storages make ${expected} bytes, found ${found}`);
}

function describeStart(start: Uint8Array): string {
  if (start.length === 0) return "the file is empty";
  return (
    standIn(start) ?? "it starts neither as a zip archive nor as a pickle of protocol 2 or above"
  );
}

function describe(value: unknown): string {
  if (value === null) return "None";
  if (value instanceof Map) return "a dict";
  if (Array.isArray(value)) return "a list";
  return isTensor(value) ? "a tensor" : `a ${typeof value}`;
}
