import type { DocumentSearch } from "../../atlas/document-search.js";
import type { Embedder } from "../../corpus/embedder.js";
import { STEERING_METHODS } from "../../search/steering-methods.js";
import { atlasOption, chooseAtlas } from "../atlas-option.js";
import {
  type Command,
  type CommandContext,
  type CommandOutput,
  type OptionValues,
  UsageError,
  defineCommand,
} from "../command.js";
import { embedderOptions, openEmbedder, remoteEmbedder } from "../embedder-options.js";
import type { OpenSearch } from "../search-session.js";
import { formatRows } from "../text/rows.js";
import { type Found, describeResults, explainResults, toFound } from "../text/search-results.js";
import { familyName } from "../../records/family.js";
import type { NamedEdit, Names } from "../../search/names.js";

const options = {
  ...atlasOption,
  in: {
    type: "string",
    choices: ["documents", "latents", "families"],
    about: "what to search (default documents)",
  },
  words: { type: "boolean", about: "latents and families: match words of the labels only" },
  vector: {
    type: "string",
    value: "FILE:ROW",
    about: "search by a row of a .npy file instead of a text",
  },
  more: {
    type: "list",
    about:
      'more of these latents, as LATENT[:STRENGTH]: a number, words of a label or family:NAME; "..." around commas',
  },
  less: { type: "list", about: "less of these latents" },
  set: { type: "list", about: "these latents at exactly the strength" },
  remove: { type: "list", about: "these latents at 0" },
  family: {
    type: "string",
    value: "FAMILY",
    about: "more of this whole family, by parent latent or name",
  },
  method: {
    type: "string",
    choices: STEERING_METHODS,
    about: "how edits are applied (default residual)",
  },
  class: { type: "string", value: "NAME", about: "only documents of this class" },
  year: { type: "string", value: "FROM-TO", about: "only documents of these years" },
  where: {
    type: "list",
    about: "only documents with COLUMN=VALUE, COLUMN>=NUMBER or COLUMN<=NUMBER",
  },
  metadata: {
    type: "string",
    value: "FILE",
    about:
      "table with arxiv_id or id and the columns for --year, --class and --where (default: the corpus)",
  },
  ids: { type: "list", about: "only these documents" },
  explain: { type: "boolean", about: "show which latents make up each score" },
  limit: { type: "integer", least: 1, about: "results (default 10)" },
  ...embedderOptions,
} as const;

type Values = OptionValues<typeof options>;

const OF_NAMES: readonly (keyof Values)[] = ["words"];
const OF_DOCUMENTS: readonly (keyof Values)[] = [
  ...(["vector", "more", "less", "set", "remove", "family", "method"] as const),
  ...(["class", "year", "where", "metadata", "ids", "explain"] as const),
];

export const searchCommand: Command = defineCommand({
  name: "search",
  group: "explore",
  summary: "Search documents, latents or families; steer by latents; explain results.",
  details:
    "With a query, one search; without one, a session in the terminal (type help there). Strengths are multiples of the " +
    "typical active value of a latent; edits apply in the order more, less, set, remove. A text query needs the " +
    "embedding model of the corpus. Steering and explaining need an SAE that reads embeddings unchanged.",
  example: 'feature-families search "small dog" --more bird:2 --explain',
  positionals: "[QUERY...]",
  options,
  async run(values, positionals, context) {
    const text = positionals.join(" ").trim();
    const inSession = positionals.length === 0 && values.vector === undefined;
    checkUsage(values, positionals, inSession && context.json);
    const costs = remoteEmbedder(values) !== undefined;
    const dir = await chooseAtlas("search", values.atlas, { costs });
    const { openDocumentSearch } = await import("../../atlas/document-search.js");
    const { openStore } = await import("../../atlas/store.js");
    const { once } = await import("../../core/once.js");
    const { readEdits, readFamilyEdit } = await import("../../search/names.js");
    const { readFilter } = await import("../../search/filter.js");
    const data = await openStore(dir, context);
    const embedder = once(async () => (await openEmbedder(values, context.signal)).embedder);
    const atlas = await openDocumentSearch(data, { ...context, once: !inSession });
    const limit = values.limit ?? 10;
    try {
      const names: Names = {
        n: atlas.labels.length,
        labels: atlas.labels,
        families: await data.families(),
      };
      if (values.in === "latents" || values.in === "families") {
        const model = values.words ? undefined : await embedder();
        return await searchNames(atlas, names, { of: values.in, text, limit, model });
      }
      const { where, ids } = values;
      const filters = { ...values, where: where?.join(","), ids: ids?.join(",") };
      const open: OpenSearch = {
        atlas,
        data,
        names,
        limit,
        method: values.method,
        accept: await readFilter(filters, await data.documents(), data.paths.corpus),
        explain: values.explain,
        embed: async (query) => embedQuery(await embedder(), query, atlas.cols),
      };
      const edits = [
        ...(values.family === undefined ? [] : [readFamilyEdit(names, values.family)]),
        ...readEdits(names, "up", values.more?.join(",")),
        ...readEdits(names, "down", values.less?.join(",")),
        ...readEdits(names, "set", values.set?.join(",")),
        ...readEdits(names, "remove", values.remove?.join(",")),
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
  const { atlas, limit, method, accept, explain } = open;
  const results = await atlas.search(query, { count: limit, edits, method, accept });
  return toFound(open, results, explain ? (results.steered?.query ?? query) : undefined);
}

function describeSearch(found: Found, edits: readonly NamedEdit[]): CommandOutput {
  return {
    json: { edits, ...found },
    lines: [...describeResults(found, edits), ...explainResults(found)],
  };
}

async function startSession(
  open: OpenSearch,
  edits: readonly NamedEdit[],
  context: CommandContext,
): Promise<CommandOutput> {
  context.note("type a query, help or quit");
  const { runSearchSession } = await import("../search-session.js");
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
  { of, text, limit, model }: { of: string; text: string; limit: number; model?: Embedder },
): Promise<CommandOutput> {
  const texts = of === "latents" ? labels : families.map(familyName);
  const found = await atlas.findNames(texts, text, { count: limit, embedder: model });
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
  const { matrixRow } = await import("../../core/matrix.js");
  if (embedder.d !== cols) {
    throw new UsageError(
      `search: ${embedder.id} is ${embedder.d} wide, but the corpus ${cols}: name its own model by --embedder, or pass --vector`,
    );
  }
  return matrixRow(await embedder.embed([text]), 0);
}

async function readVector(place: string, cols: number): Promise<Float32Array> {
  const [, file, row] = /^(.*?)(?::(\d+))?$/.exec(place) ?? [];
  const at = Number(row ?? 0);
  const { matrixRow } = await import("../../core/matrix.js");
  const { openRows } = await import("../../search/scan/row-store.js");
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
