import { compact } from "../../core/collections.js";
import { correlation, meanOf } from "../../core/statistics.js";
import { type HistogramOptions, histogram } from "../../figures/charts/histogram.js";
import { type Line, type LinesOptions, lines } from "../../figures/charts/lines.js";
import { pointMap } from "../../figures/charts/map.js";
import { scatter } from "../../figures/charts/scatter.js";
import { formatNumber, plotlyText } from "../../figures/drawing/text.js";
import { CATEGORIES, MUTED } from "../../figures/theme/palette.js";
import { familyLatents, familyName } from "../../records/family.js";
import { maxSelfCosines } from "../../sae/measure/decoder-cosine.js";
import { dimensionMagnitudes, magnitudeDecay } from "../../sae/measure/magnitude-decay.js";
import { encoderDecoderCosine } from "../../sae/sae.js";
import { type FigureEntry, figure, inGroup } from "./entry.js";
import { PAPER_DIRECTIONS, PAPER_DIRECTIONS_LINE, PAPER_MEDIAN_DENSITIES } from "./paper.js";
import { placedLatents } from "./reading.js";
import { FAMILIES } from "./requirements.js";
import { sizesName } from "./sources.js";

/** Documents whose dimensions, and whose pre-activations, are averaged. */
const DIMENSION_DOCUMENTS = 1024;
const DECAY_DOCUMENTS = 300;
/** Ranks of the moving average of pre-activations. */
const DECAY_WINDOW = 100;

const LOG_DENSITY = "log<sub>10</sub> density";
const MAP_WORDS = { point: "latent", weight: "density", group: "family" };

