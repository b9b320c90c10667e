/** Numbers of the paper, for figures that overlay them. */
export * from "./paper-numbers.js";
