/** Who starts a plan's tasks: this process, Apache Spark or Ray. */
export const SCHEDULERS = ["local", "spark", "ray"] as const;
export type SchedulerName = (typeof SCHEDULERS)[number];
