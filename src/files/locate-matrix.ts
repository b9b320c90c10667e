import { bytesOf } from "../core/bytes.js";
import { FormatError } from "../core/errors.js";
import { type Matrix, createMatrix } from "../core/matrix.js";
import { listed } from "../core/shown.js";
import { type ByteSource, bytesSource } from "./bytes/source.js";
import {
  type Tensor,
  type TensorDtype,
  decodeTensorData,
  isTensor,
  tensorItemSizes,
  tensorToFloat32,
} from "./bytes/tensor.js";
import { openZip, readEntry } from "./bytes/zip.js";
import { embeddingName } from "./embedding-name.js";
import { type NpyDtype, type NpyHeader, readNpyHeader } from "./numpy/npy-header.js";
import { readLaidOut } from "./numpy/npy.js";
import { readParquetMatrix } from "./parquet/parquet-matrix.js";
import { readSafetensorsHeader } from "./safetensors.js";
import { readTorch } from "./torch/torch.js";

const FORMATS = ".npy, .npz, .pt, .safetensors or .parquet";
/** What other files start with, what they are, and how Python makes a .npy of one. */
const OTHERS: readonly [start: RegExp, kind: string, python: string][] = [
  [/^\x80[\x02-\x05]/, "a Python pickle", 'numpy.array(pickle.load(open(FILE, "rb")))'],
  [/^\x89HDF/, "an HDF5 file", "h5py.File(FILE)[NAME][:]"],
  [/^ARROW1/, "an Arrow file", "numpy.stack(pandas.read_feather(FILE)[COLUMN])"],
  [/^\x1f\x8b/, "a gzip file", "numpy.load(gzip.open(FILE))"],
  [/^\s*[[{]/, "JSON", "numpy.array(json.load(open(FILE)))"],
  [/^[\t\r\n -~]{8,}$/, "text", 'numpy.loadtxt(FILE, delimiter=",")'],
];
/** PyTorch's older format starts with a pickle of its magic number. */
const TORCH = "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.";
/** What Parquet starts with. */
export const PARQUET = "PAR1";
const LARGEST_RATIO = 100;
const RATIO_ALLOWANCE = 256 * 1024 * 1024;

/** Where a matrix lies, as in an .npy file; with the matrix itself where it had to be decoded. */
export interface Place {
  source: ByteSource;
  header: NpyHeader;
  matrix?: Matrix;
}

/** Finds the matrix of a file by its content. Throws FormatError where there is none, or more than one. */
export async function locate(
  source: ByteSource,
  input: string | ByteSource,
  column?: string,
): Promise<Place> {
  const { name, byteLength } = source;
  const head = Buffer.from(await source.read(0, Math.min(byteLength, 64))).toString("latin1");
  if (head.startsWith("PK")) return locateInZip(source);
  if (head.startsWith(PARQUET)) return inMemory(name, await readParquetMatrix(input, column));
  if (head[8] === "{") return locateInSafetensors(source);
  if (head.startsWith(TORCH)) return locateInTorch(source);
  const other = OTHERS.find(([start]) => start.test(head));
  if (other === undefined) return { source, header: await readNpyHeader(source) };
  throw new FormatError(
    name,
    `is ${other[1]}, expected a matrix as ${FORMATS}; in Python: numpy.save("embeddings.npy", ${other[2]})`,
  );
}

async function locateInZip(source: ByteSource): Promise<Place> {
  const archive = await openZip(source);
  const entries = [...archive.entries.values()];
  if (!entries.some((entry) => entry.name.endsWith(".npy"))) return locateInTorch(source);
  const arrays = new Map<string, Place & { shape: readonly number[] }>();
  let left = Math.max(RATIO_ALLOWANCE, source.byteLength * LARGEST_RATIO);
  for (const entry of entries) {
    const bytes = bytesSource(source.name, await readEntry(archive, entry, left));
    left -= entry.size;
    // Texts such as ids may lie beside the numbers.
    const header = await readNpyHeader(bytes).catch((error: unknown) => {
      if (entries.length === 1) throw error;
      return undefined;
    });
    if (header === undefined) continue;
    arrays.set(entry.name.replace(/\.npy$/, ""), { source: bytes, header, shape: header.shape });
  }
  const { source: bytes, header } = choose(source.name, arrays);
  return inMemory(source.name, await readLaidOut(bytes, header));
}

const NPY_DTYPES: Partial<Record<TensorDtype, NpyDtype>> = {
  float64: "f8",
  float32: "f4",
  float16: "f2",
  int64: "i8",
  int32: "i4",
  int16: "i2",
  int8: "i1",
  uint64: "u8",
  uint32: "u4",
  uint16: "u2",
  uint8: "u1",
};

async function locateInSafetensors(source: ByteSource): Promise<Place> {
  const { entries } = await readSafetensorsHeader(source);
  const { shape, dtype, start, end } = choose(source.name, entries);
  const kind = NPY_DTYPES[dtype];
  if (kind !== undefined) {
    return { source, header: layout(shape, kind, tensorItemSizes[dtype], start, end) };
  }
  const raw = (await source.read(start, end)).slice();
  return inMemory(source.name, toMatrix({ shape, dtype, data: decodeTensorData(raw, dtype) }));
}

async function locateInTorch(source: ByteSource): Promise<Place> {
  const value = await readTorch(source);
  const { name } = source;
  const rows: unknown[] = Array.isArray(value) ? value : [];
  if (rows.length > 0 && rows.every(isVector)) return inMemory(name, stackRows(name, rows));
  const entries =
    value instanceof Map ? [...(value as Map<unknown, unknown>)] : [["tensor", value]];
  const tensors = entries.flatMap(([key, tensor]): [string, Tensor][] =>
    isTensor(tensor) ? [[String(key), tensor]] : [],
  );
  return inMemory(name, toMatrix(choose(name, new Map(tensors))));
}

/** The one array of two dimensions, or the one of them that is called as embeddings are. */
function choose<T extends { shape: readonly number[] }>(
  name: string,
  arrays: ReadonlyMap<string, T>,
): T {
  const matrices = new Map([...arrays].filter(([, { shape }]) => shape.length === 2));
  const chosen = embeddingName([...matrices.keys()]);
  const matrix = chosen === undefined ? undefined : matrices.get(chosen);
  if (matrix !== undefined) return matrix;
  const found = [...arrays].map(([key, { shape }]) => `${key} (${shape.join(", ")})`);
  throw new FormatError(
    name,
    `expected one matrix [N, d], such as embeddings, found ${listed(found)}; ` +
      'in Python: numpy.save("embeddings.npy", ARRAY)',
  );
}

function inMemory(name: string, matrix: Matrix): Place {
  const { rows, cols, data } = matrix;
  const bytes = bytesOf(data);
  const header = layout([rows, cols], "f4", 4, 0, bytes.length);
  return { source: bytesSource(name, bytes), header, matrix };
}

function layout(
  shape: number[],
  dtype: NpyDtype,
  itemSize: number,
  start: number,
  end: number,
): NpyHeader {
  const order = { bigEndian: false, fortran: false };
  return {
    version: 1,
    dtype,
    ...order,
    shape,
    itemSize,
    count: (end - start) / itemSize,
    dataOffset: start,
  };
}

function toMatrix(tensor: Tensor): Matrix {
  const [rows, cols] = tensor.shape;
  return createMatrix(rows, cols, tensorToFloat32(tensor));
}

function isVector(value: unknown): value is Tensor {
  return isTensor(value) && value.shape.length === 1;
}

function stackRows(name: string, rows: readonly Tensor[]): Matrix {
  const d = rows[0].data.length;
  const matrix = createMatrix(rows.length, d);
  rows.forEach((row, i) => {
    if (row.data.length !== d) {
      throw new FormatError(name, `row ${i} has ${row.data.length} numbers, expected ${d}`);
    }
    matrix.data.set(tensorToFloat32(row), i * d);
  });
  return matrix;
}
