import type { Part } from "./part.js";
import { agreementPart } from "./parts/agreement.js";
import { budgetsPart } from "./parts/budgets.js";
import { coactivationPart } from "./parts/coactivation.js";
import { contrastPart } from "./parts/contrast.js";
import { demoPart } from "./parts/demo.js";
import { encodePart } from "./parts/encode.js";
import { explorerUsePart } from "./parts/explorer-use.js";
import { explorerPart } from "./parts/explorer.js";
import { familiesPart } from "./parts/families.js";
import { firstPassPart } from "./parts/first-pass.js";
import { keywordsPart } from "./parts/keywords.js";
import { labelSamplesPart } from "./parts/label-samples.js";
import { largePart } from "./parts/large.js";
import { mapQualityPart } from "./parts/map-quality.js";
import { mapPart } from "./parts/map.js";
import { millionPart } from "./parts/million.js";
import { nestedPart } from "./parts/nested.js";
import { pacingPart } from "./parts/pacing.js";
import { parquetPart } from "./parts/parquet.js";
import { promptsPart } from "./parts/prompts.js";
import { readersPart } from "./parts/readers.js";
import { edgeWeightsPart, sampleSaePart } from "./parts/sample.js";
import { searchPart } from "./parts/search.js";
import { shardsPart } from "./parts/shards.js";
import { stabilityPart } from "./parts/stability.js";
import { steeringPart } from "./parts/steering.js";
import { trainPart } from "./parts/train.js";
import { unitsPart } from "./parts/units.js";

/** All parts, in the order of the page. */
export const PARTS: readonly Part[] = [
  encodePart,
  shardsPart,
  millionPart,
  firstPassPart,
  trainPart,
  coactivationPart,
  familiesPart,
  mapPart,
  largePart,
  searchPart,
  demoPart,
  explorerPart,
  explorerUsePart,
  readersPart,
  parquetPart,
  keywordsPart,
  mapQualityPart,
  agreementPart,
  budgetsPart,
  sampleSaePart,
  nestedPart,
  edgeWeightsPart,
  unitsPart,
  labelSamplesPart,
  stabilityPart,
  contrastPart,
  steeringPart,
  promptsPart,
  pacingPart,
];
