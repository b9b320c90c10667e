import { existsSync } from "node:fs";
import path from "node:path";
import { createMatrix } from "../../core/matrix.js";
import { createRandom } from "../../core/random.js";
import { type Document, readCorpus } from "../../corpus/corpus.js";
import { type EmbeddedCorpus, embedCorpus } from "../../corpus/embed-corpus.js";
import type { Embedder } from "../../corpus/embedder.js";
import { createOfflineEmbedder } from "../../corpus/embedders/sentence-encoder.js";
import { embeddingShape } from "../../sae/embedding-source.js";
import { trainSae } from "../../sae/train/train.js";
import { ATLAS_FILES } from "../files/files.js";
import { withLock } from "../files/lock.js";
import type { AtlasOptions, AtlasTraining, BuildOptions, BuildPlan } from "../options.js";
import { chooseTraining } from "./choose-training.js";

/** Folder of an atlas for the embeddings that its build made. */
const SOURCE = "source";
/** Documents per call of the embedder; the first call is timed. */
const BATCH = 100;
/** Training steps that are timed. */
const TIMED_STEPS = 3;

/**
 * The options with what was left open: embeds the corpus where no embeddings are given, and chooses how an SAE is trained.
 * Throws what the embedder throws, and Error where it ended before all documents were tried.
 */
export async function completeOptions(options: BuildOptions): Promise<AtlasOptions> {
  const { embedder: source, onPlan, embeddings, ...rest } = options;
  const isTrained = rest.sae !== undefined || existsSync(path.join(rest.dir, ATLAS_FILES.sae));
  const training = wholeTraining(rest.training);
  if (embeddings !== undefined && (rest.sae ?? training) !== undefined) {
    if (isTrained || onPlan === undefined) return { ...rest, embeddings, training };
  }
  const documents = await readCorpus(rest.corpus, { columns: rest.columns });
  const complete: Omit<AtlasOptions, "embeddings"> = {
    ...rest,
    training:
      rest.sae === undefined
        ? (training ?? { ...chooseTraining(documents), ...rest.training })
        : undefined,
  };
  const plan: BuildPlan = { documents: documents.length, training: complete.training };
  const timeTraining = async (d: number): Promise<void> => {
    if (isTrained || onPlan === undefined || plan.training === undefined) return;
    plan.trainSeconds = await timeSteps(documents.length, d, plan.training);
  };
  if (embeddings !== undefined) {
    await timeTraining((await embeddingShape(embeddings)).d);
    if (plan.trainSeconds !== undefined) onPlan?.(plan);
    return { ...complete, embeddings };
  }
  const embedder =
    typeof source === "function" ? await source() : (source ?? (await createOfflineEmbedder()));
  await timeTraining(embedder.d);
  return { ...complete, ...(await embed(documents, embedder, plan, options)) };
}

function wholeTraining(given: Partial<AtlasTraining> = {}): AtlasTraining | undefined {
  const { k, n, epochs, lr, ...rest } = given;
  if (k === undefined || n === undefined || epochs === undefined || lr === undefined) return;
  return { k, n, epochs, lr, ...rest };
}

/** Embeds the corpus into the atlas's folder, and reports the plan once the first documents were timed. */
async function embed(
  documents: readonly Document[],
  embedder: Embedder,
  plan: BuildPlan,
  { dir, corpus, columns, compat, onPlan, onProgress, onWarning, signal }: BuildOptions,
): Promise<Pick<AtlasOptions, "corpus" | "columns" | "embeddings">> {
  const start = performance.now();
  let isPlanned = false;
  const work = (): Promise<EmbeddedCorpus> =>
    embedCorpus(documents, embedder, path.join(dir, SOURCE), {
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
  const { failed, cut, embeddings } = made;
  if (failed.length > 0) {
    onWarning?.(
      `${failed.length} documents could not be embedded and are left out: ${failed[0].reason}`,
    );
  }
  if (cut > 0) {
    onWarning?.(`${cut} documents are longer than ${embedder.id} reads; their ends are left out`);
  }
  // The corpus itself has columns to search by, which the copy has not.
  return failed.length > 0
    ? { corpus: made.documents, columns: undefined, embeddings }
    : { corpus, columns, embeddings };
}

/** Seconds that the training takes, by its first steps on random rows. */
async function timeSteps(documents: number, d: number, training: AtlasTraining): Promise<number> {
  const { k, n, epochs, lr, batch = 1024 } = training;
  const random = createRandom(0);
  const rows = createMatrix(Math.min(documents, 2 * batch), d);
  for (let i = 0; i < rows.data.length; i++) rows.data[i] = random() - 0.5;
  const times: number[] = [];
  const onProgress = (): void => void times.push(performance.now());
  const size = Math.min(batch, rows.rows);
  await trainSae(rows, { k, n, lr, batch: size, steps: TIMED_STEPS + 1, onProgress });
  const seconds = (times[times.length - 1] - times[0]) / 1000;
  return (seconds / (times.length - 1)) * Math.ceil(documents / batch) * epochs;
}
