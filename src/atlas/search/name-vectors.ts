import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { Embedder } from "../../corpus/embedder.js";
import { sha256Json } from "../../files/atomic-file.js";
import { readNpyMatrix } from "../../files/numpy/npy.js";
import { writeNpy } from "../../files/numpy/npy-write.js";
import { FormatError } from "../../core/errors.js";
import { fileProblem } from "../../core/file-problem.js";
import type { Matrix } from "../../core/matrix.js";
import { keepDone } from "../../core/once.js";

/** Names as vectors; each list of names is embedded once. */
export type NameVectors = (names: readonly string[], embedder: Embedder) => Promise<Matrix>;

const FILES_KEPT = 4;

/**
 * Vectors of names that stay in memory and, as .npy files, in `folder`, by a hash of the embedder and the names. The
 * four files written last are kept. A folder that cannot be written costs nothing but the next call's time.
 */
export function createNameVectors(folder: string): NameVectors {
  const known = new Map<string, Promise<Matrix>>();
  return (names, embedder) => {
    const key = sha256Json([embedder.id, embedder.d, names]);
    const file = path.join(folder, `${key.slice(0, 32)}.npy`);
    return keepDone(known, key, () => readOrEmbed(file, names, embedder));
  };
}

async function readOrEmbed(
  file: string,
  names: readonly string[],
  embedder: Embedder,
): Promise<Matrix> {
  const stored = await readNpyMatrix(file).catch((error: unknown) => {
    if (error instanceof FormatError) return undefined;
    throw error;
  });
  if (stored?.rows === names.length && stored.cols === embedder.d) return stored;
  const vectors = await embedder.embed(names);
  const { rows, cols, data } = vectors;
  try {
    await writeNpy(file, { shape: [rows, cols], data, dtype: "f4" });
    await keepNewest(path.dirname(file));
  } catch (error) {
    if (fileProblem(error) === undefined) throw error;
  }
  return vectors;
}

async function keepNewest(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".npy"));
  const dated = await Promise.all(
    files.map(async (name) => {
      const file = path.join(folder, name);
      return { file, time: (await stat(file)).mtimeMs };
    }),
  );
  dated.sort((a, b) => b.time - a.time);
  for (const { file } of dated.slice(FILES_KEPT)) await rm(file, { force: true });
}