/** Figures of one SAE's latents. */
export const LATENT_FIGURES: readonly FigureEntry[] = inGroup("latents", [
  figure({
    name: "latent-map",
    shows: "all latents on a map, coloured by family",
    paper: "k16map, k64map",
    requires: [],
    read: async ({ atlas }) => ({
      ...(await placedLatents(atlas)),
      groups: (await atlas.families()).map((family) => ({
        name: familyName(family),
        members: familyLatents(family),
      })),
    }),
    title: () => "Map of latents, coloured by family",
    draw: (places, options) => pointMap({ ...options, ...places, words: MAP_WORDS }),
  }),
  figure({
    name: "latent-map-density",
    shows: "all latents on a map, coloured by density",
    paper: "UMAP scatter",
    requires: [],
    read: ({ atlas }) => placedLatents(atlas),
    title: () => "Map of latents by density",
    draw: (places, options) => {
      const heat = { values: Float64Array.from(places.weights, Math.log10), title: LOG_DENSITY };
      return pointMap({ ...options, ...places, words: MAP_WORDS, heat });
    },
  }),
  figure({
    name: "density-histogram",
    shows: "in what share of the documents latents are active",
    paper: "log_feature_density",
    overlay: "beside",
    requires: [],
    read: async ({ atlas }) => ({
      name: sizesName(await atlas.sae()),
      densities: await atlas.densities(),
    }),
    title: () => "Density of latents",
    draw: ({ name, densities }, { paper, ...options }) =>
      histogram({
        ...options,
        panels: [{ series: [{ name, ...liveDensities(densities) }] }],
        ...{ x: { title: LOG_DENSITY }, binWidth: 0.1, counted: "latents" },
        hover: "%{y} latents<br>log10 density %{customdata}",
        references: paper ? PAPER_MEDIAN_DENSITIES : [],
      }),
  }),
  figure({
    name: "encoder-decoder-cosine",
    shows: "cosine of each latent's encoder and decoder directions",
    paper: "cosine_similarity_histogram_decoder_encoder",
    overlay: "beside",
    requires: [],
    read: async ({ atlas }) => {
      const sae = await atlas.sae();
      return { name: sizesName(sae), values: encoderDecoderCosine(sae) };
    },
    title: () => "Encoder and decoder directions",
    draw: (series, { paper, ...options }) =>
      histogram({
        ...options,
        panels: [{ series: [{ ...series, mark: "mean" }] }],
        x: { title: "cosine of encoder and decoder direction" },
        ...{ binWidth: 0.01, digits: 3, counted: "latents" },
        hover: "%{y} latents<br>cosine %{customdata}",
        references: paper ? PAPER_DIRECTIONS : [],
      }),
  }),
  figure({
    name: "encoder-decoder-scatter",
    shows: "that cosine by the cosine with the nearest other latent",
    paper: "cosine_similarity_encoder_decoder_scatter",
    overlay: "beside",
    requires: [],
    read: async ({ atlas }) => {
      const sae = await atlas.sae();
      const nearest = await maxSelfCosines(sae, await atlas.engine());
      return { nearest, encoderDecoder: encoderDecoderCosine(sae) };
    },
    title: () => "Directions of each latent",
    draw: ({ nearest, encoderDecoder }, { paper, ...options }) => {
      const latents = Array.from(nearest, (_, latent) => latent).filter(
        (latent) => Number.isFinite(nearest[latent]) && Number.isFinite(encoderDecoder[latent]),
      );
      const x = latents.map((latent) => nearest[latent]);
      const y = latents.map((latent) => encoderDecoder[latent]);
      return scatter({
        ...options,
        groups: [
          {
            ...{ name: "", x, y, customdata: latents },
            hover: "latent %{customdata}<br>nearest %{x}<br>encoder %{y}<extra></extra>",
          },
        ],
        lines: [
          { ...leastSquares(x, y), colour: CATEGORIES[1] },
          ...(paper ? [slopeLine(PAPER_DIRECTIONS_LINE, x)] : []),
        ],
        x: { title: "largest cosine with another decoder direction" },
        y: { title: "cosine of encoder and decoder" },
      });
    },
  }),
  figure({
    name: "kept-latents",
    shows: "density of the latents that are in families, among all",
    paper: "kept-features histogram (code)",
    requires: [FAMILIES],
    read: async ({ atlas }) => ({
      densities: await atlas.densities(),
      kept: new Set((await atlas.families()).flatMap(familyLatents)),
    }),
    title: () => "Latents kept by density",
    draw: ({ densities, kept }, options) => {
      const logs = Array.from(densities, (density) => (density > 0 ? Math.log10(density) : NaN));
      const some = logs.filter((_, latent) => kept.has(latent));
      const [total, rest] = [logs, some].map((list) => list.filter(Number.isFinite).length);
      const share = total === 0 ? 0 : Math.round((100 * rest) / total);
      return histogram({
        ...options,
        panels: [
          {
            series: [
              { name: "all", notes: [total.toLocaleString("en")], values: logs, colour: MUTED },
              {
                ...{ name: "in families", notes: [rest.toLocaleString("en"), `${share} %`] },
                ...{ values: some, colour: CATEGORIES[0] },
              },
            ],
          },
        ],
        ...{ x: { title: LOG_DENSITY }, binWidth: 0.1, counted: "latents" },
      });
    },
  }),
  figure({
    name: "magnitude-decay",
    shows: "pre-activations of a document by rank, with the k that is kept",
    paper: "latent-magnitude decay (code)",
    requires: [],
    read: async (sources) => {
      const sae = await sources.atlas.sae();
      const embeddings = await sources.sampleEmbeddings(DECAY_DOCUMENTS);
      const window = DECAY_WINDOW;
      const { magnitudes: values, smooth: whole } = magnitudeDecay(sae, embeddings, { window });
      // At both ends the window is not whole, and the average leaves the curve.
      const isEdge = (at: number): boolean => Math.min(at, values.length - 1 - at) < window / 2;
      const smooth = whole.map((value, at) => (isEdge(at) ? NaN : value));
      return { name: sizesName(sae), values, smooth, k: sae.k };
    },
    title: () => "Magnitude of latents by rank",
    draw: (ranked, options) => {
      const titles = { x: "rank of the latent in a document", y: "mean |pre-activation|" };
      return lines({ ...options, ...rankPlot(ranked, titles) });
    },
  }),
  figure({
    name: "dimension-magnitudes",
    shows: "magnitude of the embeddings' dimensions",
    paper: "embedding-dim magnitude (code)",
    requires: [],
    read: async (sources) => ({
      name: sources.atlas.name,
      values: dimensionMagnitudes(await sources.sampleEmbeddings(DIMENSION_DOCUMENTS)),
    }),
    title: () => "Magnitude of the embeddings’ dimensions",
    draw: ({ name, values }, options) => {
      const sorted = Float64Array.from(values).sort().reverse();
      const titles = { x: "rank of the dimension", y: "mean |value|" };
      return lines({ ...options, ...rankPlot({ name, values: sorted }, titles) });
    },
  }),
]);

