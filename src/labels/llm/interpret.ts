import type { ChatModel } from "../../llm/types.js";
import type { Fields } from "./answer-form.js";
import { type Asking, type Spent, askOrFail } from "./ask.js";
import type { ExplanationRecord } from "../evidence/evidence.js";
import type { Example } from "../examples/example.js";
import { type NameKind, namesOf } from "./names.js";
import { type LabelQuestion, type PromptContext, explainQuestion } from "./prompts.js";
import type { LabelProtocol } from "./protocol.js";

/** Options of interpretLatent. */
export interface InterpretOptions
  extends Asking, PromptContext, Pick<LabelProtocol, "candidates" | "explaining"> {
  /** Another latent's label that this one shall not have, and texts that it stands for. */
  taken?: { label: string; texts: readonly string[] };
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
  { candidates, explaining, subject, language, taken, ...asking }: InterpretOptions,
): Promise<Interpretation> {
  const direct = explaining === "direct";
  const active = examples.filter(({ kind }) => kind === "active");
  // Small models go by what they read first.
  if (direct) active.sort((a, b) => b.activation - a.activation);
  const inactive = examples.filter(({ kind }) => kind !== "active");
  const highest = Math.max(...examples.map(({ activation }) => activation));
  const documents = [
    ...active.map(({ text, activation }) => ({
      strength: Math.ceil((10 * activation) / highest),
      text,
    })),
    ...(taken?.texts ?? inactive.map(({ text }) => text)).map((text) => ({ strength: 0, text })),
  ].map((document, i) => ({ id: `d${i + 1}`, ...document }));
  const prompt = { documents, candidates, direct, taken: taken?.label, subject, language };
  return askForNames(explainer, explainQuestion(prompt), "label", asking);
}

/** Asks a question whose answer has steps of reasoning and names. */
export async function askForNames(
  explainer: ChatModel,
  question: LabelQuestion<Fields>,
  kind: NameKind,
  asking: Asking,
): Promise<Interpretation> {
  const answer = await askOrFail(explainer, question, asking);
  const { key, cost, date } = answer;
  if (answer.status === "failed") {
    const { reason } = answer;
    return { labels: [], cost, date, record: { key, status: "failed", reason, labels: [] } };
  }
  const labels = namesOf(answer.value, kind);
  const steps = Object.entries(answer.value).filter(([name]) => !name.startsWith(kind));
  const reasoning = steps
    .map(([name, text]) => `${name[0].toUpperCase()}${name.slice(1)}: ${text}`)
    .join("\n");
  const record: ExplanationRecord = { key, status: "ok", labels, ...(reasoning && { reasoning }) };
  return { labels, cost, date, record };
}
