import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { totalmem } from "node:os";
import path from "node:path";
import { getHeapStatistics } from "node:v8";
import type { Codes } from "../../core/codes.js";
import { ArgumentError, FormatError } from "../../core/errors.js";
import { browserAdvice, browserChoices } from "../../figures/render/browser.js";
import { ATLAS_FILES, SOURCE_FOLDER } from "../files/files.js";
import { freeSpace } from "../../files/make-folder.js";
import { MOST_DOCUMENTS } from "./map-steps.js";
import { batchFor } from "../../sae/train/budget.js";
import { requireTrainable } from "../../sae/train/train-options.js";
import type { AtlasOptions } from "../options.js";

/** What decides how much the steps of a build take. */
export interface BuildSize {
  /** Documents, the width of their embeddings, and their characters in all. */
  N: number;
  d: number;
  characters: number;
  /** Latents, and those that a document keeps. */
  n: number;
  k: number;
  /** Whether the corpus is still to be embedded. */
  isEmbedded: boolean;
  /** Where the latents come from: an SAE that is trained or given, or codes alone. */
  latents: "trained" | "given" | "codes";
  /** SAEs of other seeds that are trained; undefined where stability is not measured. */
  seeds?: number;
  /** Documents in which families are found. Default all. */
  sample?: number;
  /** Whether the documents get a map of their own. */
  documentMap?: boolean;
  /** Whether figures are drawn of the atlas. */
  figures?: boolean;
}

/** In bytes; `array` is the most values of one typed array, `text` the most characters of one string. */
export interface SizeLimits {
  memory: number;
  /** JavaScript's heap, a part of the memory. */
  heap: number;
  disk: number;
  array: number;
  text: number;
}

/** What a step takes at its peak, with all that the build keeps till then, and which options make it less. */
export interface StepSize {
  step: string;
  of: keyof SizeLimits;
  takes: number;
  lower: string;
}

/** Node with ONNX Runtime. */
const PROCESS = 1.5e8;
// Bytes per latent, measured over builds of up to 131,072; docs/benchmarks.md, "A large SAE".
const CATALOG_HEAP = 9000;
const CATALOG_DISK = 6000;
const FOREST_TEXT = 350;
/** A browser draws two figures at once: its memory without points and per latent, beside the catalog's; and the files'. */
const BROWSER = 8.5e8;
const BROWSER_LATENT = 12_000;
const FIGURES_DISK = 4e6;
const FIGURES_DISK_LATENT = 240;
/** Embeddings wait as base64 until all are there. */
const EMBEDDED_DISK = 4 * (1 + 4 / 3);
/** Share of the pairs of independent latents that surely meet: 0.36 do in the sample, 0.98 in random codes. */
const SURE_PAIRS = 0.3;

const SOURCES: Readonly<Record<BuildSize["latents"], string>> = {
  trained: "n (--n)",
  given: "the latents of the SAE (--sae)",
  codes: "the latents of the codes (--codes)",
};

/**
 * What the steps of a build take, estimated from its sizes. `pairs` is the share of latents that meet, of those that would
 * if they were independent.
 */
