import type { Document } from "../../corpus/corpus.js";
import type { Command, CommandContext, OptionValues } from "../command.js";
import { UsageError, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { columnsOption, parseColumns, skipEmptyOption, timeoutOption } from "../options.js";
import { embedderOptions, openEmbedder, remoteEmbedder } from "../embedder-options.js";
import { describeGaps } from "../results/embed.js";

const options = {
  corpus: option.path(
    "documents: .jsonl, .csv, .tsv, .json, .parquet or a folder of those, or arXiv's metadata dump",
    { required: true },
  ),
  out: option.path("folder for the results", { required: true }),
  ...columnsOption,
  class: option.text("only documents of this class, such as cs.LG"),
  limit: option.count("only the first N documents"),
  ...skipEmptyOption,
  compat: option.flag("prepare texts exactly as the paper's code did", { excludes: ["clean"] }),
  clean: option.flag("remove markup, entities and line breaks inside paragraphs"),
  ...embedderOptions,
  ...timeoutOption,
  "max-tokens": option.integer("longest text in tokens; longer ones are truncated (default 8191)", {
    least: 0,
  }),
  batch: option.count("documents per batch (default 100)"),
  parallel: option.count("most requests in flight at once (default 64)"),
};

export const embedCommand: Command = defineCommand({
  name: "embed",
  group: "build",
  summary: "Embed a corpus: write embeddings.npy, and documents.jsonl in the same order.",
  details:
    "Without --embedder the offline sentence encoder is used; onnx:FOLDER is a model exported to ONNX with its tokenizer.json. A server's key is read only from the environment " +
    "(FEATURE_FAMILIES_EMBEDDER_API_KEY or OPENAI_API_KEY). A stopped run continues without requesting anything twice. A " +
    "document that fails is listed in embed-failed.jsonl and left out of both files: there is never a row of zeros.",
  example:
    "feature-families embed --corpus arxiv-metadata-oai-snapshot.json --class cs.LG --embedder text-embedding-3-small --out data/cache/cs",
  options,
  async run(values, _positionals, context) {
    const { onProgress, signal } = context;
    remoteEmbedder(values);
    const { embedCorpus } = await import("../../corpus/embed-corpus.js");
    const { documents, empty } = await readDocuments(values, context);
    const { embedder } = await openEmbedder(values, signal);
    context.note(`${documents.length} documents with ${embedder.id}, ${embedder.d} wide`);
    const { requireSizes } = await import("../../atlas/steps/check-sizes.js");
    const size = {
      N: documents.length,
      d: embedder.d,
      characters: 0,
      n: 0,
      k: 0,
      isEmbedded: true,
    };
    await requireSizes(
      "embed",
      { ...size, latents: "codes" },
      { dir: values.out, only: ["embed"] },
    );
    const result = await embedCorpus(documents, embedder, values.out, {
      batch: values.batch,
      parallel: values.parallel,
      compat: values.compat,
      onProgress,
      signal,
    });
    const { rows, d, failed } = result;
    return {
      json: { ...result, withoutText: empty, embedder: embedder.id },
      lines: [
        `embedded ${rows} documents with ${embedder.id}, ${d} wide`,
        ...describeGaps(result, values.out),
        `wrote ${result.embeddings} and ${result.documents}`,
      ],
      failed: failed.length > 0,
    };
  },
});

async function readDocuments(
  values: OptionValues<typeof options>,
  context: CommandContext,
): Promise<{ documents: Document[]; empty: number }> {
  const wanted = values.class;
  const { readCorpus } = await import("../../corpus/corpus.js");
  let empty = 0;
  const documents = await readCorpus(values.corpus, {
    columns: parseColumns("embed", values.columns),
    form: values.compat ? "compat" : values.clean ? "clean" : "plain",
    keep: wanted === undefined ? undefined : ({ classes }) => classes.includes(wanted),
    empty: values.skipEmpty ? "skip" : "keep",
    onEmpty: (count) => void (empty = count),
    onWarning: context.onWarning,
  });
  if (documents.length === 0) {
    const which = wanted === undefined ? "" : ` of class ${wanted}`;
    throw new UsageError(`embed: no document${which} in ${values.corpus}`);
  }
  if (empty > 0) {
    const what = values.skipEmpty ? "left out" : "kept; --skip-empty leaves them out";
    context.onWarning(`${empty} documents without a text are ${what}`);
  }
  return { documents: documents.slice(0, values.limit), empty };
}
