/** Showing figures, tables and progress in a cell of a notebook. */
export { type CellProgressOptions, cellProgress } from "./cell-progress.js";
export { type LiveLoss, type LiveLossOptions, liveLoss } from "./live-loss.js";
export { type ShowOptions, type Showable, show } from "./show.js";
export { type Table, tableFromRecords } from "./table.js";
export { type ExecuteOptions, type Execution, executeNotebook } from "./execute.js";
export {
  type CodeCell,
  type Notebook,
  codeCells,
  formatNotebook,
  parseNotebook,
  NOTEBOOK_METADATA,
  type Output,
} from "./ipynb.js";
export { findJupyter, writeKernelSpec } from "./jupyter.js";
export { pathReplacements, tidyNotebook, type Replacement } from "./tidy.js";
export { compareOutputs, lintNotebook, lintOutputs } from "./lint.js";
export { type DisplayOptions, type MimeBundle, inNotebook } from "./display.js";
export { selectColumns, tableToHtml, tableToText } from "./table.js";
