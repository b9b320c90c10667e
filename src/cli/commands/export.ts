import { EXPORT_TARGETS, type ExportTarget } from "../../exports/targets.js";
import { atlasOption, chooseAtlas, movedOptions, withAtlas } from "../atlas-option.js";
import { type Command, UsageError, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { refuseOptions } from "../option-rules.js";
import { withOption } from "../options.js";
import { didYouMean } from "../suggest.js";

// Options of one target or some; the others have no use for them.
const USED: Partial<Record<ExportTarget, readonly string[]>> = {
  neuronpedia: ["embedder", "examples"],
  delphi: ["embedder", "splits", "context"],
  csv: ["raw"],
  site: ["with"],
  page: ["with"],
};

export const exportCommand: Command = defineCommand({
  name: "export",
  group: "explore",
  summary: "Write an atlas for Neuronpedia, delphi, Embedding Atlas, DuckDB, Gephi or the web.",
  details:
    "TARGET is one of these. neuronpedia: the folder that its importer reads, each document as one row of tokens. delphi: " +
    "latent cache and explanations. embedding-atlas: a flat Parquet with x, y, label, text and scores. parquet: the whole " +
    "catalog with its lists. site: the explorer as a folder for any web server. page: the explorer as one file that works offline. graphml, gexf: the forest of latents.",
  example: "feature-families export page --out atlas.html",
  positionals: "<TARGET>",
  options: {
    ...atlasOption,
    ...movedOptions,
    out: option.path("file or folder to write (default: in exports/)"),
    embedder: option.text(
      "embedding model of the corpus, recorded for the other tool (default: the one recorded beside the embeddings, else NAME-embeddings)",
    ),
    examples: option.count("neuronpedia: example documents per latent (default 20)"),
    splits: option.count("delphi: files to spread the latents over (default 1)"),
    context: option.count("delphi: tokens per document (default 128)"),
    ...withOption,
    raw: option.flag("csv: do not escape texts that a spreadsheet would read as formulas"),
  },
  async run(
    { atlas: dir, corpus, embeddings, out, ...options },
    [word],
    { onProgress, onWarning, signal },
  ) {
    const target = EXPORT_TARGETS.find((known) => known === word);
    if (target === undefined) {
      const targets = EXPORT_TARGETS.join(", ");
      throw new UsageError(
        `export: expected one of ${targets}, got "${word}"${didYouMean(word, EXPORT_TARGETS)}`,
      );
    }
    const used = USED[target] ?? [];
    const unused = ["embedder", "examples", "splits", "context", "raw", "with"].filter(
      (flag) => !used.includes(flag),
    );
    refuseOptions(`export ${target}`, options, unused);
    const chosen = await chooseAtlas("export", { atlas: dir, corpus, embeddings });
    const written = await withAtlas(chosen, { onProgress, onWarning, signal }, (atlas) =>
      atlas.export(target, out, options),
    );
    return { json: { target, written }, lines: written.map((file) => `wrote ${file}`) };
  },
});
