/** How figures are laid out: text, axes, panels, and labels that do not collide. */
export * from "./text.js";
export * from "./declutter.js";
export * from "./graph-layout.js";
