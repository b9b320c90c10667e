import { latentDensities } from "../../core/codes.js";
import { familyLatents } from "../../families/extract/family-overlap.js";
import { familyDocuments } from "../../families/extract/family-documents.js";
import { familyEdges } from "../../families/extract/family-edges.js";
import { memberCoherence } from "../../taxonomy/member-coherence.js";
import { familyStatistics } from "../../families/statistics/family-statistics.js";
import { drawFamilyComponents } from "../../figures/charts/family-components.js";
import {
  type FamilyDocumentsKind,
  drawFamilyDocuments,
} from "../../figures/charts/family-documents.js";
import { drawFamilyGraph } from "../../figures/charts/family-graph.js";
import { drawFamilyStability } from "../../figures/charts/family-stability.js";
import type { Figure } from "../../figures/figure.js";
import { drawFiringRatio } from "../../figures/firing-ratio.js";
import { drawKeptLatents } from "../../figures/charts/kept-latents.js";
import { chooseRadarFamilies, drawRadarCharts } from "../../figures/charts/radar-charts.js";
import { countByPass, drawSubtreesPerPass } from "../../figures/charts/subtrees-per-pass.js";
import { takeRows } from "../../core/matrix.js";
import { principalComponents } from "../../projection/principal-components.js";
import { labeller, shownFamily } from "./atlas-entries.js";
import type { AtlasFigureOptions, FigureEntry, Undrawn } from "./entry.js";
import { FAMILIES, STABILITY, TAXONOMY } from "./requirements.js";
import { type FigureSources, evenRows, sizesName } from "./sources.js";

/** Documents of a family that its principal components go by, the most active ones. */
const COMPONENT_DOCUMENTS = 400;

/** Figures of an atlas's families, beyond those that a build draws. */
export const FAMILY_ENTRIES: readonly FigureEntry[] = [
  {
    name: "family-graph",
    group: "families",
    shows: "one family as a network",
    paper: "gradient, periodicity, lbv",
    requires: [FAMILIES],
    draw: drawGraph,
  },
  ...(
    [
      ["overlap", "set-overlap", "shared strongest documents of a family's latents"],
      ["ranks", "rank", "ranks of a family's documents for each of its latents"],
      ["activations", "activation", "activations of a family's latents in its documents"],
    ] as const
  ).map(([kind, paper, shows]): FigureEntry => ({
    name: `family-${kind}`,
    group: "families",
    shows,
    paper: `${paper} heatmap (code)`,
    requires: [FAMILIES],
    draw: (sources, options) => drawDocuments(kind, sources, options),
  })),
  {
    name: "family-components",
    group: "families",
    shows: "principal components of one family's documents",
    paper: "pca",
    requires: [FAMILIES],
    draw: drawComponents,
  },
  {
    name: "radar-charts",
    group: "families",
    shows: "how well members of two good and two bad families fit",
    paper: "radar_charts",
    requires: [FAMILIES, TAXONOMY],
    draw: drawRadars,
  },
  {
    name: "firing-ratio",
    group: "families",
    shows: "co-activation of parents and members over that among members",
    paper: "firing-ratio histogram (code)",
    requires: [FAMILIES],
    draw: drawRatios,
  },
  {
    name: "kept-latents",
    group: "families",
    shows: "density of the latents that are in families, among all",
    paper: "kept-features histogram (code)",
    requires: [FAMILIES],
    draw: drawKept,
  },
  {
    name: "subtrees-per-pass",
    group: "families",
    shows: "families found in each pass",
    paper: "subtrees per iteration (code)",
    requires: [FAMILIES],
    draw: drawPasses,
  },
  {
    name: "family-stability",
    group: "families",
    shows: "how well families come again over resamples and seeds",
    requires: [STABILITY],
    draw: drawStability,
  },
];

async function drawGraph({ atlas }: FigureSources, options: AtlasFigureOptions): Promise<Figure> {
  const { family, latents, labels } = await shownFamily(atlas, options);
  const place = new Map(latents.map((latent, at) => [latent, at]));
  const densities = latentDensities(await atlas.codes(), await atlas.counting());
  const edges = familyEdges(await atlas.coactivation(), family).map((edge) => ({
    ...edge,
    from: place.get(edge.from) ?? 0,
    to: place.get(edge.to) ?? 0,
  }));
  const nodes = latents.map((latent, at) => ({ label: labels[at], density: densities[latent] }));
  return drawFamilyGraph({ name: family.name, nodes, edges }, options);
}

