import {
  type BranchNull,
  type EdgeAgreement,
  FEWEST_EDGES,
  type LatentAgreement,
} from "./agreement.js";
import type { FamilyAgreement } from "./family-agreement.js";
import type { UnitAgreement } from "./unit-agreement.js";

/** The null of edges that does best, which a share has to beat; a branch's says so, with the edges that it is about. */
export function hardestNull({
  shuffledNull,
  randomNull,
  branchNulls = [],
}: EdgeAgreement): { share: number } & Partial<Omit<BranchNull, "atLeast">> & { branch?: number } {
  const plain = [shuffledNull, randomNull].map(({ mean }) => ({ share: mean }));
  const branches = branchNulls
    .filter(({ edges }) => edges >= FEWEST_EDGES)
    .map(({ atLeast, ...rest }) => ({ ...rest, branch: atLeast }));
  return hardest<ReturnType<typeof hardestNull>>([...plain, ...branches]);
}

/** The null of coherence that does best; `branch` where it is one of branches of so many documents. */
export function hardestFamilyNull({
  meanCoherenceNull,
  branchNulls = [],
}: Pick<FamilyAgreement, "meanCoherenceNull" | "branchNulls">): {
  share: number;
  branch?: number;
} {
  const branches = branchNulls.map(({ atLeast, mean }) => ({ share: mean, branch: atLeast }));
  return hardest<ReturnType<typeof hardestFamilyNull>>([
    { share: meanCoherenceNull.mean },
    ...branches,
  ]);
}

/** What has the largest share of classes with an F1 over `level` besides the latents: other `units`, or shuffled documents. */
export function hardestLatentNull(
  { over }: Pick<LatentAgreement, "over">,
  baselines: readonly UnitAgreement[],
  level: number,
): { share: number; units?: string } {
  const others = baselines.map(({ units, active }) => ({
    units,
    share: active.over.find((found) => found.level === level)?.share ?? NaN,
  }));
  const shuffled = over.find((found) => found.level === level)?.null.mean ?? NaN;
  return hardest<ReturnType<typeof hardestLatentNull>>([{ share: shuffled }, ...others]);
}

/** The largest share, the first of equal ones; NaN where none is known. */
function hardest<T extends { share: number }>(nulls: readonly T[]): T | { share: number } {
  return nulls
    .filter(({ share }) => !Number.isNaN(share))
    .reduce<T | { share: number }>((most, one) => (most.share >= one.share ? most : one), {
      share: NaN,
    });
}
