import { PickleGlobal } from "./pickle.js";
import type { PickleFail } from "./pickle.js";
import type { TensorDtype } from "../bytes/tensor.js";
import { ownValue } from "../../core/collections.js";

/** Bytes in a checkpoint that tensors share. `dtype` is absent where the tensors say it themselves. */
export class StorageRef {
  readonly key: string;
  readonly dtype: TensorDtype | undefined;
  /** Declared number of values; of bytes, where there is no dtype. */
  readonly count: number;
  /** First value, for the views of storages in old files. */
  readonly offset: number;

  constructor(key: string, dtype: TensorDtype | undefined, count: number, offset = 0) {
    this.key = key;
    this.dtype = dtype;
    this.count = count;
    this.offset = offset;
  }
}

/** How a tensor lies in its storage, in values. */
export interface TensorLayout {
  storage: StorageRef;
  dtype: TensorDtype;
  offset: number;
  shape: number[];
  strides: number[];
}

const storageTypes: Record<string, TensorDtype> = {
  DoubleStorage: "float64",
  FloatStorage: "float32",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
};

const dtypes: TensorDtype[] = [
  "float64",
  "float32",
  "float16",
  "bfloat16",
  "int64",
  "int32",
  "int16",
  "int8",
  "uint64",
  "uint32",
  "uint16",
  "uint8",
  "bool",
];

/**
 * The globals that checkpoints of tensors and plain containers need, and nothing else. `rebuild` takes the layout of
 * each tensor and returns what represents it.
 */
export function torchGlobals(rebuild: (layout: TensorLayout) => unknown): Map<string, unknown> {
  const globals = new Map<string, unknown>();
  const add = (global: string, build?: PickleGlobal["build"]): void => {
    globals.set(global, new PickleGlobal(global, build));
  };
  for (const name of [...Object.keys(storageTypes), "UntypedStorage"]) {
    add(`torch.${name}`);
    add(`torch.cuda.${name}`);
    add(`torch.storage.${name}`);
  }
  for (const dtype of dtypes) globals.set(`torch.${dtype}`, dtype);
  const tensor: PickleGlobal["build"] = (args, fail) => rebuild(parseLayout(args, false, fail));
  add("torch._utils._rebuild_tensor", tensor);
  add("torch._utils._rebuild_tensor_v2", tensor);
  add("torch._utils._rebuild_tensor_v3", (args, fail) => rebuild(parseLayout(args, true, fail)));
  add("torch._utils._rebuild_parameter", firstArgument);
  add("torch._utils._rebuild_parameter_with_state", firstArgument);
  add("torch.Size", firstArgument);
  add("torch.device", device);
  add("collections.OrderedDict", orderedDict);
  for (const module of ["builtins", "__builtin__"]) {
    add(`${module}.set`, setOf);
    add(`${module}.frozenset`, setOf);
    add(`${module}.bytearray`, encodeText);
    add(`${module}.bytes`, encodeText);
  }
  add("_codecs.encode", encodeText);
  return globals;
}

/** The storage that a persistent id ("storage", type, key, location, count[, view]) names. */
export function parseStorageId(id: unknown, fail: PickleFail): StorageRef {
  if (!Array.isArray(id) || id[0] !== "storage")
    fail("pickle: a persistent id that is not a storage");
  const [, type, key, , count, view] = id as unknown[];
  if (!(type instanceof PickleGlobal)) fail("pickle: a storage without a type");
  const name = type.global.slice(type.global.lastIndexOf(".") + 1);
  const dtype = ownValue(storageTypes, name);
  if (dtype === undefined && name !== "UntypedStorage") {
    fail(`pickle: ${type.global} is not a storage type`);
  }
  if (typeof key !== "string" || !isSize(count)) {
    fail("pickle: a storage without a key and a size");
  }
  if (view === undefined || view === null) return new StorageRef(key, dtype, count);
  const [, offset, size] = Array.isArray(view) ? (view as unknown[]) : [];
  if (!isSize(offset) || !isSize(size)) fail("pickle: a storage's view without offset and size");
  return new StorageRef(key, dtype, count, offset);
}

function parseLayout(args: unknown[], hasDtype: boolean, fail: PickleFail): TensorLayout {
  const [storage, offset, shape, strides] = args;
  if (!(storage instanceof StorageRef)) fail("pickle: a tensor without a storage");
  if (!isSize(offset) || !isSizes(shape) || !isSizes(strides) || shape.length !== strides.length) {
    fail("pickle: a tensor's offset, sizes and strides must be integers from 0 on");
  }
  const dtype = hasDtype ? dtypes.find((known) => known === args[6]) : storage.dtype;
  if (dtype === undefined) fail("pickle: a tensor without an element type");
  return {
    storage,
    dtype,
    offset: offset + storage.offset,
    shape: shape.slice(),
    strides: strides.slice(),
  };
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 64 && value.every(isSize);
}

function firstArgument(args: unknown[], fail: PickleFail): unknown {
  if (args.length === 0) fail("pickle: a call lacks its argument");
  return args[0];
}

function device(args: unknown[], fail: PickleFail): string {
  const [type, index] = args;
  if (typeof type !== "string") fail("pickle: a device without a name");
  return isSize(index) ? `${type}:${index}` : type;
}

/** No arguments, or one list of [key, value] pairs, as Python 2 wrote it. */
function orderedDict(args: unknown[], fail: PickleFail): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  if (args.length === 0) return map;
  const [pairs] = args;
  if (!Array.isArray(pairs)) fail("pickle: an OrderedDict of something that is not a list");
  for (const pair of pairs as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) fail("pickle: an OrderedDict without pairs");
    map.set(pair[0], pair[1]);
  }
  return map;
}

function setOf(args: unknown[], fail: PickleFail): Set<unknown> {
  const [items = []] = args;
  if (!Array.isArray(items)) fail("pickle: a set of something that is not a list");
  return new Set(items as unknown[]);
}

/** Bytes as protocol 2 has them: text in latin-1. */
function encodeText(args: unknown[], fail: PickleFail): Uint8Array {
  const [text = "", encoding = "latin1"] = args;
  if (text instanceof Uint8Array) return text.slice();
  const isLatin1 = encoding === "latin1" || encoding === "latin-1";
  if (typeof text !== "string" || !isLatin1)
    fail("pickle: bytes in an encoding other than latin-1");
  return new Uint8Array(Buffer.from(text, "latin1"));
}
