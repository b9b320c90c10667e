import { existsSync } from "node:fs";
import path from "node:path";
import { type Postings, invertCodes, latentDensities } from "../../core/codes.js";
import { type Matrix, takeRows } from "../../core/matrix.js";
import { loadSae } from "../../sae/checkpoint.js";
import { encodeEmbeddings } from "../../sae/encode.js";
import type { Sae } from "../../sae/sae.js";
import { type GridRow, readGridTable } from "../../sae/train/train-grid.js";
import { FormatError } from "../../core/errors.js";
import { once } from "../../core/once.js";
import type { AtlasStore } from "../store.js";

/** An SAE among others. */
export interface NamedSae {
  /** Such as "k 8, n 768"; with the corpus where there are several. */
  name: string;
  /** Folder name of the atlas that its embeddings are of. */
  corpus: string;
  sae: Sae;
  /** Density of each latent over the corpus [n]. */
  densities(): Promise<Float64Array>;
  /** The documents of each latent. */
  postings(): Promise<Postings>;
}

/** A grid of SAEs: its table and where the SAEs lie. */
export interface SaeGrid {
  folder: string;
  rows: readonly GridRow[];
}

/** What to say of a grid under a figure: how many SAEs, and how long they were trained. */
export function gridCaption({ rows }: SaeGrid): string {
  const epochs = distinct(rows.flatMap((row) => (row.epochs > 0 ? [row.epochs] : [])));
  const passes = epochs.length === 0 ? "" : `, ${epochs.join(" or ")} passes over the documents`;
  return `${rows.length} SAEs${passes}`;
}

/** What figures are drawn from; everything is read when it is first asked for, and once. */
export interface FigureSources {
  /** The first of the atlases. */
  readonly atlas: AtlasStore;
  readonly atlases: readonly AtlasStore[];
  /** Where the SAEs to compare come from; undefined where there is only the one of the atlas. */
  readonly compares: "atlases" | "files" | "grid" | undefined;
  /** The SAEs to compare: those of the atlases and files, else those of the grid, ascending by k and n. */
  saes(): Promise<readonly NamedSae[]>;
  /** Three at most, as the paper's headline SAEs: k and n rise together. */
  headline(): Promise<readonly NamedSae[]>;
  /** Whether there is a grid, or one that is trained when it is first asked for. */
  readonly hasGrid: boolean;
  /** Undefined where there is none. */
  grid(): Promise<SaeGrid | undefined>;
  /** `count` of the atlas's embeddings at even distances, all where there are fewer. */
  sampleEmbeddings(count: number): Promise<Matrix>;
}

/** What to draw from in addition to one atlas. */
export interface SourceOptions {
  /** More atlases to compare with the first. */
  others?: readonly AtlasStore[];
  /** More SAEs of the first atlas's embeddings to compare with its own. */
  saeFiles?: readonly string[];
  /** Gives the folder of a grid of SAEs, as `trainGrid` leaves it; called when a figure asks for the grid. */
  grid?: () => Promise<string>;
}

/** Figures' sources: an atlas, and what is given beside it. */
export function figureSources(
  atlas: AtlasStore,
  { others = [], saeFiles = [], grid: openGrid }: SourceOptions = {},
): FigureSources {
  const atlases = [atlas, ...others];
  const grid = once(async () => openGrid && readGrid(await openGrid()));
  const fromFiles = others.length > 0 || saeFiles.length > 0;
  const saes = once(async () => {
    const trained = fromFiles ? undefined : await grid();
    if (trained) return gridSaes(atlas, trained);
    const own = await Promise.all(atlases.map((one) => atlasSae(one, others.length > 0)));
    const files = await Promise.all(saeFiles.map((file) => fileSae(atlas, file, file)));
    return sortSaes([...own, ...files]);
  });
  return {
    atlas,
    atlases,
    compares: others.length > 0 ? "atlases" : saeFiles.length > 0 ? "files" : openGrid && "grid",
    hasGrid: openGrid !== undefined,
    saes,
    headline: once(async () => chooseHeadline(await saes())),
    grid,
    async sampleEmbeddings(count) {
      const all = await atlas.embeddings();
      return all.rows <= count ? all : takeRows(all, evenRows(all.rows, count));
    },
  };
}

/** Whether `value` is sources already, not an atlas alone. */
export function toSources(value: AtlasStore | FigureSources): FigureSources {
  return "atlases" in value ? value : figureSources(value);
}

/** How an SAE is named by its sizes. */
export function sizesName({ k, n }: { k: number; n: number }): string {
  return `k ${k}, n ${n.toLocaleString("en")}`;
}

/** `count` row numbers at even distances among `rows`, ascending. */
export function evenRows(rows: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, at) => Math.floor(((at + 0.5) * rows) / count));
}

/** As many k as n, paired in order, where there is such a diagonal; else the first three. */
function chooseHeadline(saes: readonly NamedSae[]): NamedSae[] {
  const ks = distinct(saes.map(({ sae }) => sae.k));
  const ns = distinct(saes.map(({ sae }) => sae.n));
  const diagonal = ks.slice(0, 3).flatMap((k, at) => {
    const found = saes.find(({ sae }) => sae.k === k && sae.n === ns[at]);
    return found ? [found] : [];
  });
  return diagonal.length >= 2 ? diagonal : saes.slice(0, 3);
}

/** Different values, ascending. */
export function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

async function readGrid(folder: string): Promise<SaeGrid> {
  const file = path.join(folder, "table.json");
  if (!existsSync(file)) throw new FormatError(file, "no such file");
  const rows = await readGridTable(file);
  const bare = rows.findIndex((row) => row.sae === undefined);
  if (bare >= 0) throw new FormatError(file, `row ${bare}: expected sae, the file of an SAE`);
  return { folder, rows };
}

async function gridSaes(atlas: AtlasStore, { folder, rows }: SaeGrid): Promise<NamedSae[]> {
  const saes: NamedSae[] = [];
  for (const row of rows) saes.push(await fileSae(atlas, path.join(folder, row.sae)));
  return sortSaes(saes);
}

async function atlasSae(atlas: AtlasStore, named: boolean): Promise<NamedSae> {
  const sae = await atlas.sae();
  const corpus = path.basename(path.resolve(atlas.dir));
  return {
    name: named ? `${corpus}, ${sizesName(sae)}` : sizesName(sae),
    corpus,
    sae,
    densities: once(async () => latentDensities(await atlas.codes(), await atlas.counting())),
    postings: () => atlas.postings(),
  };
}

async function fileSae(atlas: AtlasStore, file: string, named?: string): Promise<NamedSae> {
  const sae = await loadSae(file);
  const name = named === undefined ? "" : `${path.basename(named).replace(/\.[a-z]+$/i, "")}: `;
  const counting = { skipZeros: sae.activation.kind !== "topk" };
  const codes = once(async () =>
    encodeEmbeddings(sae, await atlas.embeddingsFile(), { engine: await atlas.engine() }),
  );
  return {
    name: `${name}${sizesName(sae)}`,
    corpus: path.basename(path.resolve(atlas.dir)),
    sae,
    densities: once(async () => latentDensities(await codes(), counting)),
    postings: once(async () => invertCodes(await codes(), counting)),
  };
}

function sortSaes(saes: NamedSae[]): NamedSae[] {
  return saes.sort((a, b) => a.sae.k - b.sae.k || a.sae.n - b.sae.n || (a.name < b.name ? -1 : 1));
}
