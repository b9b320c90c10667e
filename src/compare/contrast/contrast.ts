import type { Postings } from "../../core/codes.js";
import type { OnProgress } from "../../core/progress.js";
import { createRandom, shuffleInPlace } from "../../core/random.js";
import { wilsonInterval } from "../../core/statistics.js";
import type { FamilyOutline } from "../../records/family.js";
import type { ContrastColumn } from "./contrast-column.js";
import { type ContrastUnit, contrastUnits, countUnits } from "./contrast-units.js";
import { type Effect, type Rate, rankDifference, rateDifference } from "./effects.js";
import { subsetPValue } from "./subset-test.js";

/** Points of a trend line at most, and fewest documents of a point. */
const MOST_POINTS = 25;
const LEAST_POINT = 20;
/** Findings that have a line. */
const MOST_TRENDS = 100;

/** How documents are compared. */
export interface ContrastOptions {
  /** Largest expected share of false findings. Default 0.05. */
  rate?: number;
  /** Fewest of the choosing documents in which a latent or family is active. Default 10. */
  minActive?: number;
  /** How often the whole choice is made again with labels dealt out at random. Default 20. */
  permutations?: number;
  /** Of the parts and the permutations. Default 0. */
  seed?: number;
  /** Called with step "contrast" and the permutations done. */
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** A latent or family that differs. What is measured is measured on documents that it was not chosen by. */
export interface ContrastFinding {
  of: "latent" | "family";
  /** The latent, or the family's parent latent. */
  id: number;
  /** Place of the class in the column's names that is set against the others; 0 for two classes and for numbers. */
  side: number;
  /**
   * Of classes the difference of the shares of documents in which it is active, inside less outside; of numbers Cliff's delta:
   * how often its documents have the higher value, less how often the lower.
   */
  effect: Effect;
  /** Of classes: inside and outside. */
  rates?: [Rate, Rate];
  /** The same effect among the documents of the smallest family found that holds it, by that family's parent latent. */
  within?: { family: number; effect: Effect };
  /** On the choosing documents; where it is within a family, the larger p-value of those among all and among the family's. */
  p: number;
  /** Measuring documents in which it is active. */
  active: number;
}

/** Share of documents, by value, in which a latent or family is active, on the measuring part. */
export interface ContrastTrend extends Pick<ContrastFinding, "of" | "id"> {
  points: { value: number; documents: number; rate: number; interval: [number, number] }[];
}

/** What differs between documents. */
export interface Contrast {
  kind: ContrastColumn["kind"];
  names: readonly string[];
  /** Documents by which findings are chosen, by which they are measured, and those left out. */
  documents: { choosing: number; measuring: number; empty: number; small: number };
  /** Latents and families that were compared, and those active in too few documents. */
  compared: number;
  rare: number;
  /** Largest expected share of false findings, and the largest p-value that keeps it. */
  rate: number;
  threshold: number;
  seed: number;
  /** Largest effects first, by the end of the interval that is nearer to none. */
  findings: ContrastFinding[];
  /** Findings by labels dealt out at random: how often it was tried, the mean, and the share of tries with any. */
  permuted: { count: number; mean: number; any: number };
  /** Of the first 100 findings where the column holds numbers; else empty. */
  trends: ContrastTrend[];
}

/**
 * The latents and families that differ between documents. Three of four documents choose, at a false discovery rate, the
 * others measure. What a chosen family holds must differ both among all documents and among the family's own to be chosen;
 * see docs/families.md. The time grows with the active latents of all documents.
 */
export function contrastDocuments(
  postings: Postings,
  families: readonly FamilyOutline[],
  column: ContrastColumn,
  options: ContrastOptions = {},
): Contrast {
  const { rate = 0.05, minActive = 10, permutations = 20, seed = 0 } = options;
  const { kind, names, left } = column;
  const random = createRandom(seed);
  const groups = kind === "classes" ? names.length : column.values.length;
  const units = contrastUnits(postings.n, families);
  const [choosing, measuring] = drawParts(column.groupOf, groups, random);
  const count = (part: Part): Counted => countPart(units, postings, part, groups);
  const plan = { kind, units, rate, minActive };
  const { chosen, ...choice } = choose(count(choosing), plan);

  const totals = { mean: 0, any: 0 };
  for (let done = 0; done < permutations; done++) {
    options.signal?.throwIfAborted();
    options.onProgress?.({ step: "contrast", done, total: permutations });
    const found = choose(count(dealOut(choosing, random)), plan).chosen.length;
    totals.mean += found / permutations;
    if (found > 0) totals.any += 1 / permutations;
  }
  options.onProgress?.({ step: "contrast", done: permutations, total: permutations });

  const measured = count(measuring);
  const findings = chosen
    .map((one) => measure(one, measured, plan))
    .sort((a, b) => certainty(b) - certainty(a) || a.id - b.id || a.side - b.side);
  return {
    ...{ kind, names, rate, seed, ...choice, findings },
    documents: { choosing: choosing.rows.length, measuring: measuring.rows.length, ...left },
    permuted: { count: permutations, ...totals },
    trends: kind === "number" ? trendsOf(findings, measured, units, column) : [],
  };
}

/** Some documents with the group of each. */
interface Part {
  rows: Uint32Array;
  groups: Int32Array;
  documents: number;
}

/** Documents of every unit, and of all, by group. */
interface Counted {
  groups: number;
  /** [units, groups] */
  counts: Uint32Array;
  /** [groups] */
  all: Uint32Array;
}

/** What is compared, and how. */
interface Plan {
  kind: ContrastColumn["kind"];
  units: readonly ContrastUnit[];
  rate: number;
  minActive: number;
}

interface Chosen {
  unit: number;
  side: number;
  /** The larger of the p-values among all documents and among those of `above`. */
  p: number;
  /** Place of the smallest chosen family that holds the unit. */
  above?: number;
}

interface Choice {
  chosen: Chosen[];
  /** Largest p-value of a finding. */
  threshold: number;
  compared: number;
  rare: number;
}

/** The documents that have a group in two random parts: of every group three quarters to choose by, one to measure on. */
function drawParts(groupOf: Int32Array, groups: number, random: () => number): [Part, Part] {
  const rows = Uint32Array.from(groupOf.keys()).filter((row) => groupOf[row] >= 0);
  shuffleInPlace(rows, random);
  const next = Uint32Array.from({ length: groups }, () => Math.floor(4 * random()));
  const lists: number[][] = [[], []];
  for (const row of rows) {
    const turn = next[groupOf[row]]++;
    lists[turn % 4 === 3 ? 1 : 0].push(row);
  }
  const [first, second] = lists.map((list): Part => ({
    rows: Uint32Array.from(list),
    groups: Int32Array.from(list, (row) => groupOf[row]),
    documents: groupOf.length,
  }));
  return [first, second];
}

function dealOut(part: Part, random: () => number): Part {
  const groups = part.groups.slice();
  shuffleInPlace(groups, random);
  return { ...part, groups };
}

function countPart(
  units: readonly ContrastUnit[],
  postings: Postings,
  part: Part,
  groups: number,
): Counted {
  const groupOf = new Int32Array(part.documents).fill(-1);
  const all = new Uint32Array(groups);
  part.rows.forEach((row, at) => {
    groupOf[row] = part.groups[at];
    all[part.groups[at]]++;
  });
  return { groups, all, counts: countUnits(units, postings, groupOf, groups) };
}

function countsOf({ counts, groups }: Counted, unit: number): Uint32Array {
  return counts.subarray(unit * groups, (unit + 1) * groups);
}

/** Each class against all others; two classes against each other. */
function sideCount({ kind }: Plan, { groups }: Counted): number {
  return kind === "number" || groups === 2 ? 1 : groups;
}

/**
 * The findings at the false discovery rate, by Benjamini and Hochberg's procedure with what repeats its family left out before
 * findings are counted: https://arxiv.org/abs/1809.01792.
 */
function choose(counted: Counted, plan: Plan): Choice {
  const { units, rate, minActive } = plan;
  const sides = sideCount(plan, counted);
  const pValue = (own: Uint32Array, all: Uint32Array, side: number): number =>
    plan.kind === "number"
      ? subsetPValue(own, all)
      : subsetPValue(againstOthers(own, side), againstOthers(all, side));
  const candidates: Chosen[] = [];
  let rare = 0;
  units.forEach((_, unit) => {
    const own = countsOf(counted, unit);
    if (sumOf(own) < minActive) {
      rare++;
      return;
    }
    for (let side = 0; side < sides; side++) {
      const p = pValue(own, counted.all, side);
      if (p <= rate) candidates.push({ unit, side, p });
    }
  });
  // A family is decided on before what it holds.
  candidates.sort((a, b) => units[b.unit].latents.length - units[a.unit].latents.length);
  const beyond = new Map<string, number>();
  const chooseAt = (threshold: number): Chosen[] => {
    const chosen = new Map<string, Chosen>();
    for (const { unit, side, p } of candidates) {
      let above = units[unit].above;
      while (above !== undefined && !chosen.has(`${above} ${side}`)) above = units[above].above;
      if (p > threshold) continue;
      if (above === undefined) {
        chosen.set(`${unit} ${side}`, { unit, side, p });
        continue;
      }
      const key = `${unit} ${side} ${above}`;
      let added = beyond.get(key);
      if (added === undefined) {
        added = pValue(countsOf(counted, unit), countsOf(counted, above), side);
        beyond.set(key, added);
      }
      const both = Math.max(p, added);
      if (both <= threshold) chosen.set(`${unit} ${side}`, { unit, side, p: both, above });
    }
    return [...chosen.values()];
  };
  const compared = units.length - rare;
  const tests = compared * sides;
  let threshold = rate;
  let chosen = chooseAt(threshold);
  while (threshold * tests > rate * chosen.length * (1 + 1e-12)) {
    threshold = (rate * chosen.length) / tests;
    chosen = chooseAt(threshold);
  }
  return { chosen, threshold, compared, rare };
}

/** Documents of the other groups, and of this one. */
function againstOthers(counts: Uint32Array, group: number): [number, number] {
  return [sumOf(counts) - counts[group], counts[group]];
}

function sumOf(counts: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i];
  return sum;
}

