import { COMPAT_EXAMPLES } from "../examples/draw-examples.js";
import type { ExampleOptions, ExampleSource } from "../examples/example.js";
import { PROMPT_VERSION } from "./prompt-texts.js";

/** How labels are generated and scored. */
export interface LabelProtocol {
  name: ProtocolName;
  /** Number of labels requested; the validate set chooses one of them. */
  candidates: number;
  /**
   * "steps": hypotheses from active and inactive documents before the labels; "direct": the labels alone, from active
   * documents.
   */
  explaining: "steps" | "direct";
  /**
   * "detection": yes or no for several documents per prompt; "word": one word, yes or no, for one document per prompt;
   * "confidence": a number for one document per prompt.
   */
  judging: "detection" | "word" | "confidence";
  /** Documents per prompt. */
  batch: number;
  /** Also scores labels by embeddings, where the corpus's embedder is at hand. Default false. */
  embedding?: boolean;
  /** The measure listed first among a label's scores, where it is known. */
  primary: "balanced-accuracy" | "f1" | "auc";
  examples: ExampleOptions;
  /** The examples for families. */
  familyExamples: ExampleOptions;
}

export type ProtocolName = "default" | "local" | "compat";

const LOCAL_EXAMPLES: ExampleOptions = {
  validate: { active: 0, inactive: 0 },
  score: { active: 10, inactive: 10 },
  inactive: ["random", "neighbour"],
  limit: { characters: 500 },
};

/**
 * The protocols by name. "default": three candidates from 10 + 10 documents of all activation strengths, one chosen on
 * 5 + 5 others and scored on 20 + 20 more; half of the inactive ones are hard. "local", for models of 1 to 8 billion
 * parameters on a server of one's own: one label from the 10 strongest documents, scored on 10 + 10 more, one per prompt, by
 * the log-probabilities of yes and no. "compat": the paper's single label from 5 + 5 documents, scored by confidence on
 * 3 + 3 (families 4 + 4), with its sampling errors corrected.
 */
export const PROTOCOLS: Readonly<Record<ProtocolName, LabelProtocol>> = {
  default: {
    name: "default",
    candidates: 3,
    explaining: "steps",
    judging: "detection",
    batch: 5,
    primary: "balanced-accuracy",
    examples: { inactive: ["random", "neighbour"] },
    familyExamples: {
      explain: { active: 0, inactive: 0 },
      score: { active: 20, inactive: 20 },
      inactive: ["random", "neighbour"],
    },
  },
  local: {
    name: "local",
    candidates: 1,
    explaining: "direct",
    judging: "word",
    batch: 1,
    embedding: true,
    primary: "auc",
    examples: { ...LOCAL_EXAMPLES, active: "strongest", explain: { active: 10, inactive: 0 } },
    familyExamples: { ...LOCAL_EXAMPLES, explain: { active: 0, inactive: 0 } },
  },
  compat: {
    name: "compat",
    candidates: 1,
    explaining: "steps",
    judging: "confidence",
    batch: 1,
    primary: "f1",
    examples: COMPAT_EXAMPLES,
    familyExamples: {
      ...COMPAT_EXAMPLES,
      active: "deciles",
      explain: { active: 0, inactive: 0 },
      score: { active: 4, inactive: 4 },
    },
  },
};

/** The protocol's examples without the kinds of inactive documents that the source does not support. */
export function fitExamples(
  examples: ExampleOptions,
  { embeddings, neighbours }: Pick<ExampleSource, "embeddings" | "neighbours">,
): ExampleOptions {
  const inactive = (examples.inactive ?? ["random"]).filter(
    (kind) => kind === "random" || (kind === "near" ? embeddings : neighbours) !== undefined,
  );
  return { ...examples, inactive };
}

/** Protocol and prompt version as a label records them. */
export function promptVersionOf({ name }: LabelProtocol): string {
  return `${name}@${PROMPT_VERSION}`;
}
