import { type ParameterName, type TrainerSettings, roomOf } from "../trainer.js";
import type { KernelPool } from "./kernel-pool.js";

const CONFIG = 2048;
const HEAP = 65536;
/** Latents of one chunk of the kernels, each with a partial sum [d]. */
export const LATENTS = 16;

/** Groups of documents that list their entries side by side. */
export const GROUPS = 4;
/** Rows of tallies: of each group and branch; each a little longer than the latents, so that those of a latent lie in lines of the cache of their own. */
const TALLIES = 3 * GROUPS;
const tallyRow = (n: number): number => 16 * (Math.ceil(n / 16) + 1);

/** The sums of columns that a step takes, in their order: of the batch, the errors of the branches, the first prefix's sum of errors. */
const COLUMN_SUMS = [
  "batch",
  "spread",
  "mean",
  "error",
  "squaredError",
  "errorSpread",
  "errorMean",
  "auxSquared",
  "wide",
  "wideSquared",
  "firstSum",
] as const;

/** Column sums by name [d]. */
export type ColumnSums = Record<(typeof COLUMN_SUMS)[number], Float64Array>;

/** Each parameter as a view. */
export type ParameterViews = Record<ParameterName, Float32Array>;

/** What one decode selected; the first `rows * count` entries of each array are in use. */
export interface BranchViews {
  /** Entries of a document in this step. */
  count: number;
  indices: Int32Array;
  values: Float32Array;
  /** Dot products of the decode's error with each entry's direction. */
  products: Float32Array;
}

/** Arrays of a training run in the kernels' memory. */
export interface KernelViews {
  /** Sizes and addresses as the kernels read them, and the same words as numbers. */
  words: Uint32Array;
  numbers: Float32Array;
  parameters: ParameterViews;
  first: ParameterViews;
  second: ParameterViews;
  gradient: ParameterViews;
  /** Factors of the branches' gradients. */
  scales: Float64Array;
  /** Squared norm of each latent's gradients [n]. */
  norms: Float64Array;
  columns: ColumnSums;
  /** Squared error of each document with each prefix [rows, prefixes]. */
  squares: Float32Array;
  x: Float32Array;
  branches: BranchViews[];
}

/**
 * Bytes that KernelLayout takes, within the padding of its arrays: four times the parameters and sums of each latent, and for
 * a batch of `rows` five matrices, one more for each of the `prefixes` but the last, and seven words for each of a document's `entries`.
 */
export function layoutBytes({
  n,
  d,
  rows,
  entries,
  prefixes = 0,
}: {
  n: number;
  d: number;
  rows: number;
  entries: number;
  prefixes?: number;
}): number {
  const perLatent = 4 * (2 * d + 1) + 4 + TALLIES + d / LATENTS;
  return (
    HEAP +
    4 *
      (n * perLatent +
        26 * d +
        rows * ((5 + Math.max(0, prefixes - 1)) * d + prefixes + 7 * entries))
  );
}

/** Where everything lies in memory, with room for batches up to a size; views are made when it grows, and kept. */
export class KernelLayout {
  views: KernelViews;
  readonly at: Record<string, number> = Object.create(null) as Record<string, number>;
  private readonly most: number[];
  private readonly prefixes: readonly number[];
  private readonly batchTop: number;
  private next = HEAP;
  private rows = 0;
  /** Numbers from one prefix's sums to the next. */
  private sums = 0;

  constructor(
    private readonly pool: KernelPool,
    private readonly n: number,
    private readonly d: number,
    settings: TrainerSettings,
  ) {
    const { k, auxk, multikCoef } = settings;
    const { prefixes = settings.batchTopK ? [n] : [] } = settings;
    this.prefixes = prefixes;
    const wide = multikCoef === 0 ? [] : [Math.min(4 * k, n)];
    this.most = [roomOf(settings, n), Math.min(auxk, n), ...wide];
    for (const suffix of ["", ".first", ".second", ".gradient"]) {
      for (const name of ["encoder", "decoder"]) this.allot(name + suffix, n * d);
      this.allot(`preBias${suffix}`, d);
      this.allot(`latentBias${suffix}`, n);
    }
    this.allot("starts", n + 4);
    this.allot("norms", 2 * n);
    this.allot("columns", 2 * COLUMN_SUMS.length * 8 * Math.ceil(d / 8));
    this.allot("ends", prefixes.length);
    this.allot("bases", prefixes.length > 0 ? n : 0);
    this.allot("tallies", TALLIES * tallyRow(n));
    // Eight columns of the last row may be read past its end.
    this.allot("partial", Math.ceil(n / LATENTS) * d + 8);
    this.batchTop = this.next;
    this.views = this.makeRoom(1);
  }

