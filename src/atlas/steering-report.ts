import type { SteeringEvaluation } from "../search/study/evaluate-steering.js";

/** A case of an evaluation of steering, as `steering.json` holds it. */
export type NamedCase = SteeringEvaluation["cases"][number] & {
  /** Id of the document that is the query. */
  id?: string;
  text?: string;
  upLabel: string;
  downLabel: string;
};

/** The content of `steering.json`. */
export interface SteeringReport extends SteeringEvaluation {
  cases: NamedCase[];
}
