/** The catalog: all that is known of each latent, built, read, written and compared. */
export type { CatalogRow } from "./row.js";
export { type CatalogInputs, type CatalogOptions, buildCatalog } from "./catalog.js";
export { type CatalogChange, type DiffOptions, diffCatalogs } from "./diff.js";
export { type LabelImport, readLabelImport } from "./import-file.js";
export { readCatalog } from "./read.js";
export { catalogToCsv, catalogToJsonl, catalogToParquet, writeCatalog } from "./write.js";
export { CATALOG_COLUMNS } from "./columns.js";
export { parseCatalogRow } from "./read.js";
export { checkDensities } from "./import-file.js";
