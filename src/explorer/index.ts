/** The explorer's page: its data, its server, and its forms as a folder and as one file. */
export { type ExplorerFiles, type ExplorerInputs, explorerFiles } from "./data-files.js";
export type { ExplorerActions, PageIndex } from "./format.js";
export { type PageParts, readPage, singlePage, writeSite } from "./page.js";
export {
  type ExplorerServer,
  type PageSelection,
  type ServerContent,
  type ServerOptions,
  startServer,
} from "./server.js";
