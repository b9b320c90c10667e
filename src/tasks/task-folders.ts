/** Documents that one task encodes: starting Node and ONNX Runtime costs as much as 1,000 to 5,000 of them. */
export const SHARD_DOCUMENTS = 100_000;

/** Folders of the tasks' results, beside the plan. */
export const TASK_FOLDERS = {
  codes: "codes",
  partials: "partials",
  totals: "totals",
  labels: "labels",
} as const;