export function planSizes(size: BuildSize, pairs = 1): StepSize[] {
  const { N, d, characters, n, k, isEmbedded, latents, seeds, documentMap, figures } = size;
  const counted = Math.min(N, size.sample ?? N);
  const met = (pairs * n * n * -Math.expm1((-counted * k * (k - 1)) / (n * n))) / 2;
  const weights = latents === "codes" ? 0 : 8 * n * d;
  const [codes, sampled] = [8 * N * k, 8 * counted * k];
  const kept = PROCESS + weights + 2 * codes;
  const coactivation = kept + 12 * met;
  // As profileNeighbours decides, where all latents meet equally many.
  const isDense = n <= 2048 || (n <= 16_384 && 16 * met > n * n);
  const map = isDense ? 8 * n * n : 16 * met;
  // The embeddings, their rows at unit length, and each one's neighbours in both directions.
  const placed = documentMap === true ? coactivation + 8 * N * d + 400 * N : 0;
  const drawn = figures ? coactivation + CATALOG_HEAP * n + BROWSER + BROWSER_LATENT * n : 0;
  const fewer = SOURCES[latents];
  const both = latents === "codes" ? fewer : `${fewer} or k (--k)`;
  const steps: [step: string, of: keyof SizeLimits, takes: number, lower: string][] = [
    ["train", "memory", latents === "trained" ? PROCESS + 4 * N * d + 6 * weights : 0, fewer],
    ["encode", "memory", PROCESS + 2 * weights + codes, both],
    ["encode", "array", N * k, both],
    ["labels", "memory", kept + characters, both],
    ["stability", "memory", seeds === undefined ? 0 : coactivation + 12 * met + 4 * sampled, both],
    ["families", "memory", coactivation + 2 * sampled, both],
    ["families", "text", FOREST_TEXT * n, fewer],
    ["map", "memory", coactivation + map, both],
    ["map", "array", 2 * met, both],
    ["catalog", "memory", coactivation + CATALOG_HEAP * n, both],
    ["catalog", "heap", CATALOG_HEAP * n + characters, fewer],
  ];
  const written = {
    embed: isEmbedded ? EMBEDDED_DISK * N * d : 0,
    train: latents === "trained" ? 4 * weights : 0,
    encode: codes,
    stability: (seeds ?? 0) * weights,
    catalog: CATALOG_DISK * n,
    figures: figures ? FIGURES_DISK + FIGURES_DISK_LATENT * n : 0,
  };
  const all = Object.values(written).reduce((sum, bytes) => sum + bytes, 0);
  return [
    {
      ...{ step: "document-map", of: "memory", takes: placed },
      lower: "leave out the documents' map (--no-document-map)",
    },
    {
      ...{ step: "figures", of: "memory", takes: drawn },
      lower: "leave out the figures (--no-figures)",
    },
    ...Object.entries({ "all steps": all, ...written }).map(([step, takes]): StepSize => ({
      ...{ step, of: "disk", takes },
      lower: "write to a disk with more space (--out)",
    })),
    ...steps.map(([step, of, takes, lower]): StepSize => ({
      step,
      of,
      takes,
      lower: `lower ${lower}`,
    })),
  ];
}

/** The first step that takes more than there is, in words; undefined where all fit. */
export function sizeProblem(
  { N, d, n, k }: BuildSize,
  steps: readonly StepSize[],
  limits: SizeLimits,
): string | undefined {
  const over = steps.find(({ of, takes }) => takes > limits[of]);
  if (over === undefined) return undefined;
  const { step, of, takes, lower } = over;
  const what =
    step === "embed"
      ? `${N} embeddings of width ${d}`
      : `${N} documents with ${k} of ${n} latents each`;
  const [need, limit] = [takes, limits[of]].map((value) =>
    of === "array" || of === "text" ? value.toExponential(1) : formatBytes(value),
  );
  const words: Record<keyof SizeLimits, string> = {
    memory: `${need} of memory, but only ${limit} are available: ${lower}`,
    heap: `${need} of JavaScript's heap, but Node's limit is ${limit}: ${lower}, or set NODE_OPTIONS=--max-old-space-size=${Math.ceil(takes / 1e6)}`,
    disk: `${need} on disk, but only ${limit} are free: ${lower}`,
    array: `${need} values in one array, which can hold ${limit}: ${lower}`,
    text: `${need} characters in one string, which can hold ${limit}: ${lower}`,
  };
  return `${step}: ${what} take about ${words[of]}`;
}

/**
 * Throws ArgumentError, naming the step and the options that help, where steps of these sizes surely take more than there is;
 * warns where they may. To be called before the first costly step. `only` names the steps that `command` has. Default all.
 */
export async function requireSizes(
  command: string,
  size: BuildSize,
  {
    dir,
    only,
    onWarning,
  }: { dir?: string; only?: readonly string[]; onWarning?: (warning: string) => void } = {},
): Promise<void> {
  const limits = await sizeLimits(dir);
  const problem = (pairs?: number): string | undefined => {
    const steps = planSizes(size, pairs).filter(({ step }) => only?.includes(step) ?? true);
    return sizeProblem(size, steps, limits);
  };
  const sure = problem(SURE_PAIRS);
  if (sure !== undefined)
    throw new ArgumentError(sure.startsWith(`${command}:`) ? sure : `${command}: ${sure}`);
  const likely = problem();
  if (likely !== undefined) onWarning?.(likely);
}

