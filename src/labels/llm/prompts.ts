import { z } from "zod";
import type { Question } from "../../llm/types.js";
import { type Fields, answerForm, readFields } from "./answer-form.js";
import { type NameKind, sameName, tidyName, usableNames } from "./names.js";
import {
  CLOSE,
  CONFIDENCE,
  DATA_RULE,
  DETECT,
  DIRECT,
  DIRECT_QUESTION,
  FAMILY,
  OPEN,
  PROMPT_VERSION,
  STEPS,
  VERDICT,
} from "./prompt-texts.js";
import { verdictLogprobs, wordLogprobs } from "./verdict-logprobs.js";

/** A question with an answer of typical length, for estimating the cost before anything is sent. */
export interface LabelQuestion<T> extends Question<T> {
  standIn: T;
}

/** A document as it appears in a prompt; `id` is local to the prompt. */
export interface PromptDocument {
  id: string;
  text: string;
  /** For the explainer only: 1 to 10, or 0 where the latent is inactive. */
  strength?: number;
}

/** What a run says in each of its prompts. */
export interface PromptContext {
  /** What the corpus contains, such as "abstracts of papers in astronomy". */
  subject?: string;
  /** The language of labels, such as "German". Default: the model's choice. */
  language?: string;
}

/** Input of explainQuestion. */
export interface ExplainPrompt extends PromptContext {
  documents: readonly PromptDocument[];
  /** Number of labels requested. */
  candidates: number;
  /** Asks for the label alone, of a list of texts without strengths: for small models. Default false. */
  direct?: boolean;
  /** A label that others have, which those documents with strength 0 stand for. */
  taken?: string;
}

/** The question that asks for labels of a latent; `namesOf` reads its answer. */
export function explainQuestion({
  documents,
  candidates,
  direct = false,
  taken,
  ...context
}: ExplainPrompt): LabelQuestion<Fields> {
  const steps = direct ? [] : ["hypotheses", "struck", "granularity"];
  const active = documents.filter(({ strength }) => strength !== 0);
  const others = documents.filter(({ strength }) => strength === 0);
  const shown = direct
    ? active.map(({ text }) => jsonLine({ text }))
    : [block(documents.map(({ id, strength, text }) => ({ id, strength, text })))];
  if (taken !== undefined) {
    const [those, tells] = direct
      ? ["these other texts", others.map(({ text }) => jsonLine({ text }))]
      : ["documents with strength 0", []];
    shown.push(
      jsonLine({ taken }),
      `The label above is taken: it stands for ${those}. Give one that does not fit them.`,
      ...tells,
    );
  }
  if (direct) shown.push(DIRECT_QUESTION);
  return {
    prompt: { name: direct ? "explain-directly" : "explain", version: PROMPT_VERSION },
    system: inContext(direct ? [DIRECT] : [STEPS, DATA_RULE], context),
    ...namesAsked(shown, steps, "label", candidates, taken),
    schemaName: "explanation",
    maxTokens: (direct ? 20 : 600) + 40 * candidates,
    standIn: {
      ...(direct
        ? {}
        : {
            hypotheses: "a first shared property of them; another property that they share",
            struck: "another property that they share",
            granularity: "What remains applies to weakly and strongly active documents alike.",
          }),
      ...standInNames("label", candidates),
    },
  };
}

/** Input of familyQuestion. */
export interface FamilyPrompt extends PromptContext {
  /** The parent's label; empty if it has none. */
  parent: string;
  children: readonly string[];
  candidates: number;
}

/** The question that asks for names of a family; `namesOf` reads its answer. */
export function familyQuestion({
  parent,
  children,
  candidates,
  ...context
}: FamilyPrompt): LabelQuestion<Fields> {
  const parents = parent === "" ? [] : [{ parent }];
  const lines = [...parents, ...children.map((child) => ({ child }))].map(jsonLine);
  return {
    prompt: { name: "name-family", version: PROMPT_VERSION },
    system: inContext([FAMILY], context),
    ...namesAsked(["BEGIN LABELS", ...lines, "END LABELS"], ["common"], "name", candidates),
    schemaName: "family_name",
    maxTokens: 250 + 40 * candidates,
    standIn: {
      common: "They are all kinds of the same thing, seen from different sides.",
      ...standInNames("name", candidates),
    },
  };
}

/** Input of detectQuestion and confidenceQuestion. */
export interface JudgePrompt extends Pick<PromptContext, "subject"> {
  label: string;
  documents: readonly PromptDocument[];
}

/**
 * The question whether a label applies, with a yes or no per document, by its id. Documents that the answer leaves out
 * are missing from it; at least one is not.
 */
