import {
  type HistogramOptions,
  type HistogramPanel,
  type HistogramSeries,
  histogram,
} from "../../figures/charts/histogram.js";
import type { Figure } from "../../figures/figure.js";
import { maxDecoderCosines, maxSelfCosines } from "../../sae/measure/decoder-cosine.js";
import { type UngroupedFigure, figure } from "./entry.js";
import { liveDensities } from "./latents.js";
import { type PaperPanels, paperPanels } from "./paper-partners.js";
import { SEVERAL_SAES, severalOf } from "./requirements.js";
import { type FigureSources, type NamedSae, distinct, sizesName } from "./sources.js";

/** Histograms of several SAEs in small panels with one axis. */
export const PANEL_FIGURES: readonly UngroupedFigure[] = [
  figure({
    name: "density-panels",
    shows: "density of the latents of several SAEs, one above the other",
    paper: "log_feature_density, log_feature_density_combined",
    overlay: "beside",
    requires: [SEVERAL_SAES],
    read: async (sources, { paper }) => {
      const theirs = paperPanels(paper ? await sources.headline() : []);
      return { panels: await densityPanels(sources, theirs) };
    },
    title: () => "Density of the latents of several SAEs",
    draw: ({ panels }, options) =>
      panelHistogram({
        ...{ ...options, panels, columns: 1, binWidth: 0.1 },
        x: { title: "log<sub>10</sub> density" },
      }),
  }),
  figure({
    name: "max-cosine-headline",
    shows: "how alike the latents of SAEs are whose k and n grow together",
    paper: "multiple_cosine_sim_histograms",
    overlay: "beside",
    requires: [SEVERAL_SAES],
    read: async (sources, { paper }) => {
      const saes = await sources.headline();
      const theirs = paperPanels(paper ? saes : []);
      const nameOf = ({ name, sae }: NamedSae): string =>
        sources.compares === "grid" ? `k ${sae.k}` : name;
      const series = await pairSeries(sources, saes, nameOf, theirs);
      const title = titled("nearest in the larger SAE", theirs.title(saes, ["k"]));
      return { panels: [{ title, series }] };
    },
    title: () => "Nearest latents between SAEs of growing size",
    draw: ({ panels }, options) => cosineHistogram({ ...options, panels, columns: 1 }),
  }),
  ...(["k", "n"] as const).map((fixed) => {
    const varied = fixed === "k" ? "n" : "k";
    return figure({
      name: `max-cosine-by-${fixed}`,
      shows: `how alike the latents of SAEs of different ${varied} are, a panel per ${fixed}`,
      paper: `combined_multiple_cosine_sim_histograms_${fixed}`,
      overlay: "beside",
      requires: [severalOf(varied)],
      read: async (sources, { paper }) => {
        const saes = await sources.saes();
        const theirs = paperPanels(paper ? saes : []);
        const nameOf = ({ sae }: NamedSae): string =>
          `${varied} ${sae[varied].toLocaleString("en")}`;
        const panels: HistogramPanel[] = [];
        for (const value of distinct(saes.map(({ sae }) => sae[fixed]))) {
          const equal = saes.filter(({ sae }) => sae[fixed] === value);
          // The first SAE of each size.
          const members = distinct(equal.map(({ sae }) => sae[varied])).flatMap(
            (size) => equal.find(({ sae }) => sae[varied] === size) ?? [],
          );
          if (members.length < 2) continue;
          const series = await pairSeries(sources, members, nameOf, theirs);
          const title = `${fixed} ${value.toLocaleString("en")}`;
          panels.push({ title: titled(title, theirs.title(members, [fixed])), series });
        }
        return { panels };
      },
      title: () => `Nearest latents between SAEs of equal ${fixed} and different ${varied}`,
      draw: ({ panels }, options) => cosineHistogram({ ...options, panels }),
    });
  }),
  figure({
    name: "max-cosine-self",
    shows: "how alike the latents of each SAE are to one another, k by n",
    paper: "max_cosine_similarity_histograms_self",
    requires: [SEVERAL_SAES],
    read: async (sources) => {
      const saes = await sources.saes();
      const [ns, ks] = (["n", "k"] as const).map((size) =>
        distinct(saes.map(({ sae }) => sae[size])),
      );
      const isGrid = saes.length === ks.length * ns.length && ns.length <= 4;
      const panels: HistogramPanel[] = [];
      for (const { name, sae } of saes) {
        const values = await maxSelfCosines(sae, await sources.atlas.engine());
        panels.push({ title: name, series: [{ name: "", values, mark: "mean" }] });
      }
      return { panels, columns: isGrid ? ns.length : undefined };
    },
    title: () => "Nearest other latent of the same SAE",
    draw: (parts, options) => cosineHistogram({ ...options, ...parts, scale: "count" }),
  }),
];

function panelHistogram(options: Omit<HistogramOptions, "y">): Figure {
  const y = { title: options.scale === "density" ? "share per unit" : "latents", fromZero: true };
  return histogram({
    counted: "latents",
    ...options,
    y,
    hover: "%{y:.3~g}<br>%{customdata}",
  });
}

function cosineHistogram(options: Omit<HistogramOptions, "x" | "y">): Figure {
  const x = { title: "largest cosine of decoder directions" };
  return panelHistogram({ scale: "density", ...options, x, binWidth: 0.02 });
}

/** A panel for each size, a series for each corpus that has an SAE of it. */
async function densityPanels(
  sources: FigureSources,
  theirs: PaperPanels,
): Promise<HistogramPanel[]> {
  const saes = await (sources.compares === "atlases" ? sources.saes() : sources.headline());
  const panels = new Map<string, HistogramSeries[]>();
  const isOneCorpus = new Set(saes.map(({ corpus }) => corpus)).size === 1;
  for (const one of saes) {
    const own = sources.compares === "files" ? one.name : sizesName(one.sae);
    const title = titled(own, theirs.title([one], ["k", "n"]));
    const series = panels.get(title) ?? [];
    series.push({
      name: isOneCorpus ? "" : one.corpus,
      ...liveDensities(await one.densities()),
      reference: theirs.density(one),
    });
    panels.set(title, series);
  }
  return [...panels].map(([title, series]) => ({ title, series }));
}

function titled(title: string, whose: string | undefined): string {
  return whose === undefined ? title : `${title} (${whose})`;
}

/** A series for every pair of SAEs, the smaller one first. */
async function pairSeries(
  { atlas }: FigureSources,
  saes: readonly NamedSae[],
  nameOf: (sae: NamedSae) => string,
  theirs: PaperPanels,
): Promise<HistogramSeries[]> {
  const engine = await atlas.engine();
  const series: HistogramSeries[] = [];
  for (const [at, small] of saes.entries()) {
    for (const large of saes.slice(at + 1)) {
      series.push({
        name: `${nameOf(small)} in ${nameOf(large)}`,
        values: await maxDecoderCosines(small.sae, large.sae, engine),
        mark: "mean",
        reference: theirs.pair(small, large),
      });
    }
  }
  return series;
}
