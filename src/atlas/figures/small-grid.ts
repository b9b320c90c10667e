import { rm } from "node:fs/promises";
import path from "node:path";
import type { OnProgress } from "../../core/progress.js";
import { embeddingShape } from "../../sae/embedding-source.js";
import { batchesPerEpoch } from "../../sae/train/train-rows.js";
import { trainGrid } from "../../sae/train/train-grid.js";
import type { AtlasStore } from "../store.js";
import { withLock } from "../files/lock.js";
import { StepRunner } from "../files/manifest.js";

/** Folder of the grid in an atlas, and of the runs' states in the grid. */
const GRID_FOLDER = "grid";
const RUNS_FOLDER = "runs";

/** Embeddings up to this many numbers have a grid trained without being asked: 16,000 documents of width 512. */
const SMALL = 2 ** 23;

/** The ratios of the paper's headline SAEs: k 16, 32, 64 and n 3,072, 6,144, 9,216. */
const SIZES = { k: [4, 8, 16], n: [384, 768, 1152] } as const;
/** A short training, as it is waited for: four passes, but no fewer steps than make SAEs of few documents. */
const EPOCHS = 4;
const LEAST_STEPS = 200;
const BATCH = 256;

/** Whether an atlas's embeddings are few enough to train a grid on the way. */
export async function hasSmallCorpus(atlas: AtlasStore): Promise<boolean> {
  const { N, d } = await embeddingShape(await atlas.embeddingsFile());
  return N * d <= SMALL;
}

/**
 * Trains nine small SAEs of k 4, 8, 16 and n 384, 768, 1,152 on an atlas's embeddings into its folder `grid`, four passes
 * each or 200 steps, and gives that folder. What is trained already and still fits is kept, and an interrupted training continues.
 * Throws as trainGrid does, and the signal's reason where it was aborted.
 */
export async function trainSmallGrid(
  atlas: AtlasStore,
  { onProgress, signal }: { onProgress?: OnProgress; signal?: AbortSignal } = {},
): Promise<string> {
  const folder = path.join(atlas.dir, GRID_FOLDER);
  const { N } = await embeddingShape(await atlas.embeddingsFile());
  const batch = Math.min(BATCH, N);
  const epochs = Math.max(EPOCHS, Math.ceil(LEAST_STEPS / batchesPerEpoch(N, batch)));
  const training = { ...SIZES, epochs, lr: 2e-3, batch, ownSeeds: true };
  const saes = SIZES.n.flatMap((n) => SIZES.k.map((k) => `sae_${k}_${n}_${2 * k}.safetensors`));
  await withLock(folder, async () => {
    const runner = await StepRunner.open(folder);
    await runner.step(
      {
        name: "grid",
        version: 1,
        inputs: { embeddings: await runner.hashInput("embeddings", atlas.paths.embeddings) },
        options: training,
        outputs: ["table.json", "table.csv", ...saes],
      },
      async () => {
        const embeddings = await atlas.embeddings();
        const { ended } = await trainGrid(embeddings, {
          ...training,
          folder,
          resume: true,
          onProgress,
          signal,
        });
        if (ended === "aborted") throw signal?.reason ?? new Error("figures: training stopped");
        await rm(path.join(folder, RUNS_FOLDER), { recursive: true, force: true });
      },
    );
  });
  return folder;
}
