import { z } from "zod";
import type { Fields } from "../../core/schema.js";
import type { SteeringEvaluation } from "../../search/study/evaluate-steering.js";
import { caseFields, evaluationFields } from "../../search/study/steering-schema.js";

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

const namedCase: Fields<NamedCase> = {
  ...caseFields,
  id: z.string().optional(),
  text: z.string().optional(),
  upLabel: z.string(),
  downLabel: z.string(),
};

/** The content of `steering.json`. */
export const steeringSchema: z.ZodType<SteeringReport> = z.object({
  ...evaluationFields,
  cases: z.array(z.object(namedCase)),
} satisfies Fields<SteeringReport>);
