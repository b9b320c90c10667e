import { transparent } from "../theme/colour.js";
import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { HALO } from "../drawing/declutter.js";
import { roundValue } from "../figure.js";
import { layPanels, type Panel, panelSuffix, panelTitle } from "../drawing/panels.js";
import { fitText, formatFixed, plotlyText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { CATEGORIES, GRID, INK, MUTED, RULE } from "../theme/palette.js";
import { composeFigure, figureSize, topMargin } from "../theme/theme.js";

/** A group, one radar chart. */
export interface RadarGroup {
  name: string;
  /** The group's own score, for its title. */
  score?: number;
  /** A spoke each. `scores` has a value for each measure; what is not finite is unknown. */
  members: readonly { label: string; scores: readonly number[] }[];
}

/** What `radar` shows. */
export interface RadarOptions extends ChartOptions {
  /** Names of the scores, such as "F1" and "Pearson correlation"; the first one is written out. */
  measures: readonly string[];
  groups: readonly RadarGroup[];
  /** Most members of a group shown, the first ones. Default 18. */
  maxMembers?: number;
}

interface Chart {
  group: RadarGroup;
  shown: RadarGroup["members"];
  place: Panel;
}

/**
 * A radar chart per group with a spoke per member, 0 in the middle and 1 at the rim (scores below 0 are drawn at 0), and the
 * members' labels in a list beside it. Throws RangeError without groups, for groups of fewer than three members, and
 * where a member has not a score for each measure.
 */
export function radar(options: RadarOptions): Figure {
  const { measures, groups, defaultName: name = "radar" } = options;
  requireScores(name, options);
  const size = figureSize(options);
  const most = Math.max(3, options.maxMembers ?? 18);
  const columns = size.width < 55 * size.font ? 1 : Math.min(2, groups.length);
  const rows = Math.ceil(groups.length / columns);
  const legendLines = measures.length > 1 ? 1 : 0;
  const head = size.font * 2;
  const edge = size.font * 0.8;
  const margin = { l: edge, r: edge, t: topMargin(size, options, legendLines) + head, b: edge };
  const longest = Math.max(...groups.map(({ members }) => Math.min(most, members.length)));
  if (options.height === undefined && options.size !== "slide") {
    const panel = Math.max(size.font * 13, (longest + 1.5) * lineHeight(size));
    size.height = Math.round(margin.t + margin.b + rows * panel + (rows - 1) * head);
  }
  const gaps = { gapX: size.font * 2, gapY: head };
  const places = layPanels(groups.length, size, { columns, margin, ...gaps });
  const area = {
    width: size.width - margin.l - margin.r,
    height: size.height - margin.t - margin.b,
  };
  const data: PlotlyObject[] = [];
  const annotations: PlotlyObject[] = [];
  const layout: PlotlyObject = { margin: { ...margin, autoexpand: false } };
  for (const [f, group] of groups.entries()) {
    const chart = { group, shown: group.members.slice(0, most), place: places[f] };
    const split = listStart(places[f], area);
    layout[`polar${panelSuffix(f)}`] = polarLayout(chart, split, area, size);
    data.push(...measures.map((measure, m) => radarTrace(chart, { name: measure, m, f }, size)));
    annotations.push(chartTitle(chart, area.width, size), ...listLines(chart, split, area, size));
  }
  const legend = measures.length > 1 ? [...measures] : undefined;
  return composeFigure({ data, layout: { ...layout, annotations }, size, legend }, name, options);
}

function requireScores(figure: string, { measures, groups }: RadarOptions): void {
  if (measures.length === 0 || groups.length === 0) {
    throw new RangeError(`${figure}: expected a measure and a group, got none`);
  }
  for (const { name, members } of groups) {
    if (members.length < 3) {
      throw new RangeError(
        `${figure}: expected three members or more of "${name}", got ${members.length}`,
      );
    }
    const bad = members.find(({ scores }) => scores.length !== measures.length);
    if (bad) {
      throw new RangeError(
        `${figure}: expected ${measures.length} scores of "${bad.label}", got ${bad.scores.length}`,
      );
    }
  }
}

function lineHeight(size: FigureSize): number {
  return size.small * 1.35;
}

/** Where the list of labels starts, as a share of the plot's width: the radar takes up to 42 % of its panel. */
function listStart({ x, y }: Panel, area: { width: number; height: number }): number {
  const side = (y[1] - y[0]) * area.height;
  const width = (x[1] - x[0]) * area.width;
  return x[0] + Math.min(0.42 * width, side) / area.width;
}

function polarLayout(
  { shown, place }: Chart,
  split: number,
  area: { width: number; height: number },
  size: FigureSize,
): PlotlyObject {
  // Plotly writes the spokes' numbers outside the domain.
  const inset = { x: (size.small * 1.2) / area.width, y: (size.small * 1.2) / area.height };
  const step = Math.ceil(shown.length / 24);
  const marked = shown.map((_, i) => i).filter((i) => i % step === 0);
  return {
    domain: {
      x: [roundValue(place.x[0] + inset.x, 5), roundValue(split - inset.x, 5)],
      y: [roundValue(place.y[0] + inset.y, 5), roundValue(place.y[1] - inset.y, 5)],
    },
    bgcolor: "#ffffff",
    radialaxis: {
      range: [0, 1],
      tickvals: [0.5, 1],
      ticktext: ["0.5", ""],
      tickfont: { size: size.small * 0.95, color: INK, shadow: HALO },
      // Between two spokes, where no line covers the numbers.
      angle: roundValue(90 - 180 / shown.length, 3),
      tickangle: 0,
      gridcolor: GRID,
      showline: false,
      ticks: "",
    },
    angularaxis: {
      rotation: 90,
      direction: "clockwise",
      tickmode: "array",
      tickvals: marked.map((i) => angle(i, shown.length)),
      ticktext: marked.map((i) => String(i + 1)),
      tickfont: { size: size.small * 0.9, color: INK },
      gridcolor: GRID,
      linecolor: RULE,
      ticks: "",
    },
  };
}

function angle(member: number, members: number): number {
  return roundValue((360 * member) / members, 3);
}

function radarTrace(
  { group, shown }: Chart,
  { name, m, f }: { name: string; m: number; f: number },
  size: FigureSize,
): PlotlyObject {
  const known = (at: number): number | null => {
    const score = shown[at % shown.length].scores[m];
    return Number.isFinite(score) ? roundValue(Math.max(0, score), 4) : null;
  };
  const spokes = [...shown.keys(), 0];
  const colour = CATEGORIES[m % CATEGORIES.length];
  return {
    type: "scatterpolar",
    subplot: `polar${panelSuffix(f)}`,
    mode: "lines+markers",
    r: spokes.map(known),
    theta: spokes.map((i) => angle(i, shown.length)),
    customdata: spokes.map((i) => [plotlyText(shown[i].label), scoreText(shown[i].scores[m])]),
    name: plotlyText(name),
    legendgroup: plotlyText(name),
    showlegend: f === 0,
    line: { color: colour, width: size.line },
    marker: { color: colour, size: size.marker },
    fill: "toself",
    fillcolor: transparent(colour, 0.18),
    hovertemplate: `%{customdata[0]}<br>${plotlyText(name)} %{customdata[1]}<extra>${plotlyText(group.name)}</extra>`,
  };
}

function scoreText(score: number): string {
  return Number.isFinite(score) ? formatFixed(score, 2) : "–";
}

function chartTitle({ group, shown, place }: Chart, width: number, size: FigureSize): PlotlyObject {
  const cut = shown.length < group.members.length;
  const notes = [
    ...(group.score === undefined ? [] : [scoreText(group.score)]),
    ...(cut ? [`first ${shown.length} of ${group.members.length}`] : []),
  ];
  const note = notes.join(", ");
  const room = (place.x[1] - place.x[0]) * width - size.small * (note.length * 0.6 + 2);
  return panelTitle(place, group.name, size, { note, width: room });
}

/** The members' numbers, labels and first scores, a line each, in the middle of the panel's height. */
function listLines(
  { shown, place }: Chart,
  split: number,
  area: { width: number; height: number },
  size: FigureSize,
): PlotlyObject[] {
  const height = (place.y[1] - place.y[0]) * area.height;
  const line = Math.min(lineHeight(size), height / shown.length);
  const font = roundValue(Math.min(size.small, line / 1.25), 1);
  const top = (height - line * shown.length) / 2;
  const left = split * area.width + size.font * 1.2;
  const room = place.x[1] * area.width - left - font * 4.6;
  const common = {
    xref: "paper",
    yref: "paper",
    yanchor: "middle",
    showarrow: false,
    borderpad: 0,
  };
  return shown.flatMap(({ label, scores }, i) => {
    const y = roundValue(place.y[1] - (top + line * (i + 0.5)) / area.height, 5);
    const text = `<span style="color:${MUTED}">${i + 1}</span>  ${plotlyText(fitText(label, room, font))}`;
    const x = roundValue(left / area.width, 5);
    return [
      { ...common, x, y, xanchor: "left", text, font: { size: font } },
      {
        ...common,
        ...{ x: place.x[1], y, xanchor: "right" },
        text: scoreText(scores[0]),
        font: { size: font, color: MUTED },
      },
    ];
  });
}
