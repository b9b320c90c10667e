/** An atlas's files: manifest, lock, options. */
export { readAtlasOptions } from "./atlas-options.js";
export { withLock } from "./lock.js";
export { StepRunner } from "./manifest.js";
export { readManifest } from "./manifest.js";
export { ATLAS_FILES } from "./files.js";
