import { existsSync } from "node:fs";
import path from "node:path";
import type { BuildOptions } from "../../atlas/options.js";
import { RELEASED_CORPORA } from "../../corpus/hub/released.js";
import { BASELINES_OPTION, FIGURE_OPTIONS, runBuild } from "../build-atlas.js";
import {
  type Command,
  type CommandContext,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { embedderOptions, openEmbedder, remoteEmbedder } from "../embedder-options.js";
import { scheduleOf, schedulerOptions } from "../scheduler-options.js";
import { checkInput, refuseOptions } from "../option-rules.js";
import { isSharded, shardOptions } from "../shard-options.js";
import {
  EMBEDDINGS,
  columnsOption,
  engineOption,
  parseColumns,
  skipEmptyOption,
  timeoutOption,
} from "../options.js";

const COMPAT_NEEDS = "build: --compat needs --analysis";

const options = {
  corpus: {
    type: "string",
    value: "PATH",
    about:
      "in place of CORPUS: documents (.jsonl, .csv, .tsv, .parquet, .json or abstract_texts.json), or csLG or astroPH: the corpora of the paper, downloaded once",
  },
  ...columnsOption,
  ...skipEmptyOption,
  embeddings: {
    type: "string",
    value: "FILE",
    about: `their ${EMBEDDINGS} (default: made by the embedder)`,
    excludes: ["embedder", "embedder-url", "dimensions"],
    input: true,
  },
  ...shardOptions,
  ...embedderOptions,
  ...timeoutOption,
  sae: {
    type: "string",
    value: "FILE",
    about: "SAE to use; without it one is trained",
    excludes: ["n", "epochs", "lr", "batch", "normalise", "start", "prefixes", "activation"],
    input: true,
  },
  k: {
    type: "integer",
    least: 1,
    about: "latents kept per document (default by the length of the texts)",
  },
  n: {
    type: "integer",
    least: 1,
    about: "latents to train (default by the number of documents)",
  },
  epochs: {
    type: "integer",
    least: 1,
    about:
      "passes over the documents in training (default: until the held-out error no longer falls)",
  },
  lr: { type: "number", about: "learning rate of the training (default 0.002)" },
  batch: {
    type: "integer",
    least: 1,
    about: "documents per batch of the training (default 64 to 1024, by their number)",
  },
  normalise: {
    type: "string",
    choices: ["none", "centre", "z-score"],
    about:
      "train on raw embeddings, with their mean subtracted, or on z-scores, which suit any scale (default none)",
  },
  start: {
    type: "string",
    choices: ["random", "kmeans"],
    about: "directions that the training starts from (default random)",
  },
  activation: {
    type: "string",
    choices: ["topk", "batch-topk"],
    about: "train with k latents of each document, or of a batch's on average (default topk)",
  },
  prefixes: {
    type: "numbers",
    least: 1,
    about:
      "Matryoshka training: the ends of nested prefixes of the latents, such as 32,128,512; families then lead from earlier to later ones",
  },
  "class-tree": {
    type: "string",
    value: "FILE",
    about: "parents of the documents' classes, .jsonl",
    input: true,
  },
  analysis: {
    type: "string",
    value: "FILE",
    about: "feature_analysis_results_*.json whose labels and scores to use",
    input: true,
  },
  compat: {
    type: "boolean",
    about: "reproduce the paper's families, bugs included; needs --analysis",
    excludes: ["threshold"],
  },
  threshold: { type: "number", about: "weakest edge of a family (default 0.1)" },
  "map-from": {
    type: "string",
    choices: ["decoder", "coactivation"],
    about: "what places latents close together on the map (default coactivation)",
  },
  "document-map": {
    type: "boolean",
    about: "give the documents a map of their own, however long it takes",
  },
  "no-document-map": {
    type: "boolean",
    about:
      "give them none (default: one for up to 300,000 documents if it takes under a minute by estimate)",
    excludes: ["document-map"],
  },
  seed: { type: "integer", about: "random seed (default 0)" },
  name: {
    type: "string",
    about: "name of the atlas (default: from the corpus)",
    excludes: ["out"],
    isName: true,
  },
  out: { type: "string", value: "PATH", about: "folder of the atlas (default families/NAME)" },
  ...FIGURE_OPTIONS,
  ...BASELINES_OPTION,
  ...schedulerOptions,
  ...engineOption,
} as const;

/** Names of the options of `build`. */
export const BUILD_OPTIONS: readonly string[] = Object.keys(options);

type Values = OptionValues<typeof options>;

export const buildCommand: Command = defineCommand({
  name: "build",
  group: "build",
  summary: "Build an atlas of your corpus: SAE, codes, labels, families, map, catalog, figures.",
  details:
    "Needs no more than the documents: they are embedded by the offline model unless --embedder or --embeddings says " +
    "otherwise, and k and n follow from them. Steps whose inputs and options have not changed are not repeated, and an " +
    "interrupted run continues where it stopped.",
  example: "feature-families build papers.jsonl",
  positionals: "[CORPUS]",
  options,
  async run(values, [named], context) {
    if (named !== undefined && values.corpus !== undefined) {
      throw new UsageError("build: CORPUS and --corpus exclude each other");
    }
    const corpus = named ?? values.corpus;
    if (corpus === undefined) {
      throw new UsageError("build: name the file of the documents, as in: build papers.jsonl");
    }
    return runBuild(await buildOptions({ ...values, corpus }, context), values, context);
  },
});

async function buildOptions(
  values: Values & { corpus: string },
  { onProgress, signal, packageRoot }: CommandContext,
): Promise<BuildOptions> {
  const { corpus, skipEmpty, embeddings, sae, k, n } = values;
  const { classTree, analysis, compat, threshold, mapFrom, seed, name, baselines } = values;
  const device = values.engine ?? "auto";
  const { documentMap: isMapped, noDocumentMap: isUnmapped } = values;
  const documentMap = isMapped ? true : isUnmapped ? false : undefined;
  const schedule = values.scheduler === undefined ? undefined : scheduleOf(values, packageRoot);
  const common = {
    ...{ k, documentMap, classTree, compat, threshold, mapFrom },
    ...{ seed, device, schedule, baselines },
  };
  const released = RELEASED_CORPORA.find((known) => known === corpus);
  if (released !== undefined && !existsSync(released)) {
    refuseOptions(`build: --corpus ${released}`, values, [
      ...[
        "epochs",
        "lr",
        "batch",
        "normalise",
        "start",
        "prefixes",
        "activation",
        "columns",
        "skip-empty",
      ],
      ...["embedding-column", "workers", "threads"],
      ...["embedder", "embedder-url", "dimensions", "timeout"],
    ]);
    if (compat && !hasReleasedLabels(values)) throw new UsageError(COMPAT_NEEDS);
    const { releasedOptions } = await import("../../atlas/sample-options.js");
    const { openHub } = await import("../../corpus/hub/hub.js");
    const given = { embeddings, sae, analysis, k, n };
    const found = await releasedOptions(openHub(), released, given, { onProgress, signal });
    return { dir: values.out ?? path.join("families", name ?? released), ...common, ...found };
  }
  if (embeddings === undefined) remoteEmbedder(values);
  if (compat && analysis === undefined) throw new UsageError(COMPAT_NEEDS);
  checkInput(corpus);
  return {
    dir: values.out ?? path.join("families", name ?? corpusName(corpus)),
    ...common,
    ...{ corpus, columns: parseColumns("build", values.columns), skipEmpty },
    ...{ embeddings, sae, analysis },
    ...(embeddings !== undefined && (await shardsOf(values, embeddings))),
    training: sae === undefined ? trainingOf(values) : undefined,
    embedder: async () => (await openEmbedder(values, signal)).embedder,
  };
}

/** How embeddings in shards are read and encoded. Throws UsageError where there are none to share out. */
async function shardsOf(
  { embeddingColumn, workers, threads }: Values,
  embeddings: string,
): Promise<Pick<BuildOptions, "embeddingColumn" | "workers" | "threads">> {
  await isSharded("build", { embeddings, workers, threads });
  return { embeddingColumn, workers, threads };
}

/** Whether the paper's labels of the SAE are downloaded with it, which stand in for --analysis. */
function hasReleasedLabels({ sae, analysis, k = 64, n = 9216 }: Values): boolean {
  return analysis !== undefined || (sae === undefined && k === 64 && n === 9216);
}

/** What of the training is given. */
function trainingOf(values: Values): BuildOptions["training"] {
  const { k, n, epochs, lr, batch, normalise, start, prefixes, activation } = values;
  const given = Object.entries({
    ...{ k, n, epochs, lr, batch, normalise },
    ...{ start, prefixes, activation },
  });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function corpusName(corpus: string): string {
  return (
    path.basename(corpus).replace(/\.(jsonl|ndjson|csv|tsv|json|parquet)(\.gz)?$/i, "") || "corpus"
  );
}