/** Densities as a histogram's series shows them: log10 of the live latents', and how many are dead. */
export function liveDensities(
  densities: ArrayLike<number>,
): Pick<HistogramOptions["panels"][number]["series"][number], "values" | "mark" | "notes"> {
  const values = Array.from(densities)
    .filter((density) => density > 0)
    .map(Math.log10);
  const dead = densities.length - values.length;
  return { values, mark: "median", notes: dead > 0 ? [`${dead} dead`] : [] };
}

/** The least-squares line of y on x, with its slope and the correlation as its name. */
function leastSquares(x: readonly number[], y: readonly number[]): Line {
  const [px, py] = [meanOf(x), meanOf(y)];
  const xx = x.reduce((sum, value) => sum + (value - px) ** 2, 0);
  const xy = x.reduce((sum, value, i) => sum + (value - px) * (y[i] - py), 0);
  const slope = xx === 0 ? 0 : xy / xx;
  // A correlation that is not defined is written as 0.
  const r = formatNumber(correlation(x, y) || 0, 2);
  const name = `slope ${formatNumber(slope, 2)}, correlation ${r}`;
  return { ...slopeLine({ name, slope, through: [px, py] }, x), name, dash: undefined };
}

/** A line of this slope over the range of x, dashed. */
function slopeLine(
  { name, slope, through: [px, py] }: typeof PAPER_DIRECTIONS_LINE,
  x: readonly number[],
): Line {
  const ends = [Math.min(...x, px), Math.max(...x, px)];
  return {
    name: `${name}: slope ${formatNumber(slope, 2)}`,
    ...{ x: ends, y: ends.map((at) => py + slope * (at - px)), hover: "" },
    ...{ colour: CATEGORIES[6], dash: "dash" },
  };
}

/** Magnitudes by rank, with their moving average dashed and a dotted line at k. */
function rankPlot(
  ranked: { name: string; values: ArrayLike<number>; smooth?: ArrayLike<number>; k?: number },
  titles: { x: string; y: string },
): Pick<LinesOptions, "plots" | "keys"> {
  const { name, values, smooth, k } = ranked;
  const line = (list: ArrayLike<number>): Omit<Line, "name"> => ({
    ...{ x: Array.from(list, (_, rank) => rank + 1), y: list },
    ...{ colour: CATEGORIES[0], group: plotlyText(name) },
  });
  const hover = `rank %{x}<br>%{y:.4f}<extra>${plotlyText(name)}</extra>`;
  return {
    plots: [
      {
        lines: compact([
          { name, ...line(values), hover },
          smooth &&
            ({ name: "", label: "none", ...line(smooth), dash: "dash", hover: "" } as const),
        ]),
        x: { title: titles.x, grid: false, fromZero: true },
        y: { title: titles.y, fromZero: true },
        marks: k === undefined ? [] : [{ x: k, colour: CATEGORIES[0], width: 0.8 }],
      },
    ],
    keys: [
      ...(smooth ? [{ name: "moving average", dash: "dash" as const }] : []),
      ...(k === undefined ? [] : [{ name: "k", dash: "dot" as const }]),
    ],
  };
}
