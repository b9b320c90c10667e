/** What this folder gives to the rest. */
export { findFigures, overlaidFigures } from "./registry.js";
