/** The steps of a build. */
export { refreshLabels } from "./refresh.js";
export { saveScores } from "./refresh.js";
export { findFamilies } from "./find-families.js";
export { buildFolder } from "./build.js";
export { chooseTraining } from "./choose-training.js";
