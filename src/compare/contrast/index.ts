/** What differs between documents: latents and families by class or number, with false discoveries controlled. */
export * from "./contrast-column.js";
export * from "./contrast.js";
export * from "./contrast-units.js";
export * from "./effects.js";
export * from "./subset-test.js";
