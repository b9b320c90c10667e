import { existsSync } from "node:fs";
import path from "node:path";
import { openHub } from "../../corpus/hub/hub.js";
import { RELEASED_CORPORA, type ReleasedPart, pullReleased } from "../../corpus/hub/released.js";
import { readJson } from "../../files/json.js";
import { buildFolder } from "../../atlas/build.js";
import { type AtlasStore, openStore } from "../../atlas/store.js";
import { refreshFigures } from "../../atlas/steps/figures-step.js";
import { ATLAS_FILES } from "../../atlas/files.js";
import type { AtlasOptions } from "../../atlas/options.js";
import type { SaeMetrics } from "../../sae/measure/metrics.js";
import {
  type Command,
  type CommandContext,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { engineChoice, engineOption } from "../options.js";
import { formatRows } from "../text.js";

// Chosen by docs/benchmarks.md, "The sample's SAE".
const SAMPLE = { k: 8, n: 768, epochs: 25, lr: 2e-3, batch: 256, threshold: 0.15 };

const options = {
  corpus: {
    type: "string",
    value: "FILE",
    about:
      "your documents (.jsonl, .csv or abstract_texts.json) instead of the sample; or csLG or astroPH, the paper's own, fetched once",
  },
  embeddings: { type: "string", value: "FILE", about: "their embeddings [N, d], .npy" },
  sae: { type: "string", value: "FILE", about: "an SAE to use; without it one is trained" },
  k: { type: "integer", least: 1, about: "latents kept per document" },
  n: { type: "integer", least: 1, about: "number of latents to train" },
  epochs: { type: "integer", least: 1, about: "passes over the documents in training" },
  lr: { type: "number", about: "learning rate of the training" },
  batch: { type: "integer", least: 1, about: "documents a training step" },
  classes: { type: "string", value: "FILE", about: "parents of the documents' classes, .jsonl" },
  analysis: {
    type: "string",
    value: "FILE",
    about: "feature_analysis_results_*.json: its labels and scores are used",
  },
  compat: { type: "boolean", about: "make families as the paper's code does; needs --analysis" },
  threshold: { type: "number", about: "weakest edge of a family (default 0.1; the sample's 0.15)" },
  "map-from": {
    type: "string",
    choices: ["decoder", "coactivation"],
    about: "what the map goes by (default coactivation)",
  },
  seed: { type: "integer", about: "of training, map and nulls (default 0)" },
  name: { type: "string", about: "name of the atlas (default wordnet, or the corpus's name)" },
  out: { type: "string", value: "DIR", about: "folder of the atlas (default families/NAME)" },
  figures: { type: "string", value: "DIR", about: "folder of the figures (default figures/NAME)" },
  "no-figures": { type: "boolean", about: "draw no figures, so that no browser is needed" },
  engine: engineOption.engine,
} as const;

type Values = OptionValues<typeof options>;

export const demoCommand: Command = defineCommand({
  name: "demo",
  summary: "Build a whole atlas: SAE, codes, labels, families, map, catalog and figures.",
  details:
    "Without options on the sample, WordNet's nouns; else on your corpus and embeddings. What has not\n" +
    "changed since the last run is not done again, and an interrupted run goes on where it was.",
  example:
    "feature-families demo --corpus abstract_texts.json --embeddings abstract_embeddings.npy --sae csLG_64_9216_128.pth",
  options,
  async run(values, _positionals, context) {
    const start = performance.now();
    const atlas = atlasOptions(await withReleased(values, context), context.packageRoot);
    const report = await buildFolder({
      ...atlas,
      onProgress: context.onProgress,
      onWarning: (warning) => context.note(`warning: ${warning}`),
      signal: context.signal,
    });
    const figures = values.figures ?? path.join("figures", path.basename(atlas.dir));
    const data = await openStore(atlas.dir);
    const drawn = values["no-figures"]
      ? undefined
      : await refreshFigures(data, figures, {
          onProgress: context.onProgress,
          signal: context.signal,
        });
    if (!values["no-figures"]) (drawn ? report.ran : report.kept).push("figures");
    const seconds = (performance.now() - start) / 1000;
    const summary = await summarise(data);
    return {
      json: { ...report, figures: drawn, seconds, ...summary },
      lines: [
        ...formatRows(Object.entries(summary).map(([key, value]) => [key, String(value)])),
        "",
        `atlas    ${atlas.dir}`,
        ...(values["no-figures"] ? [] : [`figures  ${figures}`]),
        `done in ${seconds.toFixed(1)} s: ${stepText(report.ran, report.kept)}`,
        ...(report.dropped.includes("stability")
          ? [
              `the families changed, so their stability was dropped: feature-families stability --atlas ${atlas.dir}`,
            ]
          : []),
      ],
    };
  },
});

/** Puts the released files in the place of a corpus that is named csLG or astroPH, unless a file has that name. */
async function withReleased(values: Values, context: CommandContext): Promise<Values> {
  const corpus = RELEASED_CORPORA.find((known) => known === values.corpus);
  if (corpus === undefined || existsSync(corpus)) return values;
  const { k, n, embeddings, sae, analysis } = values;
  const wanted: ReleasedPart[] = ["texts"];
  if (embeddings === undefined) wanted.push("embeddings");
  if (sae === undefined) wanted.push("sae");
  // The released labels are those of the web app's SAE.
  const labelled = sae === undefined && analysis === undefined && (n ?? 9216) === 9216;
  if (labelled && (k ?? 64) === 64) wanted.push("labels");
  const found = await pullReleased(openHub(), corpus, wanted, { k, n, ...context });
  return {
    ...values,
    corpus: found.texts?.[0],
    embeddings: embeddings ?? found.embeddings?.[0],
    sae: sae ?? found.sae?.[0],
    analysis: analysis ?? found.labels?.[0],
    name: values.name ?? corpus,
  };
}

function atlasOptions(values: Values, packageRoot: string): AtlasOptions {
  const { corpus, embeddings, sae, k, n, epochs, lr, batch, seed, analysis, compat } = values;
  const own = corpus !== undefined || embeddings !== undefined;
  if (own && (corpus === undefined || embeddings === undefined)) {
    throw new UsageError("demo: --corpus and --embeddings go together");
  }
  if (own && sae === undefined && (k === undefined || n === undefined)) {
    throw new UsageError("demo: give --sae FILE, or --k and --n to train an SAE");
  }
  const sample = (file: string): string => path.join(packageRoot, "data/wordnet", file);
  const training = {
    k: k ?? SAMPLE.k,
    n: n ?? SAMPLE.n,
    epochs: epochs ?? SAMPLE.epochs,
    lr: lr ?? SAMPLE.lr,
    batch: batch ?? (own ? undefined : SAMPLE.batch),
  };
  return {
    dir: values.out ?? path.join("families", values.name ?? corpusName(corpus)),
    corpus: corpus ?? sample("documents.jsonl"),
    embeddings: embeddings ?? sample("embeddings.npy"),
    classTree: values.classes ?? (own ? undefined : sample("classes.jsonl")),
    sae,
    k,
    training: sae === undefined ? training : undefined,
    analysis,
    compat,
    threshold: values.threshold ?? (own ? undefined : SAMPLE.threshold),
    mapFrom: values["map-from"] as AtlasOptions["mapFrom"],
    seed,
    device: engineChoice(values.engine),
  };
}

function corpusName(corpus: string | undefined): string {
  if (corpus === undefined) return "wordnet";
  return path.basename(corpus).replace(/\.(jsonl|csv|json)(\.gz)?$/i, "") || "corpus";
}

function stepText(ran: readonly string[], kept: readonly string[]): string {
  if (ran.length === 0) return "nothing had changed";
  return kept.length === 0 ? "all steps ran" : `ran ${ran.join(", ")}; kept ${kept.join(", ")}`;
}

async function summarise(data: AtlasStore): Promise<Record<string, string | number>> {
  const read = (name: string): Promise<unknown> => readJson(path.join(data.dir, name));
  const metrics = (await read(ATLAS_FILES.metrics)) as SaeMetrics;
  const statistics = (await read(ATLAS_FILES.familyStatistics)) as {
    block_ratio_cooc: number | null;
    null_density?: { block_ratio_cooc: { mean: number | null } };
  };
  const { N, n, k, live, normalized_mse } = metrics;
  const taxonomy = await data.taxonomy();
  const edges = taxonomy?.edges[0];
  const families = taxonomy?.families;
  const ratio = `${digits(statistics.block_ratio_cooc, 1)} (random families ${digits(statistics.null_density?.block_ratio_cooc.mean, 1)})`;
  return {
    documents: N,
    latents: `${n} (${live} live), ${k} a document`,
    "normalised MSE": digits(normalized_mse, 4),
    labelled: [...(await data.labels()).values()].filter(({ text }) => text !== "").length,
    families: (await data.families()).length,
    "co-activation in families over outside": ratio,
    ...(edges && {
      "edges that agree with the classes": `${digits(edges.share)} (${edges.edges} judged; at random ${digits(edges.randomNull.mean)})`,
    }),
    ...(families && {
      "family members in their family's class": `${digits(families.meanCoherence)} (random families ${digits(families.meanCoherenceNull.mean)})`,
    }),
  };
}

// What has no value, such as a mean over no families, is null in the atlas's files.
function digits(value: number | null | undefined, count = 2): string {
  return value?.toFixed(count) ?? "none";
}
