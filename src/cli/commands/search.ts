import type { Embedder } from "../../corpus/embedder.js";
import { matrixRow } from "../../core/matrix.js";
import { type AtlasStore, openStore } from "../../atlas/store.js";
import { type DocumentSearch, openDocumentSearch } from "../../atlas/document-search.js";
import { openRows } from "../../search/scan/row-store.js";
import { STEERING_METHODS, type SteeringMethod } from "../../search/steer.js";
import {
  type Command,
  type CommandContext,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { embedderOptions, openEmbedder } from "./embedder.js";
import { type NamedEdit, type Names, readEdits, readFamilyEdit } from "../../search/names.js";
import { readFilter } from "../../search/filter.js";
import { runSearchSession } from "./search-session.js";
import { type Found, describeResults, explainResults, toFound } from "./search-text.js";
import { formatRows } from "../text.js";

const EDIT = 'LATENT[:STRENGTH],… (number, label words or family:NAME, "…" around a comma)';

const options = {
  atlas: { type: "string", value: "DIR", about: "folder of the atlas (default families/wordnet)" },
  in: {
    type: "string",
    choices: ["documents", "latents", "families"],
    about: "what is searched (default documents)",
  },
  words: { type: "boolean", about: "latents and families by the words of their labels alone" },
  vector: { type: "string", value: "FILE:ROW", about: "a row of a .npy file in place of a text" },
  up: { type: "string", value: "LIST", about: `more of these latents: ${EDIT}` },
  down: { type: "string", value: "LIST", about: "less of these latents" },
  set: { type: "string", value: "LIST", about: "these latents at exactly that strength" },
  remove: { type: "string", value: "LIST", about: "these latents at 0" },
  family: { type: "string", value: "NAME|ID", about: "more of this whole family" },
  method: {
    type: "string",
    choices: STEERING_METHODS,
    about: "how edits are applied (default residual)",
  },
  class: { type: "string", value: "NAME", about: "only documents of this class or category" },
  year: { type: "string", value: "FROM-TO", about: "only documents of these years" },
  where: {
    type: "string",
    value: "LIST",
    about: "only documents with COLUMN=VALUE, COLUMN>=NUMBER or COLUMN<=NUMBER,…",
  },
  metadata: {
    type: "string",
    value: "FILE",
    about: "table with arxiv_id or id and year, category or other columns (default the corpus)",
  },
  ids: { type: "string", value: "LIST", about: "only these documents" },
  explain: { type: "boolean", about: "which latents make each score" },
  top: { type: "integer", least: 1, about: "results (default 10)" },
  ...embedderOptions,
} as const;

type Values = OptionValues<typeof options>;

const OF_NAMES: readonly (keyof Values)[] = ["words"];
const OF_DOCUMENTS: readonly (keyof Values)[] = [
  ...(["vector", "up", "down", "set", "remove", "family", "method"] as const),
  ...(["class", "year", "where", "metadata", "ids", "explain"] as const),
];

/** Everything that a search of the command line needs, open. */
export interface OpenSearch {
  atlas: DocumentSearch;
  data: AtlasStore;
  names: Names;
  top: number;
  method: SteeringMethod | undefined;
  accept: ((row: number) => boolean) | undefined;
  explain: boolean;
  /** The text as a vector of the embeddings' width. */
  embed(text: string): Promise<Float32Array>;
}

export const searchCommand: Command = defineCommand({
  name: "search",
  summary: "Search an atlas's documents, latents or families; steer by latents; explain.",
  details:
    "With a query, one search; without one, a session in the terminal (its `help` tells the words it knows).\n" +
    "Strengths are multiples of a latent's typical active value; edits go in the order up, down, set, remove. A text\n" +
    "needs the embedder that made the corpus; steering and explaining, an SAE that reads embeddings as they are.",
  example: 'feature-families search "small dog" --up bird:2 --explain',
  positionals: "QUERY",
  options,
  async run(values, positionals, context) {
    const text = positionals.join(" ").trim();
    const inSession = positionals.length === 0 && values.vector === undefined;
    checkUsage(values, positionals, inSession && context.json);
    const data = await openStore(values.atlas ?? "families/wordnet", context);
    const embedder = lazily(async () => (await openEmbedder(values, context.signal)).embedder);
    const atlas = await openDocumentSearch(data, { ...context, once: !inSession });
    try {
      const names: Names = {
        n: atlas.labels.length,
        labels: atlas.labels,
        families: await data.families(),
      };
      if (values.in === "latents" || values.in === "families") {
        const model = values.words ? undefined : await embedder();
        return await searchNames(atlas, names, {
          of: values.in,
          text,
          top: values.top ?? 10,
          model,
        });
      }
      const open: OpenSearch = {
        atlas,
        data,
        names,
        top: values.top ?? 10,
        method: STEERING_METHODS.find((name) => name === values.method),
        accept: await readFilter(values, await data.documents(), data.paths.corpus),
        explain: values.explain,
        embed: async (query) => embedQuery(await embedder(), query, atlas.cols),
      };
      const edits = [
        ...(values.family === undefined ? [] : [readFamilyEdit(names, values.family)]),
        ...(["up", "down", "set", "remove"] as const).flatMap((kind) =>
          readEdits(names, kind, values[kind]),
        ),
      ];
      if (inSession) return await startSession(open, edits, context);
      const query =
        values.vector === undefined
          ? await open.embed(text)
          : await readVector(values.vector, atlas.cols);
      return describeSearch(await searchOnce(open, query, edits), edits);
    } finally {
      await atlas.close();
      await data.close();
    }
  },
});

function checkUsage(values: Values, positionals: readonly string[], jsonOfSession: boolean): void {
  const { in: of = "documents", vector } = values;
  const text = positionals.join(" ").trim();
  if (positionals.length > 0 && text === "") throw new UsageError("search: the query is empty");
  if (of !== "documents" && text === "") throw new UsageError(`search: --in ${of} needs a query`);
  if (jsonOfSession) throw new UsageError("search: --json needs a query or --vector");
  const unused = of === "documents" ? OF_NAMES : OF_DOCUMENTS;
  const given = unused.find((name) => values[name] !== undefined && values[name] !== false);
  if (given !== undefined) throw new UsageError(`search: --${given} is not for --in ${of}`);
  if (text !== "" && vector !== undefined) {
    throw new UsageError("search: a query and --vector exclude each other");
  }
}

/** One search with its edits. */
async function searchOnce(
  open: OpenSearch,
  query: Float32Array,
  edits: readonly NamedEdit[],
): Promise<Found> {
  const { atlas, top, method, accept, explain } = open;
  const results = await atlas.search(query, { count: top, edits, method, accept });
  return toFound(open, results, explain ? (results.steered?.query ?? query) : undefined);
}

function describeSearch(
  found: Found,
  edits: readonly NamedEdit[],
): { json: unknown; lines: string[] } {
  return {
    json: { edits, ...found },
    lines: [...describeResults(found, edits), ...explainResults(found)],
  };
}

async function startSession(
  open: OpenSearch,
  edits: readonly NamedEdit[],
  context: CommandContext,
): Promise<{ json: unknown; lines: string[] }> {
  context.note("a query, or help; quit ends");
  const searches = await runSearchSession(open, edits, {
    input: process.stdin,
    output: process.stdout,
    signal: context.signal,
  });
  return { json: { searches }, lines: [] };
}

async function searchNames(
  atlas: DocumentSearch,
  { labels, families }: Names,
  { of, text, top, model }: { of: string; text: string; top: number; model?: Embedder },
): Promise<{ json: unknown; lines: string[] }> {
  const texts = of === "latents" ? labels : families.map(({ name }) => name);
  const found = await atlas.findNames(texts, text, { count: top, embedder: model });
  const rows = found.map(({ index, by, score }) => ({
    id: of === "latents" ? index : families[index].parent,
    name: texts[index],
    by,
    score,
  }));
  const cells = rows.map(({ id, name, by, score }) => [
    String(id),
    name,
    by,
    score?.toFixed(3) ?? "",
  ]);
  return {
    json: rows,
    lines:
      rows.length === 0
        ? [`nothing found in ${of}`]
        : formatRows([[of === "latents" ? "latent" : "family", "name", "by", "cosine"], ...cells]),
  };
}

async function embedQuery(embedder: Embedder, text: string, cols: number): Promise<Float32Array> {
  if (embedder.d !== cols) {
    throw new UsageError(
      `search: ${embedder.id} is ${embedder.d} wide, but the corpus ${cols}: name its own --model, or give --vector`,
    );
  }
  return matrixRow(await embedder.embed([text]), 0);
}

async function readVector(place: string, cols: number): Promise<Float32Array> {
  const [, file, row] = /^(.*?)(?::(\d+))?$/.exec(place) ?? [];
  const at = Number(row ?? 0);
  const rows = await openRows(file);
  try {
    if (rows.cols !== cols) {
      throw new UsageError(`search: ${file} is ${rows.cols} wide, but the corpus ${cols}`);
    }
    if (at >= rows.rows) {
      throw new UsageError(`search: ${file} has no row ${at}; it has ${rows.rows}, the first is 0`);
    }
    return matrixRow(await rows.read(at, at + 1), 0);
  } finally {
    await rows.close();
  }
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => (value ??= make());
}