  /** Makes room for a batch; the parameters stay where they are. */
  fit(rows: number): void {
    if (rows > this.rows) this.views = this.makeRoom(rows);
  }

  private makeRoom(rows: number): KernelViews {
    this.rows = rows;
    this.next = this.batchTop;
    const size = rows * this.d;
    for (const name of ["x", "centered", "error", "rest", "wide"]) this.allot(name, size);
    // One after the other: the kernels step from each to the next.
    this.sums = Math.ceil(size / 16) * 16;
    this.allot("sums", this.sums * Math.max(0, this.prefixes.length - 1));
    this.allot("squares", rows * this.prefixes.length);
    for (const [which, most] of this.most.entries()) {
      for (const name of ["indices", "values", "products"]) {
        this.allot(`${which}.${name}`, rows * most);
      }
    }
    this.allot("entries", 4 * rows * this.most.reduce((sum, most) => sum + most, 0));
    this.pool.reserve(this.next);
    const views = this.makeViews();
    this.configure(views.words);
    this.placeBases();
    return views;
  }

  private makeViews(): KernelViews {
    const { at, most, n, d, rows } = this;
    const { buffer } = this.pool.memory;
    const floats = (name: string, count: number): Float32Array =>
      new Float32Array(buffer, this.at[name], count);
    const parameters = (suffix: string): ParameterViews => ({
      encoder: floats(`encoder${suffix}`, n * d),
      decoder: floats(`decoder${suffix}`, n * d),
      preBias: floats(`preBias${suffix}`, d),
      latentBias: floats(`latentBias${suffix}`, n),
    });
    return {
      words: new Uint32Array(buffer, CONFIG, 56),
      numbers: new Float32Array(buffer, CONFIG, 56),
      parameters: parameters(""),
      first: parameters(".first"),
      second: parameters(".second"),
      gradient: parameters(".gradient"),
      scales: new Float64Array(buffer, CONFIG + 192, 3),
      norms: new Float64Array(buffer, at.norms, n),
      columns: this.columnSums(),
      squares: floats("squares", rows * this.prefixes.length),
      x: floats("x", rows * d),
      branches: most.map((count, which) => ({
        count,
        indices: new Int32Array(buffer, at[`${which}.indices`], rows * count),
        values: floats(`${which}.values`, rows * count),
        products: floats(`${which}.products`, rows * count),
      })),
    };
  }

  private columnSums(): ColumnSums {
    const { buffer } = this.pool.memory;
    const row = 8 * Math.ceil(this.d / 8);
    const entries = COLUMN_SUMS.map((name, i) => [
      name,
      new Float64Array(buffer, this.at.columns + 8 * i * row, this.d),
    ]);
    return Object.fromEntries(entries) as ColumnSums;
  }

  /** Addresses of the sums of errors that the latents' gradients go by [n]; none without prefixes. */
  private placeBases(): void {
    const { prefixes, at, sums, n } = this;
    if (prefixes.length === 0) return;
    const bases = new Uint32Array(this.pool.memory.buffer, at.bases, n).fill(at.error);
    for (let p = prefixes.length - 2; p >= 0; p--) {
      bases.fill(at.sums + 4 * p * sums, 0, prefixes[p]);
    }
  }

  /** All words but those that change with each step: rows, entries of a document, Adam's numbers. */
  private configure(words: Uint32Array): void {
    const { at } = this;
    words.set([this.d, at.encoder, at.decoder, at.x], 0);
    words.set([at.centered, at.error, at.rest, at.wide, at.preBias], 4);
    for (const which of this.most.keys()) {
      const names = ["indices", "values", "products"];
      words.set(
        names.map((name) => this.at[`${which}.${name}`]),
        11 + 4 * which,
      );
    }
    const gradients = [at["encoder.gradient"], at["decoder.gradient"]];
    words.set([at.starts, ...gradients, at.entries, at["latentBias.gradient"], at.norms], 22);
    const moments = ["encoder.first", "encoder.second", "decoder.first", "decoder.second"];
    words.set(
      moments.map((name) => this.at[name]),
      32,
    );
    words.set([this.n, at.columns, at.partial], 37);
    words.set([this.prefixes.length, at.ends, at.sums, 4 * this.sums, at.squares], 40);
    words[47] = at.tallies;
    words[54] = at.bases;
    new Uint32Array(words.buffer, at.ends, this.prefixes.length).set(this.prefixes);
  }

  private allot(name: string, words: number): void {
    this.at[name] = this.next;
    this.next += Math.ceil((words * 4) / 64) * 64;
  }
}
