import type { ChatModel } from "../llm/types.js";
import { type Asking, type Spent, addSpent, askOrFail } from "./ask.js";
import type { Verdict } from "./evidence/evidence.js";
import type { Example } from "./examples/example.js";
import { confidenceQuestion, detectQuestion } from "./prompts.js";
import type { LabelProtocol } from "./protocol.js";
import { yesProbabilities } from "./verdict-logprobs.js";

/** Options of judgeLabel. */
export interface JudgeOptions extends Asking, Pick<LabelProtocol, "judging" | "batch"> {
  /** What the corpus contains. */
  subject?: string;
}

/** The judge's verdicts on a label, one per document in the order of the examples. */
export interface Judgement extends Spent {
  verdicts: Verdict[];
}

interface Asked extends Spent {
  /** By index in the batch; undefined if unreadable. */
  answers: (Pick<Verdict, "answer" | "confidence" | "probability" | "key"> | undefined)[];
  key: string;
}

/**
 * Asks the judge whether a label applies to each of the examples. Documents of a batch whose answer is missing,
 * duplicated or unreadable are asked about again one by one; if that fails too, `answer` is null.
 */
export async function judgeLabel(
  judge: ChatModel,
  label: string,
  examples: readonly Example[],
  set: Verdict["set"],
  options: JudgeOptions,
): Promise<Judgement> {
  const spent: Spent = { cost: 0, date: "" };
  const batches = splitBatches(examples, options.batch);
  const judged = await Promise.all(
    batches.map(async (batch) => {
      const asked = await askBatch(judge, label, batch, options);
      addSpent(spent, asked);
      return Promise.all(
        batch.map(async (example, i): Promise<Verdict> => {
          let found = asked.answers[i];
          let { key } = asked;
          if (found === undefined && batch.length > 1) {
            const again = await askBatch(judge, label, [example], options);
            addSpent(spent, again);
            [found] = again.answers;
            ({ key } = again);
          }
          const expected = example.kind === "active";
          return { id: example.id, label, set, expected, ...(found ?? { answer: null, key }) };
        }),
      );
    }),
  );
  return { verdicts: judged.flat(), ...spent };
}

function splitBatches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

async function askBatch(
  judge: ChatModel,
  label: string,
  batch: readonly Example[],
  options: JudgeOptions,
): Promise<Asked> {
  const documents = batch.map(({ text }, i) => ({ id: `d${i + 1}`, text }));
  const prompt = { label, documents, subject: options.subject };
  if (options.judging === "confidence") {
    const answer = await askOrFail(judge, confidenceQuestion(prompt), options);
    const { key, cost, date } = answer;
    if (answer.status === "failed") return { answers: [undefined], key, cost, date };
    const { confidence } = answer.value;
    return { answers: [{ answer: confidence > 0, confidence, key }], key, cost, date };
  }
  const answer = await askOrFail(judge, detectQuestion(prompt), options);
  const { key, cost, date } = answer;
  if (answer.status === "failed") {
    return { answers: batch.map(() => undefined), key, cost, date };
  }
  const entries = answer.value.answers;
  const probabilities = yesProbabilities(
    answer.logprobs,
    entries.map(({ verdict }) => verdict),
  );
  const answers = documents.map(({ id }) => {
    const places = entries.flatMap((entry, place) => (entry.id === id ? [place] : []));
    if (places.length !== 1) return undefined;
    const [place] = places;
    const probability = probabilities?.[place];
    const said = { answer: entries[place].verdict === "yes", key };
    return probability === undefined ? said : { ...said, probability };
  });
  return { answers, key, cost, date };
}
