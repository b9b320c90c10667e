/** What differs between documents: latents and families by class or number, with false discoveries controlled. */
export {
  type ContrastColumn,
  LEAST_DOCUMENTS,
  classColumn,
  numberColumn,
} from "./contrast-column.js";
export {
  type Contrast,
  type ContrastFinding,
  type ContrastOptions,
  type ContrastTrend,
  contrastDocuments,
} from "./contrast.js";
export { type ContrastUnit, contrastUnits } from "./contrast-units.js";
export { type Effect, type Rate, rankDifference, rateDifference } from "./effects.js";
export { subsetPValue } from "./subset-test.js";