/** requireSizes for a command that does one step of a build on codes. */
export function requireCodesSize(
  command: "families" | "map",
  { rows, n, k }: Codes,
): Promise<void> {
  const size = { N: rows, d: 0, characters: 0, n, k, isEmbedded: false, latents: "codes" } as const;
  return requireSizes(command, size, { only: [command] });
}

/** What a build is made from, as far as it is known before the first costly step. */
export interface BuildSource {
  documents: readonly { title: string; text: string }[];
  /** File of the embeddings or name of the embedder, and their width. */
  embeddings: string;
  d: number;
  isEmbedded: boolean;
  /** Undefined where it is to be trained. */
  sae?: { n: number; k: number; d: number };
}

/**
 * Throws as requireSizes does for a build, ArgumentError where its figures need a browser and there is none, RangeError where its
 * training does not fit, and FormatError where the SAE has another width.
 */
export async function checkBuild(
  {
    dir,
    corpus,
    training,
    stability,
    sample,
    documentMap,
    figures,
    onWarning,
  }: Omit<AtlasOptions, "embeddings">,
  { documents, embeddings, d, isEmbedded, sae }: BuildSource,
): Promise<void> {
  if (documents.length === 0) throw new FormatError(corpus, "contains no documents");
  const shape = sae ?? training;
  if (shape === undefined) return;
  if (sae !== undefined && sae.d !== d) {
    throw new FormatError(embeddings, `embeddings must be ${sae.d} wide for this SAE, got ${d}`);
  }
  // Of a whole atlas the figures may be there, and need no browser then.
  if (
    figures &&
    !existsSync(path.join(dir, ATLAS_FILES.catalogJsonl)) &&
    browserChoices().length === 0
  )
    throw new ArgumentError(
      `build: figures need a browser: ${browserAdvice()}, or leave out the figures (--no-figures)`,
    );
  const { n, k } = shape;
  const N = documents.length;
  if (sae === undefined) {
    const batch = Math.min(N, training?.batch ?? batchFor(N));
    requireTrainable({ n, d, batch, k, auxk: Math.min(n, 2 * k) });
  }
  const characters = documents.reduce(
    (sum, { title, text }) => sum + title.length + text.length,
    0,
  );
  const seeds = stability === undefined ? undefined : (stability.seeds ?? 0);
  const latents = sae === undefined ? "trained" : "given";
  const size: BuildSize = {
    N,
    d,
    characters,
    n,
    k,
    isEmbedded,
    latents,
    seeds,
    sample,
    documentMap: documentMap ?? N <= MOST_DOCUMENTS,
    figures,
  };
  await requireSizes("build", size, { dir, onWarning });
}

/** What there is for what writes into `dir`, if it does. What cannot be found out is no limit. */
async function sizeLimits(dir?: string): Promise<SizeLimits> {
  return {
    memory: Math.min(totalmem(), process.constrainedMemory() || Infinity),
    heap: getHeapStatistics().heap_size_limit,
    disk: dir === undefined ? Infinity : await diskFor(path.resolve(dir)),
    array: 2 ** 32 - 1,
    text: 2 ** 29 - 24,
  };
}

/** What is free, and what an earlier call left there, which is kept or written anew. */
async function diskFor(dir: string): Promise<number> {
  const [free, ...left] = [freeSpace(dir), bytesIn(dir), bytesIn(path.join(dir, SOURCE_FOLDER))];
  return (await free) + (await Promise.all(left)).reduce((sum, bytes) => sum + bytes);
}

/** Bytes of the files of a folder, those of its folders not among them. */
async function bytesIn(dir: string): Promise<number> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map(({ name }) =>
    stat(path.join(dir, name)).then(
      ({ size }) => size,
      // Another process has removed it.
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function formatBytes(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
