/** The explorer's page: its data, its server, and its forms as a folder and as one file. */
export * from "./data-files.js";
export * from "./format.js";
export * from "./page.js";
export * from "./server.js";
