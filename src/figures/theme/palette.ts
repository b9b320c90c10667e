import type { ColourScale } from "./colour.js";

/** Text and other dark strokes that are not data. */
export const INK = "#222222";
/** Secondary text. */
export const MUTED = "#5f6368";
/** Grid lines. */
export const GRID = "#e8e8e8";
/** Axis lines, borders and edges: 3.2 to 1 on white. */
export const RULE = "#8f8f8f";
/** Points that belong to no group. */
export const UNASSIGNED = "#cfcfcf";

/**
 * Categories in order of use, distinguishable with any common colour blindness, each at least 3 to 1 on white: Okabe and
 * Ito's palette with a darker sky blue, and a wine red in place of its yellow and orange.
 */
export const CATEGORIES: readonly string[] = [
  "#0072B2",
  "#D55E00",
  "#009E73",
  "#CC79A7",
  "#4A9CCA",
  "#882255",
  "#000000",
];

/** Shapes of points that go with CATEGORIES, for eyes and printers without colour. */
export const SYMBOLS: readonly string[] = [
  ...["circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "star"],
];

/** Nine colours for many neighbouring groups: Paul Tol's muted palette, colour-blind safe, its pale ones darkened to 3 to 1. */
export const MANY_CATEGORIES: readonly string[] = [
  "#332288",
  "#CC6677",
  "#117733",
  "#A19455",
  "#669BB5",
  "#882255",
  "#41A393",
  "#AA4499",
  "#989833",
];

/**
 * Sequential scale from white (0) through blue to near black (1). CIELAB lightness falls from 99 to 16 in a straight
 * line, so equal steps look equal, in grey and to colour-blind eyes too.
 */
export const SEQUENTIAL: ColourScale = [
  [0.0, "#f8fdff"],
  [0.1, "#bfebfd"],
  [0.2, "#8cd7f8"],
  [0.3, "#5ac1f1"],
  [0.4, "#1dabe6"],
  [0.5, "#0393d1"],
  [0.6, "#017bb9"],
  [0.7, "#0265a1"],
  [0.8, "#0a4f87"],
  [0.9, "#1e3a65"],
  [1.0, "#1f2741"],
];
