import { takeRows } from "../../core/matrix.js";
import { denseCounts } from "../../families/coactivation/coactivation-pairs.js";
import { familyDocuments } from "../../families/extract/family-documents.js";
import { familyEdges } from "../../families/extract/family-edges.js";
import { familyLatents, familyName } from "../../records/family.js";
import { familyStatistics } from "../../families/statistics/family-statistics.js";
import { drawCooccurrenceGrid } from "../../figures/family-matrices.js";
import { drawFamilyComponents } from "../../figures/family-components.js";
import { drawFamilyDocuments } from "../../figures/family-matrices.js";
import { drawFamilyGraph } from "../../figures/family.js";
import { drawFamilyHeatmap } from "../../figures/family-matrices.js";
import { drawFamilyStability } from "../../figures/family-stability.js";
import { drawFamilyTree } from "../../figures/family.js";
import { shareOfRarer } from "../../figures/family-matrices.js";
import { chooseRadarFamilies, drawRadarCharts } from "../../figures/families.js";
import {
  countByPass,
  drawFamilySizes,
  drawFiringRatio,
  drawSubtreesPerPass,
  drawTaxonomyAgreement,
} from "../../figures/families.js";
import type { Figure } from "../../figures/figure.js";
import { principalComponents } from "../../projection/principal-components.js";
import { memberCoherence } from "../../taxonomy/member-coherence.js";
import {
  type AtlasFigureOptions,
  type FigureEntry,
  type UngroupedFigure,
  inGroup,
} from "./entry.js";
import { PAPER_FAMILY_LINE, PAPER_PASSES } from "./paper.js";
import { LARGEST_SHOWN, chooseDisjoint, findFamily, labeller, shownFamily } from "./reading.js";
import { FAMILIES, STABILITY, TAXONOMY } from "./requirements.js";
import { type FigureSources, evenRows, sizesName } from "./sources.js";

/** Documents of a family that its principal components go by, the most active ones. */
const COMPONENT_DOCUMENTS = 400;

/** The matrices of a family's documents, with the paper's figure that each corresponds to. */
const DOCUMENT_FIGURES = [
  ["overlap", "set-overlap", "shared strongest documents of one family's latents"],
  ["ranks", "rank", "ranks of one family's documents for each of its latents"],
  ["activations", "activation", "activations of one family's latents in its documents"],
] as const;