async function drawDocuments(
  kind: FamilyDocumentsKind,
  { atlas }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const { family, latents, labels } = await shownFamily(atlas, options);
  const shared = familyDocuments(latents, await atlas.postings());
  const documents = await atlas.documents();
  return drawFamilyDocuments(
    {
      name: family.name,
      kind,
      values: shared[kind],
      labels,
      ...(kind === "overlap"
        ? {}
        : { titles: Array.from(shared.documents, (row) => documents[row].title) }),
    },
    { ...options, name: `family-${kind}` },
  );
}

async function drawComponents(
  { atlas }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const { family, latents, labels } = await shownFamily(atlas, options);
  const count = COMPONENT_DOCUMENTS;
  const { documents, activations } = familyDocuments(latents, await atlas.postings(), { count });
  const strongest = Array.from(documents, (_, column) => {
    const values = latents.map((_latent, row) => activations.data[row * documents.length + column]);
    return values.indexOf(Math.max(...values));
  });
  const sizes = latents.map((_, row) => strongest.filter((one) => one === row).length);
  const order = latents.map((_, row) => row).sort((a, b) => sizes[b] - sizes[a] || a - b);
  const embeddings = await atlas.embeddings();
  const own = principalComponents(takeRows(embeddings, documents));
  const even = evenRows(embeddings.rows, documents.length);
  const { cols, data } = own.scores;
  return drawFamilyComponents(
    {
      name: family.name,
      explained: own.explained,
      randomExplained: principalComponents(takeRows(embeddings, even)).explained,
      x: strongest.map((_, row) => data[row * cols]),
      y: strongest.map((_, row) => data[row * cols + 1]),
      group: strongest.map((row) => order.indexOf(row)),
      groups: order.map((row) => labels[row]),
    },
    options,
  );
}

async function drawRadars(
  { atlas }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure | Undrawn> {
  const index = await atlas.classIndex();
  if (!index) return { reason: TAXONOMY.needs };
  const [postings, label] = [await atlas.postings(), await labeller(atlas)];
  const families = (await atlas.families()).map((family) => {
    const latents = familyLatents(family);
    const { f1, shares } = memberCoherence(latents, postings, index);
    const members = latents.map((latent, at) => ({ label: label(latent), scores: [shares[at]] }));
    return { name: family.name, score: f1, members };
  });
  const chosen = chooseRadarFamilies(families);
  if (chosen.length === 0) return { reason: "no family has 4 to 18 latents and a class" };
  return drawRadarCharts({ measures: ["share in the family's class"], families: chosen }, options);
}

async function drawRatios(
  { atlases }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const series = [];
  for (const atlas of atlases) {
    const families = await atlas.families();
    const nodes = [...new Set(families.flatMap(familyLatents))].sort((a, b) => a - b);
    const coactivation = await atlas.coactivation();
    const { ratios } = familyStatistics(families, nodes, coactivation, { seeds: [] });
    series.push({ name: sizesName(await atlas.sae()), values: ratios });
  }
  return drawFiringRatio(series, options);
}

async function drawKept({ atlas }: FigureSources, options: AtlasFigureOptions): Promise<Figure> {
  const inFamilies = new Set((await atlas.families()).flatMap(familyLatents));
  const values = latentDensities(await atlas.codes(), await atlas.counting());
  const kept = Array.from(values, (_, latent) => inFamilies.has(latent));
  return drawKeptLatents({ values, kept }, options);
}

async function drawPasses(
  { atlases }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure> {
  const series = await Promise.all(
    atlases.map(async (atlas) => ({
      name: sizesName(await atlas.sae()),
      counts: countByPass(await atlas.families()),
    })),
  );
  return drawSubtreesPerPass(series, options);
}

async function drawStability(
  { atlas }: FigureSources,
  options: AtlasFigureOptions,
): Promise<Figure | Undrawn> {
  const report = await atlas.stability();
  if (!report) return { reason: STABILITY.needs };
  const families = new Map((await atlas.families()).map((family) => [family.parent, family]));
  const points = report.families.flatMap((entry) => {
    const family = families.get(entry.latent);
    return family ? [{ ...entry, name: family.name, members: family.members.length }] : [];
  });
  return drawFamilyStability(points, options);
}
