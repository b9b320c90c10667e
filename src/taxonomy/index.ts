/**
 * Agreement with a known taxonomy such as WordNet's: the best class of a latent, edges that follow it, coherent
 * families.
 */
export {
  type BranchNull,
  type EdgeAgreement,
  FEWEST_EDGES,
  type LatentAgreement,
  edgeAgreement,
  latentAgreement,
} from "./agreement.js";
export {
  type LatentMatch,
  type MatchOptions,
  highestF1,
  matchLatents,
  unitePostings,
} from "./best-class.js";
export {
  type ClassIndex,
  type ClassIndexOptions,
  buildClassIndex,
  isAboveOrEqual,
} from "./class-index.js";
export { type FamilyAgreement, type FamilyMatch, familyAgreement } from "./family-agreement.js";
export { hardestFamilyNull, hardestLatentNull, hardestNull } from "./hardest-null.js";
export { matchHeldOut } from "./held-out.js";
export { type MemberCoherence, memberCoherence } from "./member-coherence.js";
export {
  type TaxonomyParts,
  type TaxonomyReport,
  chanceByLatent,
  reportTaxonomy,
} from "./taxonomy-report.js";
export { type UnitAgreement, type UnitSummary, unitAgreement } from "./unit-agreement.js";
