import { postingsOf } from "../core/postings.js";
import path from "node:path";
import { topDocuments } from "../core/codes.js";
import { writeJson } from "../files/json.js";
import { writeJsonl } from "../files/jsonl.js";
import { matrixRow } from "../core/matrix.js";
import type { CatalogRow } from "../catalog/row.js";
import { checkName, type ExportInputs, stableId } from "./inputs.js";

/** Options of the export to Neuronpedia. */
export interface NeuronpediaOptions {
  /** Documents per latent in the activation files. Default 20. */
  examples?: number;
  /** Latents per batch file. Default 256. */
  batch?: number;
  /** Whether to write the decoder directions. Default true. */
  vectors?: boolean;
  /** Explanation type, which must exist in the importing database. Default "np_max-act". */
  explanationType?: string;
  /** Name shown as the creator. Default "feature-families". */
  creator?: string;
}

/** The importer's fallback, which SAEDashboard writes too. */
const CREATOR_ID = "clkht01d40000jv08hvalcvly";
const MOST_TOKENS = 1024;
const BINS = 30;
const NOTE =
  "document-level: the SAE reads the embedding of the whole document; the activation is shown on its last token";

/**
 * Writes the folder that Neuronpedia's importer reads: `{model}/{source}/` with `release.jsonl`, `model.jsonl`,
 * `sourceset.jsonl`, `source.jsonl`, `config.json` and `features`, `activations` and `explanations` in batches of
 * .jsonl.gz. The importer takes its columns from the first line, so every line has every key. A document is a row of
 * whitespace tokens (at most 1,024) with its activation on the last one, as `dataSource` and `notes` state. Returns the
 * folder. Throws RangeError for an invalid name.
 */
export async function exportNeuronpedia(
  out: string,
  inputs: ExportInputs,
  options: NeuronpediaOptions = {},
): Promise<string> {
  const { name, embedder, rows } = inputs;
  checkName("the atlas's name", name);
  const modelId = modelIdOf(embedder);
  const source = `0-${name.toLowerCase()}`;
  const folder = path.join(out, modelId, source);
  const place = { modelId, source, createdAt: inputs.date };
  const batch = options.batch ?? 256;
  for (let start = 0, number = 0; start < rows.length; start += batch, number++) {
    const part = rows.slice(start, start + batch);
    const file = (kind: string): string => path.join(folder, kind, `batch-${number}.jsonl.gz`);
    await writeJsonl(
      file("features"),
      part.map((row) => clean(featureLine(row, inputs, place, options))),
    );
    await writeJsonl(
      file("activations"),
      part.flatMap((row) => activationLines(row, inputs, place, options)).map(clean),
    );
    await writeJsonl(
      file("explanations"),
      part.flatMap((row) => explanationLines(row, place, options)).map(clean),
    );
  }
  // Last, since the folder is none to the importer without them.
  await writeHeads(folder, inputs, place, options);
  return folder;
}

interface Place {
  modelId: string;
  source: string;
  createdAt: string;
}

function modelIdOf(embedder: string): string {
  const id = embedder.toLowerCase().replace(/[^a-z0-9.-]+/g, "-");
  checkName("the embedder's name", id);
  return id;
}

async function writeHeads(
  folder: string,
  { name, embedder, rows, decoder, documents }: ExportInputs,
  { modelId, source, createdAt }: Place,
  { creator = "feature-families" }: NeuronpediaOptions,
): Promise<void> {
  const setName = name.toLowerCase();
  const creation = { creatorName: creator, creatorId: CREATOR_ID, createdAt };
  const heads: Record<string, unknown> = {
    release: {
      name: setName,
      description: `Sparse autoencoder of ${embedder} embeddings of ${name}, ${rows.length} latents`,
      descriptionShort: `${rows.length} latents of ${name}`,
      urls: [],
      creatorNameShort: creator,
      ...creation,
    },
    model: {
      id: modelId,
      instruct: false,
      displayName: embedder,
      displayNameShort: embedder,
      creatorId: CREATOR_ID,
      layers: 1,
      neuronsPerLayer: decoder.cols,
      createdAt,
    },
    sourceset: {
      modelId,
      name: setName,
      ...creation,
      releaseName: setName,
      description: NOTE,
      visibility: "PRIVATE",
    },
    source: {
      id: source,
      modelId,
      setName,
      creatorId: CREATOR_ID,
      createdAt,
      hasDashboards: true,
      dataset: name,
      num_prompts: documents.length,
      num_tokens_in_prompt: MOST_TOKENS,
      visibility: "PRIVATE",
    },
  };
  for (const [kind, line] of Object.entries(heads)) {
    await writeJsonl(path.join(folder, `${kind}.jsonl`), [clean(line)]);
  }
  await writeJson(path.join(folder, "config.json"), {
    modelId,
    source,
    name,
    embedder,
    note: NOTE,
  });
}

