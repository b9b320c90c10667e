import { type MeasureMeans, measuresFrom } from "../../../src/search/study/index.js";

/** Measures that are all the same. */
export function evenMeasures(mean: number, n = 10): MeasureMeans {
  return measuresFrom(() => ({ mean, interval: [mean - 0.05, mean + 0.05], n }));
}
