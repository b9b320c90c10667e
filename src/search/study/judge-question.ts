import { z } from "zod";
import type { Answer, Question } from "../../llm/types.js";
import { createRandom, sampleIndices, shuffleInPlace } from "../../core/random.js";
import type { SteeringCase } from "./evaluation-cases.js";

/** What one of the judge's options means. */
export type OptionKind = "up" | "down" | "distractor";

/** A judge's answer to one steered search; undefined where it failed. */
export interface Verdict {
  up?: OptionKind;
  down?: OptionKind;
}

/** How often a judge was right; failed answers are neither right nor wrong. */
export interface JudgedSearches {
  /** Answers that could be used. */
  total: number;
  failed: number;
  upRight: number;
  downRight: number;
  /** What was chosen as having gone up, and as having gone down. */
  upChosen: Record<OptionKind, number>;
  downChosen: Record<OptionKind, number>;
}

/** A case as a judge sees it. */
export interface JudgedCase extends Pick<SteeringCase, "up" | "down"> {
  /** Distinguishes cases: it goes into the seed of their options. */
  id: number;
  /** Texts of the results without and with the edits, best first. */
  before: readonly string[];
  after: readonly string[];
}

/** A question with the key to its answer. */
export interface JudgeQuestion {
  question: Question<JudgeAnswer>;
  /** What each option means. */
  kinds: OptionKind[];
}

interface JudgeAnswer {
  up: (typeof LETTERS)[number];
  down: (typeof LETTERS)[number];
}

const LETTERS = ["A", "B", "C", "D", "E"] as const;
const DISTRACTORS = 3;
const SCHEMA = z.object({ up: z.enum(LETTERS), down: z.enum(LETTERS) });

/** Share of right answers of a judge that guesses. */
export const JUDGE_CHANCE: number = 1 / LETTERS.length;

/**
 * Asks which of five topics the results after have more of and which less of than those before: the two true labels and
 * three of other latents of `pool` that read differently, shuffled on a seed. Throws RangeError where `pool` has too
 * few.
 */
export function judgeQuestion(
  { id, up, down, before, after }: JudgedCase,
  labels: readonly string[],
  pool: readonly number[],
  seed = 0,
): JudgeQuestion {
  const random = createRandom(seed + 7919 * (id + 1));
  const taken = new Set([labels[up], labels[down]]);
  const distractors: string[] = [];
  for (const place of sampleIndices(pool.length, pool.length, random)) {
    if (distractors.length === DISTRACTORS) break;
    const label = labels[pool[place]];
    if (taken.has(label)) continue;
    taken.add(label);
    distractors.push(label);
  }
  if (distractors.length < DISTRACTORS) {
    throw new RangeError(
      `judgeQuestion: ${DISTRACTORS} labels of other latents are needed, got ${distractors.length}`,
    );
  }
  const options: { label: string; kind: OptionKind }[] = [
    { label: labels[up], kind: "up" },
    { label: labels[down], kind: "down" },
    ...distractors.map((label) => ({ label, kind: "distractor" as const })),
  ];
  shuffleInPlace(options, random);
  const lines = options.map(({ label }, i) => `${LETTERS[i]}. ${label}`);
  return {
    kinds: options.map(({ kind }) => kind),
    question: {
      prompt: { name: "steering-judge", version: "2" },
      system:
        "You compare two lists of search results. Between the first list and the second, one topic was strengthened and " +
        "another was weakened. From five topics, choose the one that is more prominent in the second list and the one " +
        "that is less prominent. Always answer both, with the letters of the topics.",
      user: [
        `First list:\n${numbered(before)}`,
        `Second list:\n${numbered(after)}`,
        `Topics:\n${lines.join("\n")}`,
        'Which topic is more prominent in the second list ("up"), and which is less prominent ("down")?',
      ].join("\n\n"),
      schemaName: "steering_judgement",
      schema: SCHEMA,
      maxTokens: 60,
    },
  };
}

/** What a judge chose. */
export function readVerdict(answer: Answer<JudgeAnswer>, kinds: readonly OptionKind[]): Verdict {
  if (answer.status !== "ok") return {};
  const kindOf = (letter: (typeof LETTERS)[number]): OptionKind => kinds[LETTERS.indexOf(letter)];
  return { up: kindOf(answer.value.up), down: kindOf(answer.value.down) };
}

/** Counts verdicts. */
export function countVerdicts(verdicts: readonly Verdict[]): JudgedSearches {
  const none = (): Record<OptionKind, number> => ({ up: 0, down: 0, distractor: 0 });
  const [upChosen, downChosen] = [none(), none()];
  let total = 0;
  for (const { up, down } of verdicts) {
    if (up === undefined || down === undefined) continue;
    total++;
    upChosen[up]++;
    downChosen[down]++;
  }
  return {
    total,
    failed: verdicts.length - total,
    upRight: upChosen.up,
    downRight: downChosen.down,
    upChosen,
    downChosen,
  };
}

function numbered(texts: readonly string[]): string {
  return texts.map((text, i) => `${i + 1}. ${text.replace(/\s+/g, " ").trim()}`).join("\n");
}
