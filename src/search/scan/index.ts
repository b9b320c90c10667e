/**
 * The exact best rows by cosine: read in blocks, or picked through a quantised index that loses none of them.
 */
export { type Estimates, type QuantisedRows, createQuantisedRows } from "./quantised-rows.js";
export { type SearchIndex, type SearchIndexOptions, openSearchIndex } from "./search-index.js";
export {
  type Hit,
  type SearchOptions,
  type SearchQuery,
  cosine,
  searchRows,
  searchRowsTogether,
  unitQuery,
} from "./search-rows.js";
