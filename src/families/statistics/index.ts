/** How large, dense and separate families are, compared with random ones. */
export {
  type BlockRatio,
  type BlockRatios,
  type Layout,
  blockRatios,
  layOut,
  layOutUnordered,
  permuteLayout,
} from "./block-ratios.js";
export {
  type FamilyStatistics,
  type StatisticsOptions,
  familyRatios,
  familyStatistics,
} from "./family-statistics.js";
export { type StatisticsRecord, statisticsRecord, statisticsSchema } from "./statistics-record.js";
