import { measureAuc } from "../../core/auc.js";
import type { ChatModel } from "../../llm/types.js";
import { createRandom, shuffleInPlace } from "../../core/random.js";
import type { Label, Score } from "../../records/label.js";
import { drawExamples } from "../examples/draw-examples.js";
import type { Example, ExampleSource } from "../examples/example.js";
import { activeTest } from "../examples/inactive-examples.js";
import { type Asking, createAsking } from "./ask.js";
import { judgeLabel } from "./judge.js";
import type { LabelProtocol } from "./protocol.js";

/** Latents that a judge is checked on, and documents of each. */
const LATENTS = 8;
const DOCUMENTS = 4;
/** Words of a latent's keyword label. */
const WORDS = 3;

/** The name of the score that `checkJudge` gives. */
export const JUDGE_CHECK = "judge-auc";

/** How a judge is checked. */
export interface JudgeCheckOptions {
  protocol: LabelProtocol;
  subject?: string;
  /** Random seed of the examples. Default 0. */
  seed?: number;
  signal?: AbortSignal;
}

/**
 * How well a judge tells the keyword label of a latent from that of another: eight latents whose four strongest documents
 * all have a word of their keyword label, each judged by it and by the label of another one of the eight. The AUC of the
 * answers, 0.5 for a judge that cannot; `n` is the number of answers. Undefined where fewer than two latents have such
 * labels. Rejects as labelLatents does.
 */
export async function checkJudge(
  source: ExampleSource,
  labels: Iterable<Label>,
  judge: ChatModel,
  { protocol, subject, seed = 0, signal }: JudgeCheckOptions,
): Promise<Score | undefined> {
  const chosen = chooseSubjects(source, labels, protocol, seed);
  if (chosen.length < 2) return undefined;
  const asked: Asking & Pick<LabelProtocol, "judging" | "batch"> & { subject?: string } = {
    ...createAsking(signal),
    ...{ judging: protocol.judging, batch: protocol.batch, subject },
  };
  const values = async (label: string, examples: readonly Example[]): Promise<number[]> => {
    const { verdicts } = await judgeLabel(judge, label, examples, "validate", asked);
    return verdicts.flatMap(({ answer, probability, confidence }) =>
      answer === null ? [] : [probability ?? confidence ?? Number(answer)],
    );
  };
  const judged = await Promise.all(
    chosen.map(async ({ text, examples }, i) => {
      const other = chosen[(i + Math.ceil(chosen.length / 2)) % chosen.length];
      const isOther = activeTest(source.postings, other.latent);
      const only = examples.filter(({ row }) => !isOther(row));
      return { own: await values(text, examples), dealt: await values(other.text, only) };
    }),
  );
  const own = judged.flatMap((one) => one.own);
  const dealt = judged.flatMap((one) => one.dealt);
  // A judge that does not answer cannot judge.
  const auc = measureAuc(own, dealt) ?? { value: 0.5 };
  return { name: JUDGE_CHECK, n: own.length + dealt.length, ...auc };
}

interface Subject {
  latent: number;
  text: string;
  examples: Example[];
}

// In seeded order, by keywords alone: the same latents also where other labels have taken the keywords' place.
function chooseSubjects(
  source: ExampleSource,
  labels: Iterable<Label>,
  { examples: { limit } }: LabelProtocol,
  seed: number,
): Subject[] {
  const candidates = [...labels].filter(({ keywords = [] }) => keywords.length > 0);
  shuffleInPlace(candidates, createRandom(seed));
  const chosen: Subject[] = [];
  const used = new Set<string>();
  for (const { id, keywords = [] } of candidates) {
    if (chosen.length === LATENTS) break;
    if (keywords.some((word) => used.has(word))) continue;
    const none = { active: 0, inactive: 0 };
    const drawn = drawExamples(source, id, {
      ...{ active: "top", explain: none, validate: none, least: 1, seed, limit },
      score: { active: DOCUMENTS, inactive: 0 },
    });
    if ("reason" in drawn) continue;
    const words = keywords.slice(0, WORDS);
    const holds = ({ text }: Example): boolean =>
      words.some((word) => text.toLowerCase().includes(word.toLowerCase()));
    if (!drawn.score.every(holds)) continue;
    for (const word of keywords) used.add(word);
    chosen.push({ latent: id, text: words.join(", "), examples: drawn.score });
  }
  return chosen;
}