function measure({ unit, side, p, above }: Chosen, counted: Counted, plan: Plan): ContrastFinding {
  const { of, id } = plan.units[unit];
  const own = countsOf(counted, unit);
  const among = (all: Uint32Array): { effect: Effect; rates?: [Rate, Rate] } => {
    if (plan.kind === "number") return { effect: rankDifference(own, all) };
    const [outActive, inActive] = againstOthers(own, side);
    const [outside, inside] = againstOthers(all, side);
    const rates: [Rate, Rate] = [
      { active: inActive, total: inside },
      { active: outActive, total: outside },
    ];
    return { effect: rateDifference(...rates), rates };
  };
  return {
    ...{ of, id, side, ...among(counted.all) },
    ...(above !== undefined && {
      within: { family: plan.units[above].id, effect: among(countsOf(counted, above)).effect },
    }),
    ...{ p, active: sumOf(own) },
  };
}

/** How far the interval is from none; below 0 where it holds none. */
function certainty({ effect: { value, interval } }: ContrastFinding): number {
  const nearest = value > 0 ? interval[0] : -interval[1];
  return Number.isFinite(nearest) ? nearest : -Infinity;
}

function trendsOf(
  findings: readonly ContrastFinding[],
  counted: Counted,
  units: readonly ContrastUnit[],
  { values }: ContrastColumn,
): ContrastTrend[] {
  const bins = binGroups(counted.all);
  const places = new Map(units.map(({ of, id }, unit) => [`${of} ${id}`, unit]));
  return findings.slice(0, MOST_TRENDS).map(({ of, id }) => {
    const own = countsOf(counted, places.get(`${of} ${id}`) ?? 0);
    const points = bins.map(([start, end]) => {
      let [active, documents, sum] = [0, 0, 0];
      for (let g = start; g < end; g++) {
        active += own[g];
        documents += counted.all[g];
        sum += values[g] * counted.all[g];
      }
      const interval = wilsonInterval(active, documents);
      return { value: sum / documents, documents, rate: active / documents, interval };
    });
    return { of, id, points };
  });
}

/** Neighbouring groups together until each has enough documents, as [start, end); the last takes what is over. */
function binGroups(all: Uint32Array): [number, number][] {
  const least = Math.max(LEAST_POINT, Math.ceil(sumOf(all) / MOST_POINTS));
  const bins: [number, number][] = [];
  let [start, documents] = [0, 0];
  for (let g = 0; g < all.length; g++) {
    documents += all[g];
    if (documents < least) continue;
    bins.push([start, g + 1]);
    [start, documents] = [g + 1, 0];
  }
  if (documents === 0) return bins;
  const last = bins.pop();
  return [...bins, [last === undefined ? 0 : last[0], all.length]];
}
