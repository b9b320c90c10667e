import type { ChatModel } from "../../llm/types.js";
import { type Asking, type Spent, askOrFail } from "./ask.js";
import type { ExplanationRecord } from "../evidence/evidence.js";
import type { Example } from "../examples/example.js";
import { type Explained, type LabelQuestion, distinctNames, explainQuestion } from "./prompts.js";

/** Options of interpretLatent. */
export interface InterpretOptions extends Asking {
  /** Number of labels requested. */
  candidates: number;
  /** What the corpus contains, such as "abstracts of papers in astronomy". */
  subject?: string;
}

/** Labels that an explainer proposed, best first; none if its answer failed. */
export interface Interpretation extends Spent {
  labels: string[];
  record: ExplanationRecord;
}

/** Asks the explainer for labels of a latent, based on its examples. */
export async function interpretLatent(
  explainer: ChatModel,
  examples: readonly Example[],
  options: InterpretOptions,
): Promise<Interpretation> {
  const answer = await askOrFail(explainer, questionOf(examples, options), options);
  const { key, cost, date } = answer;
  if (answer.status === "failed") {
    const { reason } = answer;
    return { labels: [], cost, date, record: { key, status: "failed", reason, labels: [] } };
  }
  const labels = distinctNames(answer.value.labels, options.candidates);
  const reasoning = describeSteps(answer.value);
  return { labels, cost, date, record: { key, status: "ok", labels, reasoning } };
}

function questionOf(
  examples: readonly Example[],
  { candidates, subject }: InterpretOptions,
): LabelQuestion<Explained> {
  const isActive = ({ kind }: Example): boolean => kind === "active";
  const ordered = [...examples.filter(isActive), ...examples.filter((one) => !isActive(one))];
  const highest = Math.max(...examples.map(({ activation }) => activation));
  const documents = ordered.map(({ text, activation }, i) => ({
    id: `d${i + 1}`,
    strength: Math.ceil((10 * activation) / highest),
    text,
  }));
  return explainQuestion({ documents, candidates, subject });
}

function describeSteps({ hypotheses, struck, granularity }: Explained): string {
  return [
    `Hypotheses: ${hypotheses.join("; ")}`,
    `Struck: ${struck.length > 0 ? struck.join("; ") : "none"}`,
    `Granularity: ${granularity}`,
  ].join("\n");
}
