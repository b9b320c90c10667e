import { compact } from "../../core/collections.js";
import type { Contrast, ContrastFinding } from "../../compare/contrast/contrast.js";
import type { Presentable, PresentationPart } from "../../core/presentation.js";
import { showsItself } from "../../core/self-showing.js";
import { familyName } from "../../records/family.js";
import { displayLabel } from "../../records/label.js";
import type { AtlasStore } from "../store.js";
import { groupOf, savedContrasts } from "./saved-contrasts.js";

/** Findings that a notebook lists. */
const LISTED = 20;

/** A latent or family that differs, by name. */
export interface NamedFinding extends ContrastFinding {
  name: string;
  /** The class or set that is set against the others; "" for numbers. */
  group: string;
  within?: ContrastFinding["within"] & { name: string };
}

/** What differs between an atlas's documents. */
export interface ContrastReport extends Omit<Contrast, "findings">, Presentable {
  /** What was compared: a column, or sets of documents. */
  question: string;
  findings: NamedFinding[];
  /** What was done and found, in sentences. */
  summary: string[];
}

/** The contrast that was saved last; undefined where none was. */
export async function lastContrast(store: AtlasStore): Promise<ContrastReport | undefined> {
  const saved = (await savedContrasts(store)).at(-1);
  return saved && nameFindings(store, saved.question, saved);
}

/** The findings with the names that the atlas has now. */
export async function nameFindings(
  store: AtlasStore,
  question: string,
  found: Contrast,
): Promise<ContrastReport> {
  const labels = await store.labels();
  const families = new Map((await store.families()).map((one) => [one.parent, familyName(one)]));
  const familyOf = (id: number): string => families.get(id) ?? `latent ${id}`;
  const nameOf = ({ of, id }: Pick<ContrastFinding, "of" | "id">): string =>
    of === "family" ? familyOf(id) : displayLabel(labels.get(id) ?? { id, text: "" });
  const findings = found.findings.map(({ within, ...one }): NamedFinding => ({
    ...one,
    name: nameOf(one),
    group: groupOf(found, one),
    ...(within && { within: { ...within, name: familyOf(within.family) } }),
  }));
  const report = { ...found, question, findings, summary: summarise(found) };
  return showsItself({ ...report, present: () => presentContrast(report) });
}

function summarise({ names, documents, ...found }: Contrast): string[] {
  const { compared, rare, findings, permuted, rate } = found;
  const { choosing, measuring, empty, small } = documents;
  const again = findings.filter(({ effect: { interval } }) => interval[0] > 0 || interval[1] < 0);
  const left = [
    ...(empty > 0 ? [`${empty} without a value`] : []),
    ...(small > 0 ? [`${small} of small classes`] : []),
  ].join(", ");
  return compact([
    `${findings.length === 1 ? "1 difference" : `${findings.length} differences`}, at a false discovery rate of ${rate}: ${compared} latents and families compared${names.length > 2 ? ` by ${names.length} classes` : ""}, ${rare} too rare to compare`,
    `chosen by ${choosing} documents, measured on ${measuring} others${left === "" ? "" : `; left out: ${left}`}`,
    `of these, ${again.length} hold on the others by their 95 % interval`,
    permuted.count !== 0 &&
      `with labels dealt out at random, ${permuted.count} times: ${permuted.mean.toFixed(2)} found on average`,
  ]);
}

function presentContrast(report: Omit<ContrastReport, "present">): PresentationPart[] {
  const { question, kind, findings, summary } = report;
  const rows = findings.slice(0, LISTED).map(({ of, id, name, group, effect, rates, within }) => ({
    which: `${of} ${id}`,
    name,
    ...(kind === "classes" && { more: group }),
    effect: effect.value,
    from: effect.interval[0],
    to: effect.interval[1],
    ...(rates && {
      inside: rates[0].active / rates[0].total,
      outside: rates[1].active / rates[1].total,
    }),
    ...(within && { "beyond the family": within.name, "effect in it": within.effect.value }),
  }));
  return [{ heading: `What differs by ${question}`, text: summary.join(". ") }, { rows }];
}
