import type {
  HistogramPanel,
  HistogramPanelsInput,
} from "../../figures/charts/histogram-panels.js";
import { maxDecoderCosines, maxSelfCosines } from "../../sae/measure/decoder-cosine.js";
import { type FigureSources, type NamedSae, distinct, sizesName } from "./sources.js";

/** Numbers of others, to draw beside one's own: where their line for an SAE or a pair of SAEs stands. */
export interface PanelReferences {
  /** Whose numbers they are, after a panel's title; of SAEs that all have the sizes that it names. */
  title?(saes: readonly NamedSae[], sizes: readonly ("k" | "n")[]): string | undefined;
  density?(sae: NamedSae): number | undefined;
  pair?(small: NamedSae, large: NamedSae): number | undefined;
}

type PanelsFigure = Omit<HistogramPanelsInput, "panels">;

const COSINES = {
  xTitle: "largest cosine of decoder directions",
  binWidth: 0.02,
  mark: "mean",
  scale: "density",
} as const;

/** What all density figures have in common. */
export const densityFigure: PanelsFigure = {
  name: "density-panels",
  title: "Density of the latents of several SAEs",
  xTitle: "log<sub>10</sub> density",
  binWidth: 0.1,
  mark: "median",
  columns: 1,
};

/** What all figures of the headline SAEs' cosines have in common. */
export const headlineFigure: PanelsFigure = {
  ...COSINES,
  name: "max-cosine-headline",
  title: "Nearest latents between SAEs that grow",
  columns: 1,
};

/** What the figures of pairs with equal k, or equal n, have in common. */
export function variedFigure(fixed: "k" | "n"): PanelsFigure {
  const other = fixed === "k" ? "n" : "k";
  return {
    ...COSINES,
    name: `max-cosine-by-${fixed}`,
    title: `Nearest latents between SAEs of equal ${fixed} and other ${other}`,
  };
}

/** A panel for each size, a series for each corpus that has an SAE of it. */
export async function densityPanels(
  sources: FigureSources,
  references: PanelReferences = {},
): Promise<HistogramPanel[]> {
  const saes = await (sources.compares === "atlases" ? sources.saes() : sources.headline());
  const panels = new Map<string, HistogramPanel["series"][number][]>();
  const titleOf = (one: NamedSae): string =>
    titled(
      sources.compares === "files" ? one.name : sizesName(one.sae),
      references.title?.([one], ["k", "n"]),
    );
  const isOneCorpus = new Set(saes.map(({ corpus }) => corpus)).size === 1;
  for (const one of saes) {
    const title = titleOf(one);
    const densities = await one.densities();
    const logs = densities.filter((density) => density > 0).map(Math.log10);
    const dead = densities.length - logs.length;
    const name = [isOneCorpus ? "" : one.corpus, dead > 0 ? `${dead} dead` : ""];
    const series = panels.get(title) ?? [];
    series.push({
      name: name.filter((part) => part !== "").join(", "),
      values: logs,
      reference: references.density?.(one),
    });
    panels.set(title, series);
  }
  return [...panels].map(([title, series]) => ({ title, series }));
}

/** One panel with every pair of the headline SAEs. */
export async function headlinePanels(
  sources: FigureSources,
  references: PanelReferences = {},
): Promise<HistogramPanel[]> {
  const saes = await sources.headline();
  const nameOf = ({ name, sae }: NamedSae): string =>
    sources.compares === "grid" ? `k ${sae.k}` : name;
  const series = await pairSeries(sources, pairsOf(saes), nameOf, references);
  return [{ title: titled("nearest in the larger SAE", references.title?.(saes, ["k"])), series }];
}

/** A panel for each k (or n), with every pair of SAEs that differ in the other. */
export async function variedPanels(
  sources: FigureSources,
  fixed: "k" | "n",
  references: PanelReferences = {},
): Promise<HistogramPanel[]> {
  const saes = await sources.saes();
  const varied = fixed === "k" ? "n" : "k";
  const nameOf = ({ sae }: NamedSae): string => `${varied} ${sae[varied].toLocaleString("en")}`;
  const panels: HistogramPanel[] = [];
  for (const value of distinct(saes.map(({ sae }) => sae[fixed]))) {
    const members = oneOfEach(
      saes.filter(({ sae }) => sae[fixed] === value),
      varied,
    );
    if (members.length < 2) continue;
    const series = await pairSeries(sources, pairsOf(members), nameOf, references);
    const title = `${fixed} ${value.toLocaleString("en")}`;
    panels.push({ title: titled(title, references.title?.(members, [fixed])), series });
  }
  return panels;
}

/** A panel an SAE, k downwards and n to the right where they are a grid. */
export async function selfPanels(sources: FigureSources): Promise<HistogramPanelsInput> {
  const saes = await sources.saes();
  const ns = distinct(saes.map(({ sae }) => sae.n));
  const ks = distinct(saes.map(({ sae }) => sae.k));
  const isGrid = saes.length === ks.length * ns.length && ns.length <= 4;
  const panels: HistogramPanel[] = [];
  for (const one of saes) {
    const values = await maxSelfCosines(one.sae, await sources.atlas.engine());
    panels.push({ title: one.name, series: [{ name: "", values }] });
  }
  return {
    ...COSINES,
    name: "max-cosine-self",
    title: "Nearest other latent of the same SAE",
    scale: "count",
    panels,
    ...(isGrid ? { columns: ns.length } : {}),
  };
}

function titled(title: string, whose: string | undefined): string {
  return whose === undefined ? title : `${title} (${whose})`;
}

function pairsOf(saes: readonly NamedSae[]): [NamedSae, NamedSae][] {
  return saes.flatMap((small, at) =>
    saes.slice(at + 1).map((large): [NamedSae, NamedSae] => [small, large]),
  );
}

/** The first SAE of each k or n, ascending. */
function oneOfEach(saes: readonly NamedSae[], size: "k" | "n"): NamedSae[] {
  return distinct(saes.map(({ sae }) => sae[size])).flatMap(
    (value) => saes.find(({ sae }) => sae[size] === value) ?? [],
  );
}

async function pairSeries(
  { atlas }: FigureSources,
  pairs: readonly [NamedSae, NamedSae][],
  nameOf: (sae: NamedSae) => string,
  references: PanelReferences,
): Promise<HistogramPanel["series"]> {
  const engine = await atlas.engine();
  const series: HistogramPanel["series"][number][] = [];
  for (const [small, large] of pairs) {
    series.push({
      name: `${nameOf(small)} in ${nameOf(large)}`,
      values: await maxDecoderCosines(small.sae, large.sae, engine),
      reference: references.pair?.(small, large),
    });
  }
  return series;
}
