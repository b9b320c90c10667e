/** What an atlas is exported to. */
export const EXPORT_TARGETS = [
  "neuronpedia",
  "delphi",
  "embedding-atlas",
  "parquet",
  "html",
  "audit",
  "graphml",
  "gexf",
] as const;

/** A name of EXPORT_TARGETS. */
export type ExportTarget = (typeof EXPORT_TARGETS)[number];