function featureLine(
  row: CatalogRow,
  { decoder, postings, name }: ExportInputs,
  { modelId, source, createdAt }: Place,
  { vectors = true }: NeuronpediaOptions,
): unknown {
  const { heights, values } = activationHistogram(postingsOf(postings, row.index).values);
  return {
    modelId,
    layer: source,
    index: String(row.index),
    creatorId: CREATOR_ID,
    createdAt,
    maxActApprox: row.max_activation ?? 0,
    hasVector: vectors,
    vector: vectors ? Array.from(matrixRow(decoder, row.index)) : [],
    vectorLabel: null,
    vectorDefaultSteerStrength: row.mean_activation,
    hookName: "embedding",
    topkCosSimIndices: row.nearest.map(({ index }) => index),
    topkCosSimValues: row.nearest.map(({ cosine }) => cosine),
    neuron_alignment_indices: [],
    neuron_alignment_values: [],
    neuron_alignment_l1: [],
    correlated_neurons_indices: [],
    correlated_neurons_pearson: [],
    correlated_neurons_l1: [],
    correlated_features_indices: [],
    correlated_features_pearson: [],
    correlated_features_l1: [],
    neg_str: [],
    neg_values: [],
    pos_str: [],
    pos_values: [],
    frac_nonzero: row.density,
    freq_hist_data_bar_heights: heights,
    freq_hist_data_bar_values: values,
    logits_hist_data_bar_heights: [],
    logits_hist_data_bar_values: [],
    decoder_weights_dist: [],
    sourceSetName: name.toLowerCase(),
    umap_x: row.x,
    umap_y: row.y,
    umap_cluster: row.families[0]?.id ?? null,
    umap_log_feature_sparsity: row.density > 0 ? Math.log10(row.density) : null,
  };
}

/** Histogram of a latent's activations in bins of equal width from 0 to the maximum; values are the bin centres. */
function activationHistogram(activations: Float32Array): { heights: number[]; values: number[] } {
  let most = 0;
  for (const value of activations) most = Math.max(most, value);
  if (most === 0) return { heights: [], values: [] };
  const heights = new Array<number>(BINS).fill(0);
  for (const value of activations) heights[Math.min(BINS - 1, Math.floor((BINS * value) / most))]++;
  return { heights, values: heights.map((_, i) => ((i + 0.5) * most) / BINS) };
}

function activationLines(
  row: CatalogRow,
  { postings, documents }: ExportInputs,
  { modelId, source, createdAt }: Place,
  { examples = 20 }: NeuronpediaOptions,
): unknown[] {
  return topDocuments(postings, row.index, examples)
    .filter(({ value }) => value > 0)
    .map(({ document, value }) => {
      const { id, text } = documents[document];
      const tokens = documentTokens(text);
      const last = tokens.length - 1;
      return {
        id: stableId(modelId, source, row.index, document),
        tokens,
        values: tokens.map((_, i) => (i === last ? value : 0)),
        index: String(row.index),
        layer: source,
        modelId,
        maxValue: value,
        maxValueTokenIndex: last,
        minValue: tokens.length > 1 ? 0 : value,
        dataSource: "document-level",
        dataIndex: id,
        creatorId: CREATOR_ID,
        createdAt,
        binMin: null,
        binMax: null,
        binContains: null,
        qualifyingTokenIndex: last,
        dfaValues: [],
        dfaTargetIndex: null,
        dfaMaxValue: null,
        lossValues: [],
        logitContributions: null,
        zIndices: [],
        zValues: [],
      };
    });
}

/** The first 1,024 words of a text, each with its leading white space, so that joining them gives the text's start. */
export function documentTokens(text: string): string[] {
  const tokens = text.match(/\s*\S+/g) ?? [""];
  return tokens.slice(0, MOST_TOKENS);
}

function explanationLines(
  row: CatalogRow,
  { modelId, source, createdAt }: Place,
  { explanationType = "np_max-act" }: NeuronpediaOptions,
): unknown[] {
  if (row.label === "") return [];
  const scores = row.scores.map(({ name, value }) => `${name} ${value ?? "unknown"}`).join(", ");
  return [
    {
      id: stableId(modelId, source, row.index, "explanation"),
      modelId,
      layer: source,
      index: String(row.index),
      description: row.label,
      authorId: CREATOR_ID,
      triggeredById: CREATOR_ID,
      typeName: explanationType,
      explanationModelName: row.model,
      notes: `document-level; label from ${row.label_source ?? "unknown"}${scores && `; ${scores}`}`,
      embedding: [],
      createdAt,
    },
  ];
}

/** Replaces NUL, which the database rejects, by a space in all texts of a line. */
function clean(line: unknown): unknown {
  if (typeof line === "string") return line.replaceAll("\u0000", " ");
  if (Array.isArray(line)) return line.map(clean);
  if (typeof line !== "object" || line === null) return line;
  return Object.fromEntries(Object.entries(line).map(([key, value]) => [key, clean(value)]));
}
