/** Figures as data: charts that know nothing of SAEs, theme, renderer and pages. An atlas draws its figures from them by name. */
export * from "./browser.js";
export { type Renderer, type RendererOptions, openRenderer } from "./render/render.js";
