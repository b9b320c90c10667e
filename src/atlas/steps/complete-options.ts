import { existsSync } from "node:fs";
import path from "node:path";
import { createMatrix } from "../../core/matrix.js";
import { createRandom } from "../../core/random.js";
import { type Document, readCorpus } from "../../corpus/corpus.js";
import { type EmbeddedCorpus, embedCorpus } from "../../corpus/embed-corpus.js";
import type { Embedder } from "../../corpus/embedder.js";
import { createOfflineEmbedder } from "../../corpus/embedders/sentence-encoder.js";
import { embeddedFiles, readEmbedderRecord } from "../../corpus/embedding-store.js";
import { FormatError } from "../../core/errors.js";
import { writeJson } from "../../files/json.js";
import { writeJsonl } from "../../files/jsonl.js";
import { readMatrix } from "../../files/matrix.js";
import { writeNpy } from "../../files/numpy/npy-write.js";
import { embeddingShape } from "../../sae/embedding-source.js";
import { loadSae } from "../../sae/checkpoint.js";
import { batchFor } from "../../sae/train/budget.js";
import { trainSae } from "../../sae/train/train.js";
import { ATLAS_FILES, SOURCE_FOLDER } from "../files/files.js";
import { readAtlasTraining } from "../files/atlas-options.js";
import { withLock } from "../files/lock.js";
import type { AtlasOptions, AtlasTraining, BuildOptions, BuildPlan } from "../options.js";
import { embeddingsOf } from "../options.js";
import { checkBuild } from "./check-sizes.js";
import { chooseTraining } from "./choose-training.js";

/** Folder of an atlas for the documents that have a text, where others were left out. */
const KEPT = "kept";
/** Documents per call of the embedder; the first call is timed. */
const BATCH = 100;
const TIMED_STEPS = 3;

/**
 * The options with what was left open: embeds the corpus where no embeddings are given, and chooses how an SAE is trained.
 * Throws what the embedder throws, and Error where it ended before all documents were tried.
 */
export async function completeOptions(options: BuildOptions): Promise<AtlasOptions> {
  const { embedder: source, onPlan, embeddings, skipEmpty = false, ...rest } = options;
  const isTrained = rest.sae !== undefined || existsSync(path.join(rest.dir, ATLAS_FILES.sae));
  const training = wholeTraining(rest.training);
  const isTrainingKnown = (rest.sae ?? training) !== undefined;
  if (embeddings !== undefined && isTrainingKnown && !skipEmpty) {
    if (isTrained || onPlan === undefined) return { ...rest, embeddings, training };
  }
  const { corpus, columns } = rest;
  const warnings: string[] = [];
  const all = await readCorpus(corpus, { columns, onWarning: (text) => warnings.push(text) });
  const documents = skipEmpty ? all.filter(hasText) : all;
  const empty = all.length - documents.length;
  if (empty > 0) {
    if (documents.length === 0) throw new FormatError(corpus, "no documents have a text");
    // Of the corpus itself nothing else will be read.
    warnings.push(`${corpus}: documents left out because they have no text: ${empty}`);
    warnings.forEach((text) => rest.onWarning?.(text));
  }
  const given =
    embeddings ??
    (typeof source === "function" ? await source() : (source ?? (await createOfflineEmbedder())));
  const isFile = typeof given === "string";
  const d = isFile
    ? (await embeddingShape(embeddingsOf({ ...rest, embeddings: given }))).d
    : given.d;
  const complete: Omit<AtlasOptions, "embeddings"> = {
    ...rest,
    training:
      rest.sae === undefined
        ? (training ?? (await completeTraining(rest, documents, d)))
        : undefined,
  };
  const sae = rest.sae === undefined ? undefined : await loadSae(rest.sae, { k: rest.k });
  await checkBuild(complete, {
    documents,
    d,
    sae,
    embeddings: isFile ? given : given.id,
    isEmbedded: !isFile,
  });
  const plan: BuildPlan = { documents: documents.length, training: complete.training };
  if (!isTrained && onPlan !== undefined && plan.training !== undefined) {
    plan.trainSeconds = await timeSteps(documents.length, d, plan.training);
  }
  if (isFile) {
    if (plan.trainSeconds !== undefined) onPlan?.(plan);
    const kept = empty > 0 ? await keepDocuments(all, { ...rest, embeddings: given }) : {};
    return { ...complete, embeddings: given, ...kept };
  }
  const made = await embed(documents, given, plan, options);
  // The corpus itself has columns to search by, which the copy has not.
  const isWhole = empty === 0 && made.rows === documents.length;
  const { embeddings: vectors, documents: copy } = made;
  return {
    ...complete,
    ...(isWhole ? { corpus, columns } : { corpus: copy, columns: undefined }),
    embeddings: vectors,
  };
}

function hasText({ text }: Document): boolean {
  return text.trim() !== "";
}

