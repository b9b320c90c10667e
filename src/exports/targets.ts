/** What an atlas is exported to. */
export const EXPORT_TARGETS = [
  "neuronpedia",
  "delphi",
  "embedding-atlas",
  "parquet",
  "csv",
  "jsonl",
  "site",
  "page",
  "graphml",
  "gexf",
] as const;

/** A name of EXPORT_TARGETS. */
export type ExportTarget = (typeof EXPORT_TARGETS)[number];
