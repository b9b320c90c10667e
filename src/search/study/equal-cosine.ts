import { type Bootstrap, type MeanInterval, createBootstrap } from "../../core/bootstrap.js";
import type { SteeringMethod } from "../steer.js";
import { STEERING_MEASURES, type SteeringTrial, type TrialMeasures } from "./trials.js";
import { meanOf } from "../../core/statistics.js";

/** Means of the measures. */
export type MeasureMeans = Record<keyof TrialMeasures, MeanInterval>;

/**
 * A method's success where its steered queries have a given cosine to the originals. The points of a level are over the
 * queries and proportions that all its methods reach; a method that reaches it in under half of them all has no point.
 */
export interface CurvePoint {
  method: SteeringMethod;
  cosine: number;
  measures: MeasureMeans;
}

/** What a method has more of than another at the same cosine, query by query. */
export interface PairedDifference extends CurvePoint {
  against: SteeringMethod;
}

/** Methods held against each other at equal cosine. */
export interface EqualCosine {
  curves: CurvePoint[];
  differences: PairedDifference[];
}

/** Where methods are compared. */
export interface EqualCosineOptions {
  /** Default 0.95, 0.9, 0.8, 0.7, 0.6, 0.5. */
  levels?: readonly number[];
  /** Pairs [method, against]. Default: every other method against each of the paper's two. */
  pairs?: readonly (readonly [SteeringMethod, SteeringMethod])[];
  /** Of the bootstrap. Default 0. */
  seed?: number;
}

const COSINE_LEVELS: readonly number[] = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5];
const PAPERS: readonly SteeringMethod[] = ["additive", "reconstruction"];

/** Strengths in one proportion, ascending; they start at no edit. */
interface Ray {
  hasUp: boolean;
  hasDown: boolean;
  cells: { up: number; down: number }[];
}

/**
 * Compares methods at equal cosine. The pairs of strengths in one proportion of up to down form a ray from no edit
 * outwards; a proportion tried with one pair alone is left out. Along a ray a query's measures are interpolated to
 * where its cosine first falls to a level, and the mean over the rays is the query's value there: of up over rays with
 * some up, of down over those with some down, of success over those with both. A difference is over the rays that both
 * methods reach, its interval over queries.
 */
export function compareAtEqualCosine(
  trials: readonly SteeringTrial[],
  { levels = COSINE_LEVELS, pairs, seed }: EqualCosineOptions = {},
): EqualCosine {
  const methods = [...new Set(trials.map(({ method }) => method))];
  const count = trials.reduce((most, trial) => Math.max(most, trial.case + 1), 0);
  const bootstrap = createBootstrap(count, { seed });
  const rays = findRays(trials);
  const byKey = new Map(trials.map((trial) => [keyOf(trial.method, trial.case, trial), trial]));
  const reach = (method: SteeringMethod, level: number): RayValues[][] =>
    Array.from({ length: count }, (_, at) =>
      rays.map(({ cells }) => {
        const path = cells.flatMap((cell) => byKey.get(keyOf(method, at, cell)) ?? []);
        return interpolate(path, level);
      }),
    );
  const curves: CurvePoint[] = [];
  const differences: PairedDifference[] = [];
  const compared =
    pairs ??
    methods
      .filter((method) => !PAPERS.includes(method))
      .flatMap((method) =>
        PAPERS.filter((paper) => methods.includes(paper)).map((paper) => [method, paper] as const),
      );
  for (const cosine of levels) {
    const reached = new Map(methods.map((method) => [method, reach(method, cosine)]));
    const common = [...reached].filter(([, values]) => shareReached(values) >= 0.5);
    for (const [method, values] of common) {
      const isCommon = (at: number, r: number): boolean =>
        common.every(([, other]) => other[at][r] !== undefined);
      const shared = values.map((list, at) =>
        list.map((value, r) => (isCommon(at, r) ? value : undefined)),
      );
      curves.push({ method, cosine, measures: meansOf(bootstrap, shared, rays) });
    }
    for (const [method, against] of compared) {
      const [own, other] = [reached.get(method), reached.get(against)];
      if (!own || !other) continue;
      const gains = own.map((list, at) => list.map((value, r) => minus(value, other[at][r])));
      differences.push({ method, against, cosine, measures: meansOf(bootstrap, gains, rays) });
    }
  }
  return { curves, differences };
}

/** The measures of one query where it reaches a level along one ray; undefined where it does not. */
type RayValues = TrialMeasures | undefined;

function meansOf(
  bootstrap: Bootstrap,
  values: readonly RayValues[][],
  rays: readonly Ray[],
): MeasureMeans {
  return measuresFrom((measure) => {
    const fits = rays.map((ray) => isToldBy(ray, measure));
    return bootstrap(
      values.map((list) => {
        const known = list.flatMap((value, r) => (value && fits[r] ? value[measure] : []));
        return meanOf(known);
      }),
    );
  });
}

function isToldBy({ hasUp, hasDown }: Ray, measure: keyof TrialMeasures): boolean {
  if (measure === "success") return hasUp && hasDown;
  if (measure.startsWith("up")) return hasUp;
  return measure.startsWith("down") ? hasDown : true;
}

function shareReached(values: readonly RayValues[][]): number {
  const all = values.flat();
  return all.filter((value) => value !== undefined).length / all.length;
}

function findRays(trials: readonly SteeringTrial[]): Ray[] {
  const rays = new Map<string, Map<string, { up: number; down: number }>>();
  for (const { up, down } of trials) {
    if (up === 0 && down === 0) continue;
    const ratio = up === 0 ? "down" : (down / up).toPrecision(9);
    const cells = rays.get(ratio) ?? new Map<string, { up: number; down: number }>();
    cells.set(`${up} ${down}`, { up, down });
    rays.set(ratio, cells);
  }
  return [...rays.values()].flatMap((cells) => {
    if (cells.size < 2) return [];
    const sorted = [...cells.values()].sort((a, b) => a.up + a.down - b.up - b.down);
    const { up, down } = sorted[0];
    return { hasUp: up > 0, hasDown: down > 0, cells: [{ up: 0, down: 0 }, ...sorted] };
  });
}

/** The measures where a path's cosine first falls to `level`. */
function interpolate(path: readonly SteeringTrial[], level: number): RayValues {
  for (let i = 1; i < path.length; i++) {
    const [from, to] = [path[i - 1], path[i]];
    if (from.cosine < level) return undefined;
    if (to.cosine > level) continue;
    const share = from.cosine === to.cosine ? 0 : (from.cosine - level) / (from.cosine - to.cosine);
    return measuresFrom(
      (measure) => (1 - share) * from.measures[measure] + share * to.measures[measure],
    );
  }
  return undefined;
}

function minus(a: RayValues, b: RayValues): RayValues {
  return a && b ? measuresFrom((measure) => a[measure] - b[measure]) : undefined;
}

/** A value for every measure. */
export function measuresFrom<T>(
  make: (measure: keyof TrialMeasures) => T,
): Record<keyof TrialMeasures, T> {
  return Object.fromEntries(STEERING_MEASURES.map((measure) => [measure, make(measure)])) as Record<
    keyof TrialMeasures,
    T
  >;
}

function keyOf(
  method: SteeringMethod,
  at: number,
  { up, down }: { up: number; down: number },
): string {
  return `${method} ${at} ${up} ${down}`;
}
