import { compact } from "../../core/collections.js";
import { type Matrix, createMatrix, takeRows } from "../../core/matrix.js";
import { denseCounts } from "../../families/coactivation/coactivation-pairs.js";
import { familyDocuments } from "../../families/extract/family-documents.js";
import { familyEdges } from "../../families/extract/family-edges.js";
import { type HeatScale, heatmap } from "../../figures/charts/heatmap.js";
import { type Line, type LinePlot, lines } from "../../figures/charts/lines.js";
import { network } from "../../figures/charts/network.js";
import { tree } from "../../figures/charts/tree.js";
import { formatNumber, plotlyText, truncateText } from "../../figures/drawing/text.js";
import { roundValue } from "../../figures/figure.js";
import { CATEGORIES, MUTED, SYMBOLS } from "../../figures/theme/palette.js";
import { principalComponents } from "../../projection/principal-components.js";
import { familyLatents, familyName } from "../../records/family.js";
import { findFamily } from "../../search/names/names.js";
import { type UngroupedFigure, Undrawn, figure } from "./entry.js";
import { LARGEST_SHOWN, chooseDisjoint, labeller, shownFamily } from "./reading.js";
import { FAMILIES } from "./requirements.js";
import { evenRows } from "./sources.js";

/** Documents of a family that its principal components go by, the most active ones. */
const COMPONENT_DOCUMENTS = 400;
/** Members with a colour of their own among the documents, those of the most documents first. */
const COLOURED = 4;

const RANK_TICKS = { values: [0, 1, 2, 3, 4, 5], texts: ["1", "10", "100", "1,000", "10⁴", "10⁵"] };

/** The matrices of a family's documents, with the paper's figure that each corresponds to. */
const DOCUMENT_FIGURES = [
  {
    kind: "overlap",
    paper: "set-overlap",
    title: "Strongest documents shared",
    shows: "shared strongest documents of one family's latents",
    scale: "shared of both",
  },
  {
    kind: "ranks",
    paper: "rank",
    title: "Ranks of documents",
    shows: "ranks of one family's documents for each of its latents",
    scale: "rank of the document",
  },
  {
    kind: "activations",
    paper: "activation",
    title: "Activations in documents",
    shows: "activations of one family's latents in its documents",
    scale: "activation",
  },
] as const;

