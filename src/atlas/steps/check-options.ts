import { SCHEDULERS } from "../../tasks/scheduler-names.js";
import { existsSync } from "node:fs";
import { requireChoice, requireCount, requireNumber, requireText } from "../../core/arguments.js";
import { ArgumentError } from "../../core/errors.js";
import { ENGINE_NAMES } from "../../engine/engine-names.js";
import { NORMALISE_NAMES } from "../../sae/train/train-options.js";
import type { AtlasStability, AtlasTraining, BuildOptions } from "../options.js";

/** Every option, so that a misspelt one is not passed over. */
const KNOWN: Readonly<Record<keyof BuildOptions, true>> = {
  dir: true,
  corpus: true,
  columns: true,
  skipEmpty: true,
  embeddings: true,
  embeddingColumn: true,
  workers: true,
  threads: true,
  sae: true,
  k: true,
  training: true,
  classTree: true,
  analysis: true,
  compat: true,
  threshold: true,
  leading: true,
  sample: true,
  mapFrom: true,
  documentMap: true,
  figures: true,
  stability: true,
  baselines: true,
  seed: true,
  device: true,
  schedule: true,
  onProgress: true,
  onWarning: true,
  signal: true,
  embedder: true,
  onPlan: true,
};

/** Throws ArgumentError, naming the option, for what no build can be made of, before anything is written. */
export function checkBuildOptions(options: BuildOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new ArgumentError(
      "build: expected options such as { dir, corpus, embeddings, training }",
    );
  }
  const { dir, sae, k, training, compat, analysis, threshold, mapFrom, seed, device } = options;
  const { leading, skipEmpty, documentMap, figures, baselines } = options;
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(KNOWN, name));
  if (unknown !== undefined) {
    throw new ArgumentError(
      `build: unknown option "${unknown}", expected one of ${Object.keys(KNOWN).join(", ")}`,
    );
  }
  requireText("build: dir", dir);
  requireText("build: corpus", options.corpus);
  for (const role of ["corpus", "embeddings", "sae", "classTree", "analysis"] as const) {
    const file = options[role];
    if (file !== undefined && !existsSync(file)) {
      throw new ArgumentError(`build: ${role}: no such file: ${file}`);
    }
  }
  requireCount("build: k", k);
  requireCount("build: workers", options.workers);
  requireCount("build: threads", options.threads);
  if (options.embeddingColumn !== undefined) {
    requireText("build: embeddingColumn", options.embeddingColumn);
    if (options.schedule !== undefined) {
      throw new ArgumentError("build: embeddingColumn and schedule exclude each other");
    }
  }
  requireCount("build: sample", options.sample);
  if (options.sample !== undefined && options.schedule !== undefined) {
    throw new ArgumentError("build: sample and schedule exclude each other");
  }
  if (sae === undefined) checkTraining(training);
  const flags = { compat, leading, skipEmpty, documentMap, figures, baselines };
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined || typeof value === "boolean") continue;
    throw new ArgumentError(`build: ${name}: expected true or false`);
  }
  if (compat && analysis === undefined) {
    throw new ArgumentError("build: compat needs analysis, a feature_analysis_results file");
  }
  requireNumber("build: threshold", threshold, 0);
  requireChoice("build: mapFrom", mapFrom, ["decoder", "coactivation"]);
  requireCount("build: seed", seed, 0);
  requireChoice("build: device", device, ENGINE_NAMES);
  requireChoice("build: schedule.scheduler", options.schedule?.scheduler, SCHEDULERS);
  if (options.stability !== undefined) checkStability(options.stability);
}

/** Throws ArgumentError for options that no stability can be measured by. */
function checkStability({ resamples, seeds, scheme, share }: AtlasStability): void {
  requireCount("stability: resamples", resamples);
  requireCount("stability: seeds", seeds, 0);
  requireChoice("stability: scheme", scheme, ["subsample", "bootstrap"]);
  requireNumber("stability: share", share, 0);
}

function checkTraining(training: Partial<AtlasTraining> = {}): void {
  const { k, n, epochs, lr, batch, normalise, plateau, start, prefixes, activation } = training;
  for (const [name, value] of Object.entries({ k, n, epochs, batch })) {
    requireCount(`build: training.${name}`, value);
  }
  if (k !== undefined && n !== undefined && k > n) {
    throw new ArgumentError(`build: training.k: expected at most n, ${n}, got ${k}`);
  }
  requireNumber("build: training.lr", lr, 0);
  requireNumber("build: training.plateau", plateau, 0);
  requireChoice("build: training.normalise", normalise, NORMALISE_NAMES);
  prefixes?.forEach((end) => requireCount("build: training.prefixes", end));
  requireChoice("build: training.activation", activation, ["topk", "batch-topk"]);
  requireChoice("build: training.start", start, ["random", "kmeans"]);
}
