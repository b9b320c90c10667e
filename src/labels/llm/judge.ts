import { ownValue } from "../../core/collections.js";
import type { ChatModel, Question, TokenLogprob } from "../../llm/types.js";
import { type Asking, type Spent, addSpent, askOrFail } from "./ask.js";
import type { Verdict } from "../evidence/evidence.js";
import type { Example } from "../examples/example.js";
import { confidenceQuestion, detectQuestion, verdictQuestion, yesOrNo } from "./prompts.js";
import type { LabelProtocol } from "./protocol.js";
import { yesProbabilities, yesProbability } from "./verdict-logprobs.js";

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
  const batches = splitBatches(examples, options.batch);
  const judged = await Promise.all(
    batches.map(async (batch) => {
      const asked = await askBatch(judge, label, batch, options);
      const single = await Promise.all(
        batch.map(async (example, i): Promise<{ verdict: Verdict; again?: Asked }> => {
          const isMissing = asked.answers[i] === undefined && batch.length > 1;
          const again = isMissing ? await askBatch(judge, label, [example], options) : undefined;
          const found = again === undefined ? asked.answers[i] : again.answers[0];
          const { key } = again ?? asked;
          const expected = example.kind === "active";
          const verdict = { id: example.id, label, set, expected };
          return { verdict: { ...verdict, ...(found ?? { answer: null, key }) }, again };
        }),
      );
      return { asked, single };
    }),
  );
  // In the order of the questions, not of the answers: the sum's last digits depend on it.
  const spent: Spent = { cost: 0, date: "" };
  for (const { asked } of judged) addSpent(spent, asked);
  for (const { again } of judged.flatMap(({ single }) => single)) {
    if (again !== undefined) addSpent(spent, again);
  }
  const verdicts = judged.flatMap(({ single }) => single.map(({ verdict }) => verdict));
  return { verdicts, ...spent };
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
  const ask = async <T>(
    question: Question<T>,
    read: (value: T, logprobs: TokenLogprob[] | undefined) => (Said | undefined)[],
  ): Promise<Asked> => {
    const answer = await askOrFail(judge, question, options);
    const { key, cost, date } = answer;
    if (answer.status === "failed") {
      return { answers: batch.map(() => undefined), key, cost, date };
    }
    const said = read(answer.value, answer.logprobs);
    return { answers: said.map((one) => one && { ...one, key }), key, cost, date };
  };
  if (options.judging === "confidence") {
    return ask(confidenceQuestion(prompt), (value) => {
      const confidence = Number(value.confidence);
      return [{ answer: confidence > 0, confidence }];
    });
  }
  if (options.judging === "word") {
    return ask(verdictQuestion(prompt), (verdict, logprobs) => [
      saidBy(verdict, yesProbability(logprobs?.[0]?.top)),
    ]);
  }
  const instead =
    batch.length === 1
      ? undefined
      : () =>
          documents.map(
            ({ text }) =>
              detectQuestion({ ...prompt, documents: [{ id: "d1", text }] }) as Question<unknown>,
          );
  return ask({ ...detectQuestion(prompt), instead }, (verdicts, logprobs) => {
    const probabilities = yesProbabilities(logprobs, verdicts);
    return documents.map(({ id }) => {
      const verdict = yesOrNo(ownValue(verdicts, id));
      return verdict && saidBy(verdict, probabilities.get(id));
    });
  });
}

type Said = Pick<Verdict, "answer" | "confidence" | "probability">;

function saidBy(verdict: "yes" | "no", probability: number | undefined): Said {
  return { answer: verdict === "yes", ...(probability === undefined ? {} : { probability }) };
}
