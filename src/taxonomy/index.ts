/**
 * Agreement with a known taxonomy such as WordNet's: the best class of a latent, edges that follow it, coherent
 * families.
 */
export {
  type BranchNull,
  type EdgeAgreement,
  FEWEST_EDGES,
  type FamilyAgreement,
  type FamilyMatch,
  type LatentAgreement,
  edgeAgreement,
  familyAgreement,
  hardestNull,
  latentAgreement,
} from "./agreement.js";
export { type LatentMatch, type MatchOptions, matchLatents, unitePostings } from "./best-class.js";
export {
  type ClassIndex,
  type ClassIndexOptions,
  buildClassIndex,
  isAboveOrEqual,
} from "./class-index.js";
export { matchHeldOut } from "./held-out.js";
export { type MemberCoherence, memberCoherence } from "./member-coherence.js";
export {
  type TaxonomyParts,
  type TaxonomyReport,
  chanceByLatent,
  reportTaxonomy,
} from "./taxonomy-report.js";
