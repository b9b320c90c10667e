import {
  drawDensityHistogram,
  drawDimensionMagnitudes,
  drawEncoderDecoderCosine,
  drawKeptLatents,
  drawMagnitudeDecay,
} from "../../figures/latents.js";
import { drawCosineScatter } from "../../figures/latents.js";
import { drawDensityMap } from "../../figures/latent-map.js";
import { drawLatentMap } from "../../figures/latent-map.js";
import { familyLatents, familyName } from "../../records/family.js";
import { maxSelfCosines } from "../../sae/measure/decoder-cosine.js";
import { dimensionMagnitudes, magnitudeDecay } from "../../sae/measure/magnitude-decay.js";
import { encoderDecoderCosine } from "../../sae/sae.js";
import { type FigureEntry, inGroup } from "./entry.js";
import { PAPER_DIRECTIONS, PAPER_DIRECTIONS_LINE, PAPER_MEDIAN_DENSITIES } from "./paper.js";
import { placedLatents } from "./reading.js";
import { FAMILIES } from "./requirements.js";
import { sizesName } from "./sources.js";

/** Documents whose dimensions, and whose pre-activations, are averaged. */
const DIMENSION_DOCUMENTS = 1024;
const DECAY_DOCUMENTS = 300;

/** Figures of one SAE's latents. */
export const LATENT_FIGURES: readonly FigureEntry[] = inGroup("latents", [
  {
    name: "latent-map",
    shows: "all latents on a map, coloured by family",
    paper: "k16map, k64map",
    requires: [],
    draw: async ({ atlas }, options) => {
      const families = (await atlas.families()).map((family) => ({
        name: familyName(family),
        members: familyLatents(family),
      }));
      return drawLatentMap({ ...(await placedLatents(atlas)), families }, options);
    },
  },
  {
    name: "latent-map-density",
    shows: "all latents on a map, coloured by density",
    paper: "UMAP scatter",
    requires: [],
    draw: async ({ atlas }, options) => drawDensityMap(await placedLatents(atlas), options),
  },
  {
    name: "density-histogram",
    shows: "in what share of the documents latents are active",
    paper: "log_feature_density",
    overlay: "beside",
    requires: [],
    draw: async ({ atlas }, { paper, ...options }) => {
      const series = { name: sizesName(await atlas.sae()), densities: await atlas.densities() };
      return drawDensityHistogram(
        [series],
        paper ? { ...options, references: PAPER_MEDIAN_DENSITIES } : options,
      );
    },
  },
  {
    name: "encoder-decoder-cosine",
    shows: "cosine of each latent's encoder and decoder directions",
    paper: "cosine_similarity_histogram_decoder_encoder",
    overlay: "beside",
    requires: [],
    draw: async ({ atlas }, { paper, ...options }) => {
      const sae = await atlas.sae();
      return drawEncoderDecoderCosine(
        [{ name: sizesName(sae), cosines: encoderDecoderCosine(sae) }],
        paper ? { ...options, references: PAPER_DIRECTIONS } : options,
      );
    },
  },
  {
    name: "encoder-decoder-scatter",
    shows: "that cosine by the cosine with the nearest other latent",
    paper: "cosine_similarity_encoder_decoder_scatter",
    overlay: "beside",
    requires: [],
    draw: async ({ atlas }, { paper, ...options }) => {
      const sae = await atlas.sae();
      const nearest = await maxSelfCosines(sae, await atlas.engine());
      return drawCosineScatter(
        { nearest, encoderDecoder: encoderDecoderCosine(sae) },
        paper ? { ...options, reference: PAPER_DIRECTIONS_LINE } : options,
      );
    },
  },
  {
    name: "kept-latents",
    shows: "density of the latents that are in families, among all",
    paper: "kept-features histogram (code)",
    requires: [FAMILIES],
    draw: async ({ atlas }, options) => {
      const inFamilies = new Set((await atlas.families()).flatMap(familyLatents));
      const values = await atlas.densities();
      const kept = Array.from(values, (_, latent) => inFamilies.has(latent));
      return drawKeptLatents({ values, kept }, options);
    },
  },
  {
    name: "magnitude-decay",
    shows: "pre-activations of a document by rank, with the k that is kept",
    paper: "latent-magnitude decay (code)",
    requires: [],
    draw: async (sources, options) => {
      const sae = await sources.atlas.sae();
      const embeddings = await sources.sampleEmbeddings(DECAY_DOCUMENTS);
      const { magnitudes, smooth } = magnitudeDecay(sae, embeddings);
      const series = { name: sizesName(sae), values: magnitudes, smooth, mark: sae.k };
      return drawMagnitudeDecay([series], options);
    },
  },
  {
    name: "dimension-magnitudes",
    shows: "magnitude of the embeddings' dimensions",
    paper: "embedding-dim magnitude (code)",
    requires: [],
    draw: async (sources, options) => {
      const values = dimensionMagnitudes(await sources.sampleEmbeddings(DIMENSION_DOCUMENTS));
      return drawDimensionMagnitudes([{ name: sources.atlas.name, values }], options);
    },
  },
]);