/** Figures of an atlas's families. */
export const FAMILY_FIGURES: readonly FigureEntry[] = inGroup("families", [
  {
    name: "family-tree",
    shows: "one family as a tree",
    paper: "feat_fam",
    requires: [FAMILIES],
    draw: async ({ atlas }, options) => {
      const { family, latents, labels } = await shownFamily(atlas, options);
      const place = new Map(latents.map((latent, at) => [latent, at]));
      const densities = await atlas.densities();
      const nodes = latents.map((latent, at) => {
        const member = at === 0 ? undefined : family.members[at - 1];
        return {
          label: labels[at],
          parent: member === undefined ? -1 : (place.get(member.parent) ?? 0),
          weight: member?.weight,
          density: densities[latent],
        };
      });
      return drawFamilyTree(nodes, { ...options, familyName: familyName(family) });
    },
  },
  {
    name: "family-graph",
    shows: "one family as a network",
    paper: "gradient, periodicity, lbv",
    requires: [FAMILIES],
    draw: async ({ atlas }, options) => {
      const { family, latents, labels } = await shownFamily(atlas, options);
      const place = new Map(latents.map((latent, at) => [latent, at]));
      const densities = await atlas.densities();
      const edges = familyEdges(await atlas.coactivation(), family).map((edge) => ({
        ...edge,
        from: place.get(edge.from) ?? 0,
        to: place.get(edge.to) ?? 0,
      }));
      const nodes = latents.map((latent, at) => ({
        label: labels[at],
        density: densities[latent],
      }));
      return drawFamilyGraph({ name: familyName(family), nodes, edges }, options);
    },
  },
  {
    name: "cooccurrence-grid",
    shows: "co-activation within and between five families",
    paper: "cooc_grid",
    requires: [FAMILIES],
    draw: async ({ atlas }, options) => {
      const families = await atlas.families();
      const chosen = options.families
        ? options.families.map((parent) => findFamily(families, parent))
        : chooseDisjoint(families);
      if (chosen.length === 0) {
        return {
          reason: `no family has ${LARGEST_SHOWN} latents or fewer: choose some by --families`,
        };
      }
      const latents = chosen.flatMap(familyLatents);
      return drawCooccurrenceGrid(
        {
          shares: shareOfRarer(denseCounts(await atlas.coactivation(), latents)),
          blocks: chosen.map((family) => ({
            name: familyName(family),
            size: family.members.length + 1,
          })),
          labels: latents.map(await labeller(atlas)),
        },
        options,
      );
    },
  },
  {
    name: "family-heatmap",
    shows: "co-activation within one family",
    requires: [FAMILIES],
    draw: async ({ atlas }, options) => {
      const { family, latents, labels } = await shownFamily(atlas, options);
      const shares = shareOfRarer(denseCounts(await atlas.coactivation(), latents));
      return drawFamilyHeatmap({ name: familyName(family), shares, labels }, options);
    },
  },
  ...DOCUMENT_FIGURES.map(([kind, paper, shows]): UngroupedFigure => ({
    ...{ name: `family-${kind}`, shows, paper: `${paper} heatmap (code)` },
    requires: [FAMILIES],
    draw: async ({ atlas }, options) => {
      const { family, latents, labels } = await shownFamily(atlas, options);
      const shared = familyDocuments(latents, await atlas.postings());
      const documents = await atlas.documents();
      const titles = Array.from(shared.documents, (row) => documents[row].title);
      return drawFamilyDocuments(
        {
          ...{ name: familyName(family), kind, values: shared[kind], labels },
          ...(kind === "overlap" ? {} : { titles }),
        },
        options,
      );
    },
  })),
  {
    name: "family-components",
    shows: "principal components of one family's documents",
    paper: "pca",
    requires: [FAMILIES],
    draw: drawComponents,
  },
  {
    name: "radar-charts",
    shows: "how well the members of two good and two poor families fit",
    paper: "radar_charts",
    requires: [FAMILIES, TAXONOMY],
    draw: async ({ atlas }, options) => {
      const index = await atlas.classIndex();
      if (!index) return { reason: TAXONOMY.needs };
      const [postings, label] = [await atlas.postings(), await labeller(atlas)];
      const families = (await atlas.families()).map((family) => {
        const latents = familyLatents(family);
        const { f1, shares } = memberCoherence(latents, postings, index);
        const members = latents.map((one, at) => ({ label: label(one), scores: [shares[at]] }));
        return { name: familyName(family), score: f1, members };
      });
      const chosen = chooseRadarFamilies(families);
      if (chosen.length === 0) return { reason: "no family has 4 to 18 latents and a class" };
      const measures = ["share in the family's class"];
      return drawRadarCharts({ measures, families: chosen }, options);
    },
  },
  {
    name: "taxonomy-agreement",
    shows: "how latents and families agree with the corpus's classes",
    requires: [TAXONOMY],
    draw: async ({ atlas }, options) => {
      const report = await atlas.taxonomy();
      if (!report) return { reason: TAXONOMY.needs };
      const { counts } = await atlas.coactivation();
      const isLive = (_: unknown, latent: number): boolean => counts[latent] > 0;
      return drawTaxonomyAgreement(
        {
          edges: report.edges,
          f1: report.matches.map((match) => match.f1).filter(isLive),
          heldOutF1: report.heldOutF1.filter(isLive),
          familyF1: report.families?.families.map(({ union }) => union.f1),
          nullF1: report.nullF1,
        },
        options,
      );
    },
  },
  {
    name: "family-stability",
    shows: "how reproducible families are over resamples and seeds",
    requires: [STABILITY],
    draw: async ({ atlas }, options) => {
      const report = await atlas.stability();
      if (!report) return { reason: STABILITY.needs };
      const families = new Map((await atlas.families()).map((family) => [family.parent, family]));
      const points = report.families.flatMap((entry) => {
        const family = families.get(entry.latent);
        return family
          ? [{ ...entry, name: familyName(family), members: family.members.length }]
          : [];
      });
      return drawFamilyStability(points, options);
    },
  },
  {
    name: "family-sizes",
    shows: "how many members families have",
    paper: "clean_families.json (released)",
    overlay: "beside",
    requires: [FAMILIES],
    draw: async ({ atlas }, { paper, ...options }) => {
      const sizes = (await atlas.families()).map(({ members }) => members.length);
      return drawFamilySizes(
        sizes,
        paper ? { ...options, references: [PAPER_FAMILY_LINE] } : options,
      );
    },
  },
  {
    name: "firing-ratio",
    shows: "co-activation of parents and members over that among members",
    paper: "firing-ratio histogram (code)",
    requires: [FAMILIES],
    draw: async ({ atlases }, options) => {
      const series = [];
      for (const atlas of atlases) {
        const families = await atlas.families();
        const nodes = [...new Set(families.flatMap(familyLatents))].sort((a, b) => a - b);
        const coactivation = await atlas.coactivation();
        const { ratios } = familyStatistics(families, nodes, coactivation, { seeds: [] });
        series.push({ name: sizesName(await atlas.sae()), values: ratios });
      }
      return drawFiringRatio(series, options);
    },
  },
  {
    name: "subtrees-per-pass",
    shows: "families found in each pass",
    paper: "subtrees per iteration (code)",
    overlay: "beside",
    requires: [FAMILIES],
    draw: async ({ atlases }, { paper, ...options }) => {
      const series = await Promise.all(
        atlases.map(async (atlas) => ({
          name: sizesName(await atlas.sae()),
          counts: countByPass(await atlas.families()),
        })),
      );
      return drawSubtreesPerPass(paper ? [...series, PAPER_PASSES] : series, options);
    },
  },
]);

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
      name: familyName(family),
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