/** Figures of one family, and of a few side by side. */
export const ONE_FAMILY_FIGURES: readonly UngroupedFigure[] = [
  figure({
    name: "family-tree",
    shows: "one family as a tree",
    paper: "feat_fam",
    requires: [FAMILIES],
    read: async ({ atlas }, options) => ({
      ...(await shownFamily(atlas, options)),
      densities: await atlas.densities(),
    }),
    title: ({ name }) => `Family “${name}”`,
    draw: ({ family, latents, labels, densities }, options) => {
      const place = new Map(latents.map((latent, at) => [latent, at]));
      const nodes = latents.map((latent, at) => {
        const member = at === 0 ? undefined : family.members[at - 1];
        const [share, weight] = [densities[latent], member?.weight];
        return {
          ...{ label: labels[at], weight, share },
          parent: member === undefined ? -1 : (place.get(member.parent) ?? 0),
          notes: [
            `density ${Number(share.toPrecision(3))}`,
            ...(weight === undefined ? [] : [`edge weight ${Number(weight.toPrecision(3))}`]),
          ],
        };
      });
      return tree({ ...options, nodes });
    },
  }),
  figure({
    name: "family-graph",
    shows: "one family as a network",
    paper: "gradient, periodicity, lbv",
    requires: [FAMILIES],
    read: async ({ atlas }, options) => {
      const shown = await shownFamily(atlas, options);
      const edges = familyEdges(await atlas.coactivation(), shown.family);
      return { ...shown, edges, densities: await atlas.densities() };
    },
    title: ({ name }) => `Family “${name}”`,
    draw: ({ latents, labels, densities, edges }, options) => {
      const place = new Map(latents.map((latent, at) => [latent, at]));
      return network({
        ...options,
        nodes: latents.map((latent, at) => ({
          ...{ label: labels[at], weight: densities[latent] },
          note: `active in ${formatNumber(100 * densities[latent], 2)} % of documents`,
        })),
        edges: edges.map(({ from, to, weight, tree: strong }) => ({
          ...{ from: place.get(from) ?? 0, to: place.get(to) ?? 0, weight, strong },
        })),
      });
    },
  }),
  figure({
    name: "cooccurrence-grid",
    shows: "co-activation within and between five families",
    paper: "cooc_grid",
    requires: [FAMILIES],
    read: async ({ atlas }, options) => {
      const families = await atlas.families();
      const chosen = options.families
        ? options.families.map((term) => findFamily(families, term))
        : chooseDisjoint(families);
      if (chosen.length === 0) {
        const reason = `no family has ${LARGEST_SHOWN} latents or fewer: choose some with --families`;
        return new Undrawn(reason);
      }
      const latents = chosen.flatMap(familyLatents);
      return {
        counts: denseCounts(await atlas.coactivation(), latents),
        blocks: chosen.map((family) => ({
          name: familyName(family),
          size: family.members.length + 1,
        })),
        rows: latents.map(await labeller(atlas)),
      };
    },
    title: () => "Co-occurrence within and between families",
    draw: ({ counts, ...parts }, options) =>
      heatmap({ ...options, ...parts, ...shareCells(counts) }),
  }),
  figure({
    name: "family-heatmap",
    shows: "co-activation within one family",
    requires: [FAMILIES],
    read: async ({ atlas }, options) => {
      const { name, latents, labels: rows } = await shownFamily(atlas, options);
      return { name, rows, counts: denseCounts(await atlas.coactivation(), latents) };
    },
    title: ({ name }) => `Co-occurrence in “${name}”`,
    draw: ({ rows, counts }, options) =>
      heatmap({ ...options, rows, ...shareCells(counts), counted: "latents" }),
  }),
  ...DOCUMENT_FIGURES.map(({ kind, paper, shows, title, scale }) =>
    figure({
      ...{ name: `family-${kind}`, shows, paper: `${paper} heatmap (code)` },
      requires: [FAMILIES],
      read: async ({ atlas }, options) => {
        const { name, latents, labels: rows } = await shownFamily(atlas, options);
        const shared = familyDocuments(latents, await atlas.postings());
        const documents = await atlas.documents();
        const titles = Array.from(shared.documents, (row) => documents[row].title);
        return { name, rows, values: shared[kind], columns: kind === "overlap" ? rows : titles };
      },
      title: ({ name }) => `${title} in “${name}”`,
      draw: ({ rows, columns, values }, options) => {
        // A rank or an activation of 0 stands for a document in which the latent is not active.
        const placed = values.data.map((value) =>
          value > 0 ? (kind === "ranks" ? Math.log10(value) : value) : NaN,
        );
        const shown = kind === "overlap" ? values : { ...values, data: placed };
        const most = shown.data.reduce((top, value) => (value > top ? value : top), 1e-3);
        return heatmap({
          ...{ ...options, values: shown, details: values, rows, columns },
          nameColumns: kind !== "overlap",
          scale: {
            ...(kind === "overlap"
              ? { title: scale, max: usualMost(values, 1) }
              : { title: `${scale} (white: not active)`, max: most, gaps: true }),
            ...(kind === "ranks" ? { reverse: true, ticks: RANK_TICKS } : {}),
          },
          x: kind === "overlap" ? "latent" : "document, the family’s strongest first",
          hover: `%{y}<br>%{x}<br>${scale} %{customdata}<extra></extra>`,
        });
      },
    }),
  ),
  figure({
    name: "family-components",
    shows: "principal components of one family's documents",
    paper: "pca",
    requires: [FAMILIES],
    read: async ({ atlas }, options) => {
      const { name, latents, labels } = await shownFamily(atlas, options);
      const count = COMPONENT_DOCUMENTS;
      const postings = await atlas.postings();
      const { documents, activations } = familyDocuments(latents, postings, { count });
      const strongest = Array.from(documents, (_, column) => {
        const values = latents.map(
          (_latent, row) => activations.data[row * activations.cols + column],
        );
        return values.indexOf(Math.max(...values));
      });
      const embeddings = await atlas.embeddings();
      const even = evenRows(embeddings.rows, documents.length);
      return {
        ...{ name, labels, strongest },
        own: principalComponents(takeRows(embeddings, documents)),
        random: principalComponents(takeRows(embeddings, even)).explained,
      };
    },
    title: ({ name }) => `Principal components of “${name}”`,
    draw: ({ labels, strongest, own, random }, options) => {
      const share = (at: number): string =>
        own.explained.length > at ? ` (${formatNumber(100 * own.explained[at], 1)} %)` : "";
      const explained = (name: string, y: ArrayLike<number>, colour: string): Line => ({
        ...{ name, x: Array.from(y, (_, i) => i + 1), y, colour, draw: "both", pointSize: 1.3 },
        hover: `${name}: %{y:.1%}<br>component %{x}<extra></extra>`,
      });
      const plots: LinePlot[] = [
        {
          lines: [
            explained("this family", own.explained, CATEGORIES[0]),
            { ...explained("random documents", random, MUTED), dash: "dash" },
          ],
          x: { title: "component", grid: false, layout: { dtick: 1 } },
          y: { title: "variance explained", fromZero: true, format: ".0%" },
          digits: { y: 5 },
        },
        {
          lines: memberPoints(own.scores, strongest, labels),
          x: { title: `component 1${share(0)}` },
          y: { title: `component 2${share(1)}` },
          digits: { x: 4, y: 4 },
        },
      ];
      return lines({ ...options, plots });
    },
  }),
];

