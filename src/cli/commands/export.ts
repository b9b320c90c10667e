import path from "node:path";
import type { AtlasStore } from "../../atlas/store.js";
import type { ExportInputs } from "../../exports/inputs.js";
import { atlasOption, chooseAtlas } from "../atlas-option.js";
import { type Command, UsageError, defineCommand } from "../command.js";
import { didYouMean } from "../suggest.js";

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

/** Extension of the file, for the targets that are one. */
const EXTENSIONS: Partial<Record<Target, string>> = {
  "embedding-atlas": ".parquet",
  parquet: ".parquet",
  html: ".html",
  graphml: ".graphml",
  gexf: ".gexf",
};

export const exportCommand: Command = defineCommand({
  name: "export",
  group: "explore",
  summary: "Write an atlas for Neuronpedia, delphi, Embedding Atlas, DuckDB, Gephi or the web.",
  details:
    "TARGET is one of these. neuronpedia: the folder that its importer reads, each document as one row of tokens. delphi: latent cache and " +
    "explanations. embedding-atlas: a flat Parquet with x, y, label, text and scores. parquet: the whole catalog with " +
    "its lists. html: the catalog as one page with search. graphml, gexf: the forest of latents.",
  example: "feature-families export html --out catalog.html",
  positionals: "<TARGET>",
  options: {
    ...atlasOption,
    out: { type: "string", value: "PATH", about: "file or folder to write (default in exports/)" },
    embedder: {
      type: "string",
      value: "NAME",
      about: "embedding model of the corpus, recorded for the other tool",
    },
    examples: {
      type: "integer",
      least: 1,
      about: "neuronpedia: documents per latent (default 20)",
    },
    splits: {
      type: "integer",
      least: 1,
      about: "delphi: files to spread the latents over (default 1)",
    },
    context: { type: "integer", least: 1, about: "delphi: tokens of a document (default 128)" },
  },
  async run(values, [word], { onProgress, signal }) {
    const target = TARGETS.find((known) => known === word);
    if (target === undefined) {
      throw new UsageError(
        `export: expected one of ${TARGETS.join(", ")}, got "${word}"${didYouMean(word, TARGETS)}`,
      );
    }
    const dir = await chooseAtlas("export", values.atlas);
    const { openStore } = await import("../../atlas/store.js");
    const atlas = await openStore(dir, { onProgress, signal });
    try {
      const out =
        values.out ?? path.join("exports", `${atlas.name}-${target}${EXTENSIONS[target] ?? ""}`);
      const written = await writeTarget(target, out, atlas, values);
      return { json: { target, written }, lines: written.map((file) => `wrote ${file}`) };
    } finally {
      await atlas.close();
    }
  },
});

interface Wishes {
  embedder?: string;
  examples?: number;
  splits?: number;
  context?: number;
}

async function writeTarget(
  target: Target,
  out: string,
  atlas: AtlasStore,
  wishes: Wishes,
): Promise<string[]> {
  if (target === "neuronpedia") {
    const { exportNeuronpedia } = await import("../../exports/neuronpedia.js");
    return [await exportNeuronpedia(out, await gather(atlas, wishes), wishes)];
  }
  if (target === "delphi") {
    const { exportDelphi } = await import("../../exports/delphi.js");
    return exportDelphi(out, await gather(atlas, wishes), wishes);
  }
  const { writeFileAtomic } = await import("../../files/atomic-file.js");
  await writeFileAtomic(out, await content(target, atlas));
  return [out];
}

async function content(target: Target, atlas: AtlasStore): Promise<string | Uint8Array> {
  if (target === "graphml") {
    const { readText } = await import("../../files/text.js");
    return readText(atlas.file("forest"));
  }
  if (target === "gexf") return gexf(atlas);
  const rows = await atlas.catalog();
  if (target === "embedding-atlas") {
    const { catalogToFlatParquet } = await import("../../exports/flat-parquet.js");
    return catalogToFlatParquet(rows);
  }
  if (target === "parquet") {
    const { catalogToParquet } = await import("../../catalog/write.js");
    return catalogToParquet(rows);
  }
  const { catalogPage } = await import("../../figures/pages/catalog-page.js");
  const labelled = rows.filter(({ label }) => label !== "").length;
  const about = `${rows.length} latents of ${atlas.name}, ${labelled} with a label. Open a row for its documents.`;
  return catalogPage(rows, { title: `Feature catalog: ${atlas.name}`, about });
}

async function gexf(atlas: AtlasStore): Promise<string> {
  const { forestToGexf } = await import("../../families/files/gexf.js");
  const { displayLabel } = await import("../../records/label.js");
  const labels = await atlas.labels();
  const rows = await atlas.catalog();
  const families = await atlas.families();
  return forestToGexf(await atlas.forest(), {
    densities: rows.map(({ density }) => density),
    label: (latent) => displayLabel(labels.get(latent) ?? { id: latent, text: "" }),
    families: families.map(({ parent, members }) => ({ parent, members, pass: 0 })),
  });
}

async function gather(atlas: AtlasStore, { embedder }: Wishes): Promise<ExportInputs> {
  const { readManifest } = await import("../../atlas/manifest.js");
  const finished = (await readManifest(atlas.dir))?.steps.catalog?.finished;
  return {
    rows: await atlas.catalog(),
    postings: await atlas.postings(),
    documents: await atlas.documents(),
    decoder: (await atlas.sae()).decoder,
    name: atlas.name,
    embedder: embedder ?? "unknown-embedder",
    // The atlas's own date, not today's: exporting it twice gives the same bytes.
    date: finished ?? new Date(0).toISOString(),
  };
}
