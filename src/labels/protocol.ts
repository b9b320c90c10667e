import { COMPAT_EXAMPLES } from "./examples/draw-examples.js";
import type { ExampleOptions, ExampleSource } from "./examples/example.js";
import { PROMPT_VERSION } from "./prompts.js";

/** How labels are made and scored. */
export interface LabelProtocol {
  name: ProtocolName;
  /** Labels asked for; one of them is chosen by the validate set. */
  candidates: number;
  /** Yes or no for several documents a prompt, or a confidence for each by itself. */
  judging: "detection" | "confidence";
  /** Documents a prompt. */
  batch: number;
  /** The measure that a label is judged by first. */
  primary: "balanced-accuracy" | "f1";
  examples: ExampleOptions;
  /** For families. */
  familyExamples: ExampleOptions;
}

export type ProtocolName = "default" | "compat";

/**
 * The protocols by name. "default": three candidates from 10 + 10 documents over all strengths, chosen by 5 + 5 others
 * and scored on 20 + 20 more, half of the inactive ones hard. "compat": the paper's one label from 5 + 5 documents,
 * scored by confidence on 3 + 3 (families 4 + 4), with its sampling mended.
 */
export const PROTOCOLS: Readonly<Record<ProtocolName, LabelProtocol>> = {
  default: {
    name: "default",
    candidates: 3,
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
  compat: {
    name: "compat",
    candidates: 1,
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

/** The protocol's examples without the kinds of inactive documents that the source has nothing for. */
export function fitExamples(
  examples: ExampleOptions,
  { embeddings, neighbours }: Pick<ExampleSource, "embeddings" | "neighbours">,
): ExampleOptions {
  const inactive = (examples.inactive ?? ["random"]).filter(
    (kind) => kind === "random" || (kind === "near" ? embeddings : neighbours) !== undefined,
  );
  return { ...examples, inactive };
}

/** How a record tells protocol and prompts. */
export function promptVersionOf({ name }: LabelProtocol): string {
  return `${name}@${PROMPT_VERSION}`;
}
