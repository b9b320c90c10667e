/** An atlas's files: manifest, lock, options. */
export * from "./atlas-options.js";
export * from "./lock.js";
export * from "./manifest.js";
export * from "./files.js";
