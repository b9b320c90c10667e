import path from "node:path";
import { catalogToCsv, catalogToJsonl, catalogToParquet } from "../catalog/write.js";
import { requireCount, requireText } from "../core/arguments.js";
import { ArgumentError } from "../core/errors.js";
import { type DelphiOptions, exportDelphi } from "../exports/delphi.js";
import { catalogToFlatParquet } from "../exports/flat-parquet.js";
import type { ExportInputs } from "../exports/inputs.js";
import { type NeuronpediaOptions, exportNeuronpedia } from "../exports/neuronpedia.js";
import { type ExportTarget, EXPORT_TARGETS } from "../exports/targets.js";
import { readPage, singlePage, writeSite } from "../explorer/page.js";
import { forestToGexf } from "../families/files/gexf.js";
import { readEmbedderRecord } from "../corpus/embedding-store.js";
import { writeFileAtomic } from "../files/atomic-file.js";
import { readText } from "../files/text.js";
import { displayLabel } from "../records/label.js";
import { type OtherAtlas, withFiles } from "./explorer/compared.js";
import { readManifest } from "./files/manifest.js";
import type { AtlasStore } from "./store.js";

/** Ending of the file, for the targets that are one. */
const ENDINGS: Partial<Record<ExportTarget, string>> = {
  "embedding-atlas": ".parquet",
  parquet: ".parquet",
  csv: ".csv",
  jsonl: ".jsonl",
  page: ".html",
  graphml: ".graphml",
  gexf: ".gexf",
};

/** How an atlas is exported; options of other targets play no part. */
export interface ExportOptions
  extends Pick<NeuronpediaOptions, "examples">, Omit<DelphiOptions, "tokenize"> {
  /** For csv: texts that a spreadsheet takes for formulas stay as they are; see formatCsv. Default false. */
  raw?: boolean;
  /** For site and page: another atlas of the same embeddings, or its folder, to compare with. Default none. */
  with?: OtherAtlas;
  /** Name of the model that the embeddings come from, for other tools. Default that of `embedder.json` beside the embeddings, else that of the atlas with "-embeddings". */
  embedder?: string;
}

/** Where an export goes by default: `exports/NAME-TARGET`, with the ending of a target that is one file. */
export function defaultExport(store: AtlasStore, target: ExportTarget): string {
  return path.join("exports", `${store.name}-${target}${ENDINGS[target] ?? ""}`);
}

/**
 * Writes an atlas for another tool into the folder or file `out`, and gives the paths that were written. Throws
 * ArgumentError for an unknown target, RangeError for a name that the target cannot take.
 */
export async function exportStore(
  store: AtlasStore,
  target: ExportTarget,
  out: string,
  options: ExportOptions = {},
): Promise<string[]> {
  if (!EXPORT_TARGETS.includes(target)) {
    throw new ArgumentError(
      `export: unknown target "${target}", expected one of ${EXPORT_TARGETS.join(", ")}`,
    );
  }
  requireText("export: out", out);
  requireCount("export: examples", options.examples);
  requireCount("export: splits", options.splits);
  requireCount("export: context", options.context);
  // What leaves is made of a whole atlas: every file is read and checked against the others.
  await store.labels();
  await store.families();
  await store.forest();
  await store.places();
  await store.catalog();
  if (target === "neuronpedia") {
    return [await exportNeuronpedia(out, await gather(store, options), options)];
  }
  if (target === "site") {
    const page = await readPage();
    return withFiles(store, options.with, (files) => writeSite(out, page, files));
  }
  if (target === "delphi") return exportDelphi(out, await gather(store, options), options);
  await writeFileAtomic(out, await content(target, store, options));
  return [out];
}

async function content(
  target: Exclude<ExportTarget, "neuronpedia" | "delphi" | "site">,
  store: AtlasStore,
  options: ExportOptions,
): Promise<string | Uint8Array> {
  if (target === "graphml") return readText(store.file("forest"));
  if (target === "gexf") return gexf(store);
  if (target === "page") {
    const page = await readPage();
    return withFiles(store, options.with, (files) => singlePage(page, files));
  }
  const rows = await store.catalog();
  if (target === "embedding-atlas") return catalogToFlatParquet(rows);
  if (target === "parquet") return catalogToParquet(rows);
  if (target === "csv") return catalogToCsv(rows, options);
  return catalogToJsonl(rows);
}

async function gexf(store: AtlasStore): Promise<string> {
  const labels = await store.labels();
  const rows = await store.catalog();
  const families = await store.families();
  return forestToGexf(await store.forest(), {
    densities: rows.map(({ density }) => density),
    label: (latent) => displayLabel(labels.get(latent) ?? { id: latent, text: "" }),
    families: families.map(({ parent, members }) => ({ parent, members, pass: 0 })),
  });
}

async function gather(store: AtlasStore, { embedder }: ExportOptions): Promise<ExportInputs> {
  const finished = (await readManifest(store.dir))?.steps.catalog?.finished;
  const record = await readEmbedderRecord(store.paths.embeddings);
  return {
    rows: await store.catalog(),
    postings: await store.postings(),
    documents: await store.documents(),
    decoder: (await store.sae()).decoder,
    name: store.name,
    embedder: embedder ?? record?.embedder ?? `${store.name}-embeddings`,
    // The atlas's own date, not today's: exporting it twice gives the same bytes.
    date: finished ?? new Date(0).toISOString(),
  };
}
