import type { Atlas } from "../../atlas/atlas.js";
import type { FoundNames } from "../../atlas/search/find-names.js";
import type { SearchOptions } from "../../atlas/search/search.js";
import type { Embedder } from "../../corpus/embedder.js";
import { STEERING_METHODS } from "../../search/steering-methods.js";
import { atlasOption, chooseAtlas, movedOptions, withAtlas } from "../atlas-option.js";
import type { Command, CommandOutput, OptionValues } from "../command.js";
import { UsageError, defineCommand } from "../command.js";
import { embedderOptions, keepLast, openEmbedder, remoteEmbedder } from "../embedder-options.js";
import * as option from "../option-kinds.js";
import { timeoutOption } from "../options.js";
import { formatRows } from "../results/rows.js";
import { describeResults, explainResults } from "../results/search-results.js";

const options = {
  ...atlasOption,
  ...movedOptions,
  in: option.text("what to search for (default documents)", {
    choices: ["documents", "latents", "families"],
  }),
  words: option.flag("with --in latents or families: match only the words of their labels", {
    excludes: ["embedder", "embedder-url", "dimensions"],
  }),
  vector: option.text("search by a row of an embeddings file, counted from 0, instead of a text", {
    value: "FILE:ROW",
    excludes: ["embedder", "embedder-url", "dimensions"],
  }),
  more: option.list(
    'strengthen these latents, as LATENT[:STRENGTH]: a number, words of a label or family:NAME; quote names with commas: "…"',
  ),
  less: option.list("weaken these latents, likewise"),
  set: option.list("set these latents to exactly the given strength, likewise"),
  remove: option.list("set these latents to 0"),
  family: option.text("strengthen this whole family, by parent latent or name", {
    value: "FAMILY",
  }),
  method: option.text("method of applying the edits (default residual)", {
    choices: STEERING_METHODS,
  }),
  class: option.text("only documents of this class"),
  year: option.text(
    "only documents of these years: 2015, 2010-2015, 2010-, or -2015 given as --year=-2015",
    {
      value: "FROM-TO",
    },
  ),
  where: option.list("only documents with COLUMN=VALUE, COLUMN>=NUMBER or COLUMN<=NUMBER"),
  metadata: option.input(
    "table with arxiv_id or id and the columns used by --year, --class and --where (default: the corpus)",
    { needs: ["year", "class", "where"] },
  ),
  ids: option.list("only documents with these ids"),
  explain: option.flag("show which latents make up each score"),
  "explain-from": option.text(
    "baseline of the explanation, the mean document or zero (default mean)",
    {
      choices: ["mean", "zero"],
      needs: ["explain"],
    },
  ),
  limit: option.count("number of results (default 10)"),
  ...embedderOptions,
  ...timeoutOption,
};

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
    "Strengths are multiples of the typical active value of a latent; edits apply in the order more, less, set, remove. A text query needs the " +
    "embedding model of the corpus. Steering and explaining need an SAE that reads embeddings unchanged.",
  example: 'feature-families search "small dog" --more bird:2 --explain',
  positionals: "[QUERY...]",
  options,
  async run(values, positionals, context) {
    const text = positionals.join(" ").trim();
    checkUsage(values, positionals);
    const costs = remoteEmbedder(values) !== undefined;
    const dir = await chooseAtlas("search", values, { costs });
    const { onProgress, onWarning, signal } = context;
    const embedder = async (): Promise<Embedder> =>
      keepLast((await openEmbedder(values, signal)).embedder);
    return withAtlas(dir, { onProgress, onWarning, signal, embedder }, async (atlas) => {
      const { limit, words } = values;
      if (values.in === "latents" || values.in === "families") {
        const found = await atlas.find(text, { of: values.in, limit, words });
        return describeFound(values.in, found);
      }
      const options = searchOptions(values);
      const query = values.vector === undefined ? text : await readVector(values.vector, atlas);
      const { hits, edits, cosine, others, left, moved } = await atlas.search(query, {
        ...options,
        once: true,
      });
      return {
        json: { edits, results: hits, cosine, others, left, moved },
        lines: [
          ...describeResults({ hits, edits, cosine, others, left, moved }),
          ...explainResults(hits),
        ],
      };
    });
  },
});

function checkUsage(values: Values, positionals: readonly string[]): void {
  const { in: of = "documents", vector } = values;
  const text = positionals.join(" ").trim();
  if (positionals.length > 0 && text === "") throw new UsageError("search: the query is empty");
  if (of !== "documents" && text === "") throw new UsageError(`search: --in ${of} needs a query`);
  if (text === "" && vector === undefined) {
    throw new UsageError(
      `search: pass a query or --vector, or use "feature-families explore" to search interactively`,
    );
  }
  const unused = of === "documents" ? OF_NAMES : OF_DOCUMENTS;
  const given = unused.find((name) => values[name] !== undefined && values[name] !== false);
  if (given !== undefined) throw new UsageError(`search: --${given} does not apply to --in ${of}`);
  if (text !== "" && vector !== undefined) {
    throw new UsageError("search: a query and --vector exclude each other");
  }
  const { more, less, set, remove, family } = values;
  const edits = [more, less, set, remove, family];
  if (values.method !== undefined && edits.every((edit) => edit === undefined)) {
    throw new UsageError("search: --method needs --more, --less, --set, --remove or --family");
  }
}

function searchOptions(values: Values): SearchOptions {
  const { more = [], less, set, remove, family, method } = values;
  const { class: wanted, year, where, metadata, ids, limit } = values;
  const explain = values.explain && (values.explainFrom ?? true);
  return {
    more: [...(family === undefined ? [] : [`family:${family}`]), ...more],
    ...{ less, set, remove, method },
    ...{ class: wanted, year, where, metadata, ids, explain, limit },
  };
}

function describeFound(of: "latents" | "families", found: readonly FoundNames[]): CommandOutput {
  const rows = found.map(({ id, name, by, score }) => [
    String(id),
    name,
    by,
    score?.toFixed(3) ?? "",
  ]);
  const head = [of === "latents" ? "latent" : "family", "name", "by", "cosine"];
  return {
    json: found,
    lines: rows.length === 0 ? [`nothing found in ${of}`] : formatRows([head, ...rows]),
  };
}

/** A row of a .npy file as FILE or FILE:ROW, the first by default. */
async function readVector(place: string, atlas: Atlas): Promise<Float32Array> {
  const [, file, row = "0"] = /^(.*?)(?::(\d+))?$/.exec(place) ?? [];
  const { matrixRow } = await import("../../core/matrix.js");
  const { openRows } = await import("../../search/scan/row-store.js");
  const at = Number(row);
  const { d } = await atlas.sae();
  const rows = await openRows(file);
  try {
    if (rows.cols !== d) {
      throw new UsageError(
        `search: the embeddings of ${file} are ${rows.cols} wide, those of the corpus ${d}`,
      );
    }
    if (at >= rows.rows) {
      throw new UsageError(
        `search: ${file} has no row ${at}; it has ${rows.rows} rows, counted from 0`,
      );
    }
    return matrixRow(await rows.read(at, at + 1), 0);
  } finally {
    await rows.close();
  }
}
