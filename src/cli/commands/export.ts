import path from "node:path";
import { writeFileAtomic } from "../../files/atomic-file.js";
import { readText } from "../../files/text.js";
import { catalogPage } from "../../figures/pages/catalog-page.js";
import { forestToGexf } from "../../families/files/gexf.js";
import { readCatalog } from "../../catalog/read.js";
import { catalogToParquet } from "../../catalog/write.js";
import { exportDelphi } from "../../exports/delphi.js";
import { catalogToFlatParquet } from "../../exports/flat-parquet.js";
import type { ExportInputs } from "../../exports/inputs.js";
import { exportNeuronpedia } from "../../exports/neuronpedia.js";
import { displayLabel } from "../../records/label.js";
import { type AtlasStore, openStore } from "../../atlas/store.js";
import { ATLAS_FILES } from "../../atlas/files.js";
import { readManifest } from "../../atlas/manifest.js";
import { type Command, UsageError, defineCommand } from "../command.js";

const TARGETS = [
  "neuronpedia",
  "delphi",
  "embedding-atlas",
  "parquet",
  "html",
  "graphml",
  "gexf",
] as const;
type Target = (typeof TARGETS)[number];

/** Ending of the file, for the targets that are one. */
const ENDINGS: Partial<Record<Target, string>> = {
  "embedding-atlas": ".parquet",
  parquet: ".parquet",
  html: ".html",
  graphml: ".graphml",
  gexf: ".gexf",
};

const options = {
  atlas: { type: "string", value: "DIR", about: "folder of the atlas (default families/wordnet)" },
  out: { type: "string", value: "PATH", about: "file or folder to write (default exports/NAME)" },
  embedder: {
    type: "string",
    value: "NAME",
    about: "the model of the embeddings, for other tools",
  },
  examples: { type: "integer", least: 1, about: "neuronpedia: documents a latent (default 20)" },
  splits: {
    type: "integer",
    least: 1,
    about: "delphi: files to spread the latents over (default 1)",
  },
  context: { type: "integer", least: 1, about: "delphi: tokens of a document (default 128)" },
} as const;

export const exportCommand: Command = defineCommand({
  name: "export",
  summary:
    "Write an atlas for other tools: Neuronpedia, delphi, embedding-atlas, DuckDB, Gephi, the web.",
  details:
    "neuronpedia: the folder that its importer reads, a document as one row of tokens. delphi: latent cache and\n" +
    "explanations. embedding-atlas: a flat Parquet with x, y, label, text and scores. parquet: the whole catalog\n" +
    "with its lists. html: the catalog as one page with search. graphml, gexf: the forest of latents.",
  example: "feature-families export html --out catalog.html",
  positionals: TARGETS.join("|"),
  options,
  async run(values, positionals) {
    const target = TARGETS.find((known) => known === positionals[0]);
    if (target === undefined || positionals.length !== 1) {
      throw new UsageError(`export: name one of ${TARGETS.join(", ")}`);
    }
    const dir = values.atlas ?? "families/wordnet";
    const data = await openStore(dir);
    try {
      const name = path.basename(path.resolve(dir));
      const out = values.out ?? path.join("exports", `${name}-${target}${ENDINGS[target] ?? ""}`);
      const written = await writeTarget(target, out, data, { ...values, name });
      return { json: { target, written }, lines: written.map((file) => `wrote ${file}`) };
    } finally {
      await data.close();
    }
  },
});

interface Wishes {
  name: string;
  embedder?: string;
  examples?: number;
  splits?: number;
  context?: number;
}

async function writeTarget(
  target: Target,
  out: string,
  data: AtlasStore,
  wishes: Wishes,
): Promise<string[]> {
  if (target === "neuronpedia") {
    return [await exportNeuronpedia(out, await gather(data, wishes), wishes)];
  }
  if (target === "delphi") return exportDelphi(out, await gather(data, wishes), wishes);
  await writeFileAtomic(out, await content(target, data, wishes));
  return [out];
}

async function content(
  target: Target,
  data: AtlasStore,
  { name }: Wishes,
): Promise<string | Uint8Array> {
  if (target === "graphml") return readText(path.join(data.dir, ATLAS_FILES.forest));
  if (target === "gexf") return gexf(data);
  const rows = await readRows(data);
  if (target === "embedding-atlas") return catalogToFlatParquet(rows);
  if (target === "parquet") return catalogToParquet(rows);
  const labelled = rows.filter(({ label }) => label !== "").length;
  const about = `${rows.length} latents of ${name}, ${labelled} with a label. Open a row for its documents.`;
  return catalogPage(rows, { title: `Feature catalog: ${name}`, about });
}

async function gexf(data: AtlasStore): Promise<string> {
  const labels = await data.labels();
  const rows = await readRows(data);
  const families = await data.families();
  return forestToGexf(await data.forest(), {
    densities: rows.map(({ density }) => density),
    label: (latent) => displayLabel(labels.get(latent) ?? { id: latent, text: "" }),
    families: families.map(({ parent, members }) => ({ parent, members, pass: 0 })),
  });
}

async function gather(data: AtlasStore, { name, embedder }: Wishes): Promise<ExportInputs> {
  const finished = (await readManifest(data.dir))?.steps.catalog?.finished;
  return {
    rows: await readRows(data),
    postings: await data.postings(),
    documents: await data.documents(),
    decoder: (await data.sae()).decoder,
    name,
    embedder: embedder ?? "unknown-embedder",
    // The atlas's own date, not today's: exporting it twice gives the same bytes.
    date: finished ?? new Date(0).toISOString(),
  };
}

function readRows(data: AtlasStore): ReturnType<typeof readCatalog> {
  return readCatalog(path.join(data.dir, ATLAS_FILES.catalogJsonl));
}