/** The documents along the first two components, coloured by the member that is most active in each. */
function memberPoints(
  { cols, data }: Matrix,
  strongest: readonly number[],
  labels: readonly string[],
): Line[] {
  const rowsOf = labels.map((_, member) =>
    strongest.flatMap((one, row) => (one === member ? [row] : [])),
  );
  const order = labels.map((_, member) => member);
  order.sort((a, b) => rowsOf[b].length - rowsOf[a].length || a - b);
  const points = (name: string, rows: readonly number[], style: Partial<Line>): Line => ({
    ...{ name: truncateText(name, 18), draw: "points", pointSize: 1.3, ...style },
    x: rows.map((row) => data[row * cols]),
    y: rows.map((row) => data[row * cols + 1]),
    hover: `${plotlyText(name)}<extra></extra>`,
  });
  const others = order.slice(COLOURED).flatMap((member) => rowsOf[member]);
  return compact([
    ...order.slice(0, COLOURED).map((member, at) =>
      points(labels[member], rowsOf[member], {
        ...{ colour: CATEGORIES[at], symbol: SYMBOLS[at] },
      }),
    ),
    others.length > 0 &&
      points("other members", others, { colour: MUTED, pointSize: 0.9, pointOpacity: 0.7 }),
  ]);
}

/** Cells of how often latents occur together, as a share of the rarer one's documents. */
function shareCells(
  counts: Matrix,
): Pick<Parameters<typeof heatmap>[0], "values" | "square" | "scale" | "hover"> {
  const values = shareOfRarer(counts);
  const hover = "%{y}<br>%{x}<br>co-occurrence %{z}<extra></extra>";
  return { values, square: true, scale: shareScale(usualMost(values, 0.99)), hover };
}

/**
 * Co-occurrence counts as shares of the rarer latent's: C_ij / min(f_i, f_j), where f is the diagonal of `counts`
 * [m, m]; 1 on the diagonal, 0 where a latent never occurs.
 */
function shareOfRarer({ rows: m, data }: Matrix): Matrix {
  const out = createMatrix(m, m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      const rarer = Math.min(data[i * m + i], data[j * m + j]);
      out.data[i * m + j] = i === j ? 1 : rarer > 0 ? data[i * m + j] / rarer : 0;
    }
  }
  return out;
}

function shareScale(max: number): HeatScale {
  const values = [0, 1, 2, 3, 4, 5].map((fifth) => roundValue((max * fifth) / 5, 3));
  const texts = values.map((tick) => (tick === max && max < 1 ? `≥ ${tick}` : String(tick)));
  return { title: "share of the rarer latent", max, ticks: { values, texts } };
}

/** 0.2, 0.5 or 1: the smallest that the given part of the shares off the diagonal is not over. */
function usualMost({ rows, data }: Matrix, part: number): number {
  const off = data.filter((_, at) => at % (rows + 1) !== 0).sort();
  const high = off[Math.floor(part * (off.length - 1))] ?? 0;
  return high <= 0.2 ? 0.2 : high <= 0.5 ? 0.5 : 1;
}