/** Writes the documents that have a text, and their rows of embeddings of all documents, into the atlas's folder. */
async function keepDocuments(
  all: readonly Document[],
  {
    embeddings,
    embeddingColumn,
    dir,
  }: Pick<AtlasOptions, "embeddings" | "embeddingColumn" | "dir">,
): Promise<Pick<AtlasOptions, "corpus" | "columns" | "embeddings" | "embeddingColumn">> {
  const kept = embeddedFiles(path.join(dir, KEPT));
  return withLock(dir, async () => {
    await writeJsonl(kept.documents, all.filter(hasText));
    const copy = { corpus: kept.documents, columns: undefined, embeddings };
    // They are those of the documents with a text already, or of neither, which the build says.
    const given = embeddingsOf({ embeddings, embeddingColumn });
    if ((await embeddingShape(given)).N !== all.length) return copy;
    const { cols, data } = await readMatrix(given);
    const rows = all.flatMap((document, i) => (hasText(document) ? [i] : []));
    const matrix = createMatrix(rows.length, cols);
    rows.forEach((row, i) =>
      matrix.data.set(data.subarray(row * cols, (row + 1) * cols), i * cols),
    );
    await writeNpy(kept.embeddings, { shape: [rows.length, cols], data: matrix.data, dtype: "f4" });
    const record = await readEmbedderRecord(embeddings);
    if (record !== undefined) await writeJson(kept.record, record);
    return { ...copy, embeddings: kept.embeddings, embeddingColumn: undefined };
  });
}

function wholeTraining(given: Partial<AtlasTraining> = {}): AtlasTraining | undefined {
  const { k, n, epochs, lr, ...rest } = given;
  if (k === undefined || n === undefined || epochs === undefined || lr === undefined) return;
  return { k, n, epochs, lr, ...rest };
}

/**
 * What is given, and the rest by the corpus; or as the atlas's SAE was trained, where that has the same k and n: labels may have
 * been paid for that one.
 */
async function completeTraining(
  { dir, training: given }: Pick<BuildOptions, "dir" | "training">,
  documents: readonly Document[],
  d: number,
): Promise<AtlasTraining> {
  const chosen: AtlasTraining = { ...chooseTraining(documents, d), ...given };
  const before = await readAtlasTraining(dir);
  if (before?.k === chosen.k && before.n === chosen.n) return { ...before, ...given };
  // Passes that are given are all taken.
  if (given?.epochs !== undefined && given.plateau === undefined) delete chosen.plateau;
  return chosen;
}

/** Embeds the corpus into the atlas's folder, and reports the plan once the first documents were timed. */
async function embed(
  documents: readonly Document[],
  embedder: Embedder,
  plan: BuildPlan,
  { dir, compat, onPlan, onProgress, onWarning, signal }: BuildOptions,
): Promise<EmbeddedCorpus> {
  const start = performance.now();
  let isPlanned = false;
  const work = (): Promise<EmbeddedCorpus> =>
    embedCorpus(documents, embedder, path.join(dir, SOURCE_FOLDER), {
      batch: BATCH,
      compat,
      signal,
      onProgress: (progress) => {
        if (!isPlanned && progress.done < documents.length) {
          const perSecond = (1000 * BATCH) / (performance.now() - start);
          const embedSeconds = (documents.length - progress.done) / perSecond;
          onPlan?.({ ...plan, embedder: embedder.id, perSecond, embedSeconds });
          isPlanned = true;
        }
        onProgress?.(progress);
      },
    });
  const made = await withLock(dir, work);
  if (made.stopped !== undefined)
    throw new Error(`build: ${made.stopped}; build again to continue`);
  if (!isPlanned && plan.trainSeconds !== undefined) onPlan?.(plan);
  const { failed, cut } = made;
  if (failed.length > 0) {
    onWarning?.(
      `${failed.length} documents could not be embedded and were left out (first reason: ${failed[0].reason})`,
    );
  }
  if (cut > 0) {
    onWarning?.(`${cut} documents exceed the limit of ${embedder.id} and were truncated`);
  }
  return made;
}

/** Seconds that the training takes, by its first steps on random rows. */
async function timeSteps(documents: number, d: number, training: AtlasTraining): Promise<number> {
  const { k, n, epochs, lr, plateau, batch = batchFor(documents) } = training;
  const random = createRandom(0);
  const rows = createMatrix(Math.min(documents, 2 * batch), d);
  for (let i = 0; i < rows.data.length; i++) rows.data[i] = random() - 0.5;
  const times: number[] = [];
  const onProgress = (): void => void times.push(performance.now());
  const size = Math.min(batch, rows.rows);
  await trainSae(rows, { k, n, lr, batch: size, steps: TIMED_STEPS + 1, onProgress });
  const seconds = (times[times.length - 1] - times[0]) / 1000;
  // Runs end on their plateau about half-way.
  const passes = plateau === undefined ? epochs : epochs / 2;
  return (seconds / (times.length - 1)) * Math.ceil(documents / batch) * passes;
}