export function detectQuestion({
  label,
  documents,
  ...context
}: JudgePrompt): LabelQuestion<Fields> {
  const ids = documents.map(({ id }) => id);
  const form = answerForm(
    Object.fromEntries(ids.map((id) => [id, '"yes" or "no"'])),
    z.enum(["yes", "no"]),
  );
  return {
    prompt: { name: "detect", version: PROMPT_VERSION },
    system: inContext([DETECT], context),
    // The label stands last: providers' caches then hold the documents for the next label that is judged on them.
    user: [block(documents), jsonLine({ label }), form.text].join("\n"),
    schemaName: "verdicts",
    schema: form.schema,
    maxTokens: 20 + 12 * documents.length,
    logprobs: true,
    keepLogprobs: verdictLogprobs,
    read: (text) => readVerdicts(text, ids),
    standIn: Object.fromEntries(ids.map((id) => [id, "yes"])),
  };
}

/** The question whether a label applies to one document, answered by one word. */
export function verdictQuestion({
  label,
  documents: [{ text }],
  ...context
}: JudgePrompt): LabelQuestion<"yes" | "no"> {
  return {
    prompt: { name: "verdict", version: PROMPT_VERSION },
    system: inContext([VERDICT], context),
    // The label stands first: what comes before the document is the same for all documents of a label, so that a server
    // of one's own reads it once.
    user: [jsonLine({ label }), jsonLine({ text }), "yes or no?"].join("\n"),
    form: "text",
    schemaName: "verdict",
    schema: z.enum(["yes", "no"]),
    maxTokens: 1,
    logprobs: true,
    keepLogprobs: wordLogprobs,
    read: (said, logprobs) => yesOrNo(said) ?? yesOrNo(wordLogprobs(logprobs ?? [])[0]?.token),
    standIn: "yes",
  };
}

/** The question how confident the judge is that a label applies to one document. */
export function confidenceQuestion({
  label,
  documents,
  ...context
}: JudgePrompt): LabelQuestion<Fields> {
  const { schema, text } = answerForm({ confidence: "a number from -1 to 1" }, z.number());
  return {
    prompt: { name: "confidence", version: PROMPT_VERSION },
    system: inContext([CONFIDENCE], context),
    user: [block(documents), jsonLine({ label }), text].join("\n"),
    schemaName: "confidence",
    schema,
    maxTokens: 60,
    check: ({ confidence }) =>
      Math.abs(Number(confidence)) <= 1 ? undefined : "confidence must be from -1 to 1",
    standIn: { confidence: 0.8 },
  };
}

/** A yes or no in any spelling, such as "Yes."; undefined for anything else. */
export function yesOrNo(said: string | number | undefined): "yes" | "no" | undefined {
  const [, yes, no] = /^\W*(?:(yes|true)|(no|false))(?!\w)/i.exec(String(said ?? "")) ?? [];
  if (yes !== undefined) return "yes";
  return no === undefined ? undefined : "no";
}

function readVerdicts(text: string, ids: readonly string[]): Fields | undefined {
  const known = Object.entries(readFields(text, ids) ?? {}).flatMap(([id, said]) => {
    const verdict = yesOrNo(said);
    return verdict === undefined ? [] : [[id, verdict] as const];
  });
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

function namesAsked(
  shown: readonly string[],
  steps: readonly string[],
  kind: NameKind,
  count: number,
  taken?: string,
): Pick<Question<Fields>, "user" | "schema" | "read" | "check"> {
  const names = numbered(kind, count);
  const all = [...steps, ...names];
  const form = answerForm(Object.fromEntries(all.map((name) => [name, '"..."'])));
  // One label is what the form asks for: "one" makes small models leave out what else the texts are about.
  const wanted = count === 1 ? "" : `Give ${count} ${kind}s, best first, all different. `;
  return {
    user: [...shown, `${wanted}${form.text}`].join("\n"),
    schema: form.schema,
    read: (text) => {
      const fields = readFields(text, all);
      return fields && names.some((name) => Object.hasOwn(fields, name)) ? fields : undefined;
    },
    check: (answer) => {
      const { names: found, complaint } = usableNames(answer, kind);
      if (found.length === 0) return complaint;
      const isTaken = taken !== undefined && found.every((name) => sameName(name, taken));
      return isTaken ? `the ${kind} "${taken}" is taken` : undefined;
    },
  };
}

function numbered(kind: NameKind, count: number): string[] {
  return Array.from({ length: count }, (_, i) => (count === 1 ? kind : `${kind}_${i + 1}`));
}

// JSON escapes every line break, so no document can start a line of its own and close the block.
function block(documents: readonly object[]): string {
  return [OPEN, ...documents.map(jsonLine), CLOSE].join("\n");
}

// Some readers take U+0085, U+2028 and U+2029 for line breaks, but JSON does not escape them.
function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0085\u2028\u2029]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function inContext(parts: readonly string[], { subject, language }: PromptContext): string {
  return [
    ...parts,
    ...(subject === undefined ? [] : [`The corpus: ${tidyName(subject)}.`]),
    ...(language === undefined ? [] : [`Write labels and names in ${tidyName(language)}.`]),
  ].join("\n");
}

const STAND_INS = [
  "a label of about six words",
  "another one of about six words",
  "one more of about six words",
];

function standInNames(kind: NameKind, count: number): Fields {
  return Object.fromEntries(
    numbered(kind, count).map((name, i) => [name, STAND_INS[i] ?? `${STAND_INS[0]} ${i}`]),
  );
}
