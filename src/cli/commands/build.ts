import { existsSync } from "node:fs";
import path from "node:path";
import type { BuildOptions } from "../../atlas/options.js";
import { RELEASED_CORPORA } from "../../corpus/hub/released.js";
import { BASELINES_OPTION, FIGURE_OPTIONS, runBuild } from "../build-atlas.js";
import type { Command, CommandContext, OptionValues } from "../command.js";
import { UsageError, defineCommand } from "../command.js";
import { embedderOptions, openEmbedder, remoteEmbedder } from "../embedder-options.js";
import * as option from "../option-kinds.js";
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

const EMBEDDER = ["embedder", "embedder-url", "dimensions"] as const;
const TRAINING = ["epochs", "lr", "batch", "normalise", "start", "prefixes", "activation"] as const;

const options = {
  corpus: option.path(
    "same as CORPUS: documents (.jsonl, .csv, .tsv, .parquet, .json or abstract_texts.json), or csLG or astroPH, the corpora of the paper, downloaded once",
  ),
  ...columnsOption,
  ...skipEmptyOption,
  embeddings: option.input(`their ${EMBEDDINGS} (default: made by the embedder)`, {
    excludes: EMBEDDER,
  }),
  ...shardOptions,
  ...embedderOptions,
  ...timeoutOption,
  sae: option.input("SAE to use (default: train one)", {
    excludes: ["n", ...TRAINING],
  }),
  k: option.count("latents kept per document (default: depends on the length of the texts)"),
  n: option.count("number of latents to train (default: depends on the number of documents)"),
  epochs: option.count(
    "passes over the documents in training (default: until the held-out error stops falling)",
  ),
  lr: option.number("learning rate of the training (default 0.002)"),
  batch: option.count(
    "documents per batch of the training (default: 64 to 1024, depending on their number)",
  ),
  normalise: option.text(
    "train on raw embeddings, embeddings minus their mean, or z-scores, which suit any scale (default none)",
    { choices: ["none", "centre", "z-score"] },
  ),
  start: option.text("initial directions of the training (default random)", {
    choices: ["random", "kmeans"],
  }),
  activation: option.text(
    "train with k latents per document, or k on average over a batch (default topk)",
    { choices: ["topk", "batch-topk"] },
  ),
  prefixes: option.numbers(
    "Matryoshka training: ends of nested prefixes of the latents, such as 32,128,512; families then lead from earlier to later prefixes",
    { least: 1 },
  ),
  "class-tree": option.input("parents of the documents' classes, .jsonl"),
  analysis: option.input("feature_analysis_results_*.json with labels and scores to use"),
  compat: option.flag("reproduce the paper's families, bugs included; needs --analysis", {
    excludes: ["threshold"],
  }),
  threshold: option.number("weakest edge of a family (default 0.1)"),
  sample: option.count("find families in N random documents, and report whether they are enough", {
    excludes: ["scheduler"],
  }),
  "map-from": option.text(
    "similarity that places latents close together on the map (default coactivation)",
    {
      choices: ["decoder", "coactivation"],
    },
  ),
  "document-map": option.flag("map the documents too, however long it takes"),
  "no-document-map": option.flag(
    "do not map the documents (default: map up to 300,000 documents if that is estimated to take under a minute)",
    { excludes: ["document-map"] },
  ),
  seed: option.integer("random seed (default 0)"),
  name: option.text("name of the atlas (default: that of the corpus)", {
    excludes: ["out"],
    isName: true,
  }),
  out: option.path("folder of the atlas (default families/NAME)"),
  ...FIGURE_OPTIONS,
  ...BASELINES_OPTION,
  ...schedulerOptions,
  ...engineOption,
};

/** Names of the options of `build`. */
export const BUILD_OPTIONS: readonly string[] = Object.keys(options);

type Values = OptionValues<typeof options>;

export const buildCommand: Command = defineCommand({
  name: "build",
  group: "build",
  summary: "Build an atlas of your corpus: SAE, codes, labels, families, map, catalog, figures.",
  details:
    "Needs only the documents: they are embedded by the offline model unless --embedder or --embeddings says " +
    "otherwise, and k and n are derived from them. Steps whose inputs and options have not changed are not repeated, and an " +
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
      throw new UsageError("build: pass the file of the documents, as in: build papers.jsonl");
    }
    return runBuild(await buildOptions({ ...values, corpus }, context), values, context);
  },
});

async function buildOptions(
  values: Values & { corpus: string },
  { onProgress, signal, packageRoot }: CommandContext,
): Promise<BuildOptions> {
  const { corpus, skipEmpty, embeddings, sae, k, n } = values;
  const { classTree, analysis, compat, threshold, sample, mapFrom, seed, name, baselines } = values;
  const device = values.engine ?? "auto";
  const { documentMap: isMapped, noDocumentMap: isUnmapped } = values;
  const documentMap = isMapped ? true : isUnmapped ? false : undefined;
  const schedule = values.scheduler === undefined ? undefined : scheduleOf(values, packageRoot);
  const common = {
    ...{ k, documentMap, classTree, compat, threshold, sample, mapFrom },
    ...{ seed, device, schedule, baselines },
  };
  const released = RELEASED_CORPORA.find((known) => known === corpus);
  if (released !== undefined && !existsSync(released)) {
    refuseOptions(`build: --corpus ${released}`, values, [
      ...[...TRAINING, "columns", "skip-empty", "embedding-column", "workers", "threads"],
      ...[...EMBEDDER, "timeout"],
    ]);
    if (compat && !hasReleasedLabels(values)) throw new UsageError(COMPAT_NEEDS);
    const { releasedOptions } = await import("../../atlas/sample-options.js");
    const { openHub } = await import("../../corpus/hub/hub.js");
    const given = { embeddings, sae, analysis, k, n };
    const found = await releasedOptions(openHub(), released, given, { onProgress, signal });
    return { dir: values.out ?? path.join("families", name ?? released), ...common, ...found };
  }
  const { embeddingColumn, workers, threads } = values;
  if (embeddings === undefined) remoteEmbedder(values);
  else await isSharded("build", { embeddings, workers, threads });
  if (compat && analysis === undefined) throw new UsageError(COMPAT_NEEDS);
  checkInput(corpus);
  return {
    dir: values.out ?? path.join("families", name ?? corpusName(corpus)),
    ...common,
    ...{ corpus, columns: parseColumns("build", values.columns), skipEmpty },
    ...{ embeddings, sae, analysis },
    ...{ embeddingColumn, workers, threads },
    training: sae === undefined ? trainingOf(values) : undefined,
    embedder: async () => (await openEmbedder(values, signal)).embedder,
  };
}

/** Whether the paper's labels of the SAE are downloaded with it, which stand in for --analysis. */
function hasReleasedLabels({ sae, analysis, k = 64, n = 9216 }: Values): boolean {
  return analysis !== undefined || (sae === undefined && k === 64 && n === 9216);
}

function trainingOf(values: Values): BuildOptions["training"] {
  const given = (["k", "n", ...TRAINING] as const).map((name) => [name, values[name]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function corpusName(corpus: string): string {
  return (
    path.basename(corpus).replace(/\.(jsonl|ndjson|csv|tsv|json|parquet)(\.gz)?$/i, "") || "corpus"
  );
}
