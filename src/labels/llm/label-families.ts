import { evenly } from "../../core/collections.js";
import type { ChatModel } from "../../llm/types.js";
import { type Asking, addSpent, createAsking } from "./ask.js";
import type { LabelEvidence, Verdict } from "../evidence/evidence.js";
import type { ExampleSets, ExampleSource } from "../examples/example.js";
import { drawExamples, fillOptions } from "../examples/draw-examples.js";
import { type FamilyOutline, familyLatents } from "../../records/family.js";
import { familySource } from "./family-source.js";
import { chooseAndScore } from "./choose.js";
import { activeTest } from "../examples/inactive-examples.js";
import { type Interpretation, askForNames } from "./interpret.js";
import { type ModelLabelOptions, labelInOrder } from "./label-latents.js";
import { evidenceOf, recordOf } from "./judged-label.js";
import { type FamilyMemberScore, type Label, scoreNamed } from "../../records/label.js";
import { measureVerdicts } from "../measures.js";
import { familyQuestion } from "./prompts.js";
import { PROTOCOLS, fitExamples } from "./protocol.js";

/** A family's name with its evidence; without evidence if the family was skipped. */
export interface LabelledFamily {
  label: Label;
  evidence?: LabelEvidence;
}

/** Options of labelFamilies. */
export interface FamilyLabelOptions extends ModelLabelOptions {
  /** The latents' labels and scores. */
  labelOf: (latent: number) => Label | undefined;
}

/** Most children's labels shown to the explainer; those of larger families are sampled evenly. */
const SHOWN_CHILDREN = 60;

/**
 * Names families, in the order given, from their latents' labels, and scores each name on documents in which any member
 * is active, spread over the members, against documents in which none is. Otherwise like labelLatents.
 */
export async function* labelFamilies(
  source: ExampleSource,
  families: readonly FamilyOutline[],
  options: FamilyLabelOptions,
): AsyncGenerator<LabelledFamily> {
  const asking = createAsking(options.signal);
  const work = (family: FamilyOutline): Promise<LabelledFamily> =>
    labelFamily(source, family, options, asking);
  yield* labelInOrder("name families", families, work, options);
}

async function labelFamily(
  base: ExampleSource,
  family: FamilyOutline,
  options: FamilyLabelOptions,
  asking: Asking,
): Promise<LabelledFamily> {
  const { explainer, judge = explainer, protocol = PROTOCOLS.default, subject, seed = 0 } = options;
  asking.signal?.throwIfAborted();
  const { parent } = family;
  const source = familySource(base, family);
  const drawing = {
    seed,
    ...(options.examples ?? fitExamples(protocol.familyExamples, source)),
    explain: { active: 0, inactive: 0 },
  };
  const sets = drawExamples(source, parent, drawing);
  const skip = (reason: string): LabelledFamily => ({
    label: {
      of: "family",
      id: parent,
      text: "",
      source: "llm",
      reason: `skipped: ${reason}`,
      scores: [],
      members: compareMembers(base, family, options, undefined),
    },
  });
  if ("reason" in sets) return skip(sets.reason);
  const explained = await nameFamily(explainer, family, protocol.candidates, options, asking);
  if (explained === undefined) return skip("no latent of the family has a label");
  const asked = { ...asking, subject, seed };
  const judged = await chooseAndScore(judge, explained.labels, sets, protocol, asked);
  addSpent(judged, explained);
  const models = { explainer: explainer.model, judge: judge.model };
  const { limit } = fillOptions(drawing);
  const { memberOf } = source;
  const { language, judgeCheck } = options;
  const parts = {
    ...{ latent: parent, sets, explained: [explained], judged, protocol, models, limit, memberOf },
    ...{ language, judgeCheck },
  };
  const { verdicts } = judged;
  const members = compareMembers(base, family, options, { sets, verdicts });
  return { label: { ...recordOf(parts), members }, evidence: evidenceOf(parts) };
}

/** Asks for names; undefined if no latent of the family has a label. */
async function nameFamily(
  explainer: ChatModel,
  { parent, members }: FamilyOutline,
  candidates: number,
  { labelOf, subject, language }: FamilyLabelOptions,
  asking: Asking,
): Promise<Interpretation | undefined> {
  const label = (latent: number): string => labelOf(latent)?.text ?? "";
  const children = members.map(({ latent }) => label(latent)).filter((one) => one !== "");
  if (label(parent) === "" && children.length === 0) return undefined;
  const shown = evenly(children, SHOWN_CHILDREN);
  const question = familyQuestion({
    ...{ parent: label(parent), children: shown, candidates, subject, language },
  });
  return askForNames(explainer, question, "name", asking);
}

function compareMembers(
  { postings }: ExampleSource,
  family: FamilyOutline,
  { labelOf }: FamilyLabelOptions,
  judged: { sets: ExampleSets; verdicts: readonly Verdict[] } | undefined,
): FamilyMemberScore[] {
  const verdicts = judged?.verdicts.filter(({ set }) => set === "score") ?? [];
  const rows = new Map(judged?.sets.score.map(({ id, row }) => [id, row]));
  const [parent, ...children] = familyLatents(family);
  return [...children, parent].map((latent) => {
    const label = labelOf(latent);
    const own = label?.scores ?? [];
    const isActive = activeTest(postings, latent);
    const ofMember = verdicts.filter(
      ({ id, expected }) => !expected || isActive(rows.get(id) ?? -1),
    );
    const { scores } = measureVerdicts(ofMember);
    const found = {
      f1: scoreNamed(own, "f1"),
      pearson: scoreNamed(own, "pearson"),
      familyF1: scoreNamed(scores, "f1"),
      familyPearson: scoreNamed(scores, "pearson"),
      familyN: scores[0]?.n,
    };
    const known = Object.entries(found).filter(([, value]) => value !== undefined);
    return { latent, label: label?.text ?? "", ...Object.fromEntries(known) };
  });
}
