import type { ChartOptions, Figure, FigureOptions } from "../../figures/figure.js";
import { type SaeHistogramsInput, drawSaeHistograms } from "../../figures/saes.js";
import { maxDecoderCosines, maxSelfCosines } from "../../sae/measure/decoder-cosine.js";
import { type FigureSources, type NamedSae, distinct, sizesName } from "./sources.js";

/** Numbers of others, to draw beside one's own: where their line for an SAE or a pair of SAEs stands. */
export interface PanelReferences {
  /** Whose numbers they are, after a panel's title; of SAEs that all have the sizes that it names. */
  title?(saes: readonly NamedSae[], sizes: readonly ("k" | "n")[]): string | undefined;
  density?(sae: NamedSae): number | undefined;
  pair?(small: NamedSae, large: NamedSae): number | undefined;
}

/** A figure of panels, but for the options of who asks for it. */
export type SaePanels = SaeHistogramsInput & Pick<ChartOptions, "defaultName" | "defaultTitle">;

type Panel = SaeHistogramsInput["panels"][number];

const COSINES = {
  xTitle: "largest cosine of decoder directions",
  binWidth: 0.02,
  mark: "mean",
  scale: "density",
} as const;

/** The figure of these panels. */
export function drawPanels(panels: SaePanels, options: FigureOptions): Figure {
  const { defaultName, defaultTitle } = panels;
  return drawSaeHistograms(panels, { defaultName, defaultTitle, ...options });
}

/** A panel for each size, a series for each corpus that has an SAE of it. */
export async function densityPanels(
  sources: FigureSources,
  references: PanelReferences,
): Promise<SaePanels> {
  const saes = await (sources.compares === "atlases" ? sources.saes() : sources.headline());
  const panels = new Map<string, Panel["series"][number][]>();
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
  return {
    defaultName: "density-panels",
    defaultTitle: "Density of the latents of several SAEs",
    panels: [...panels].map(([title, series]) => ({ title, series })),
    xTitle: "log<sub>10</sub> density",
    ...{ binWidth: 0.1, mark: "median", columns: 1 },
  };
}

/** One panel with every pair of the headline SAEs. */
export async function headlinePanels(
  sources: FigureSources,
  references: PanelReferences,
): Promise<SaePanels> {
  const saes = await sources.headline();
  const nameOf = ({ name, sae }: NamedSae): string =>
    sources.compares === "grid" ? `k ${sae.k}` : name;
  const series = await pairSeries(sources, pairsOf(saes), nameOf, references);
  const title = titled("nearest in the larger SAE", references.title?.(saes, ["k"]));
  return {
    ...COSINES,
    defaultName: "max-cosine-headline",
    defaultTitle: "Nearest latents between SAEs of growing size",
    panels: [{ title, series }],
    columns: 1,
  };
}

/** A panel for each k (or n), with every pair of SAEs that differ in the other. */
export async function variedPanels(
  sources: FigureSources,
  fixed: "k" | "n",
  references: PanelReferences,
): Promise<SaePanels> {
  const saes = await sources.saes();
  const varied = fixed === "k" ? "n" : "k";
  const nameOf = ({ sae }: NamedSae): string => `${varied} ${sae[varied].toLocaleString("en")}`;
  const panels: Panel[] = [];
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
  return {
    ...COSINES,
    defaultName: `max-cosine-by-${fixed}`,
    defaultTitle: `Nearest latents between SAEs of equal ${fixed} and different ${varied}`,
    panels,
  };
}

/** A panel per SAE, k downwards and n to the right where they are a grid. */
export async function selfPanels(sources: FigureSources): Promise<SaePanels> {
  const saes = await sources.saes();
  const ns = distinct(saes.map(({ sae }) => sae.n));
  const ks = distinct(saes.map(({ sae }) => sae.k));
  const isGrid = saes.length === ks.length * ns.length && ns.length <= 4;
  const panels: Panel[] = [];
  for (const one of saes) {
    const values = await maxSelfCosines(one.sae, await sources.atlas.engine());
    panels.push({ title: one.name, series: [{ name: "", values }] });
  }
  return {
    ...COSINES,
    defaultName: "max-cosine-self",
    defaultTitle: "Nearest other latent of the same SAE",
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
): Promise<Panel["series"]> {
  const engine = await atlas.engine();
  const series: Panel["series"][number][] = [];
  for (const [small, large] of pairs) {
    series.push({
      name: `${nameOf(small)} in ${nameOf(large)}`,
      values: await maxDecoderCosines(small.sae, large.sae, engine),
      reference: references.pair?.(small, large),
    });
  }
  return series;
}
