import { isRecord } from "../../core/collections.js";
import { z } from "zod";
import { FormatError } from "../../core/errors.js";
import type { Fields } from "../../core/schema.js";
import { checkJson } from "../../files/check-json.js";
import { quote, shown } from "../../core/shown.js";
import type { Family, FamilyMember } from "../../records/family.js";
import { KEYWORD_SCORE, type Label, type LabelSource, type Score } from "../../records/label.js";
import { shortestFloat32 } from "./decimal.js";

/** A family as `families.json` holds it: the paper's two fields, then ours. */
export interface FamilyEntry {
  /** Label of the parent, and nodes of the family (its parent included). */
  parent: [string, number];
  /** Label and latent of every member. */
  children: [string, number][];
  /** The parent latent. */
  latent: number;
  /** Pass in which it was found. */
  pass: number;
  /** The tree: the members in the order of `children`. */
  members: FamilyMember[];
  [extra: string]: unknown;
}

/** A family read from any of the schemas. What only ours has is absent where the file is the paper's. */
export interface FamilyRecord extends Partial<Omit<Family, "parent" | "label">> {
  /** The key in the file: the label, with the latent where labels repeat. */
  key: string;
  /** The parent's label. */
  label: string;
  /** The parent latent, if the file states or implies it. */
  latent?: number;
  children: { label: string; latent: number }[];
  /** The family's own name. */
  name?: Label;
}

/** The fields of an entry that hold the family's name. */
interface NameFields {
  name?: string;
  name_source?: LabelSource;
  /** Null where it is not a number. */
  name_score?: number | null;
  name_score_n?: number;
  name_score_interval?: [number, number] | [null, null];
  /** The rest is absent where the name is made of keywords. */
  name_score_name?: string;
  name_scores?: Score[];
  name_model?: string;
  name_prompt_version?: string;
  name_date?: string;
  name_cost?: number;
  /** The name by keywords. */
  name_keywords?: string;
  stability?: number;
}

const text = z.string().optional();
const interval = z.tuple([z.number(), z.number()]);
const score: Fields<Score> = {
  name: z.string(),
  value: z.number(),
  n: z.number(),
  interval: interval.optional(),
};
const fields: Fields<NameFields> = {
  name: text,
  name_source: z.enum(["keywords", "llm", "import", "human"] satisfies LabelSource[]).optional(),
  name_score: z.number().nullish(),
  name_score_n: z.number().optional(),
  name_score_interval: z.union([interval, z.tuple([z.null(), z.null()])]).optional(),
  name_score_name: text,
  name_scores: z.array(z.object(score)).optional(),
  name_model: text,
  name_prompt_version: text,
  name_date: text,
  name_cost: z.number().optional(),
  name_keywords: text,
  stability: z.number().optional(),
};
const nameFields: z.ZodType<NameFields> = z.object(fields);

/**
 * `families.json`: an object keyed by the parent's label, which readers of the paper's files understand. The key is
 * followed by ` #latent` where several parents share a label. `label` names latents; those without one are called
 * "latent 17". A family's own name follows in fields that start with `name`. `extras` adds fields to a family, such as
 * scores; it cannot replace the paper's.
 */
export function toFamiliesJson(
  families: readonly Family[],
  label: (latent: number) => string | undefined = () => undefined,
  extras: (family: Family, index: number) => Record<string, unknown> = () => ({}),
): Record<string, FamilyEntry> {
  const name = (latent: number): string => label(latent) ?? `latent ${latent}`;
  const uses = new Map<string, number>();
  for (const { parent } of families) uses.set(name(parent), (uses.get(name(parent)) ?? 0) + 1);
  const taken = new Set(Array.from(uses.keys()).filter((text) => uses.get(text) === 1));
  const entries = families.map((family, index): [string, FamilyEntry] => {
    const { parent, members, pass } = family;
    let key = name(parent);
    // A key of digits alone would move to the front of the object.
    if (uses.get(key) !== 1 || /^\d+$/.test(key)) {
      do key += ` #${parent}`;
      while (taken.has(key));
      taken.add(key);
    }
    const own = {
      parent: [name(parent), members.length + 1] as [string, number],
      children: members.map(({ latent }): [string, number] => [name(latent), latent]),
      latent: parent,
      pass,
      members: members.map((member) => ({
        ...member,
        weight: shortestFloat32(member.weight),
      })),
    };
    // Ours again after the extras: first for the order of the fields, then for their values.
    const fields = family.label === undefined ? {} : fieldsOf(family.label);
    return [key, { ...own, ...fields, ...extras(family, index), ...own }];
  });
  return Object.fromEntries(entries);
}

/**
 * Reads the parsed content of a families file: ours, the paper's ({label: {parent: [label, nodes], children: [[label,
 * latent], …]}}) or its older one ({label: [[label, latent], …]}). In the paper's, the parent's latent is looked up by
 * `latentOf`, else among the file's children of that label. `source` is used in errors. Throws FormatError for
 * anything else.
 */
export function fromFamiliesJson(
  content: unknown,
  {
    source = "families",
    latentOf = () => undefined,
  }: { source?: string; latentOf?: (label: string) => number | undefined } = {},
): FamilyRecord[] {
  if (!isRecord(content)) {
    throw new FormatError(source, "expected an object of families by label");
  }
  const records = Object.entries(content).map(([key, entry]) => readEntry(key, entry, source));
  const seen = new Map<string, number>();
  for (const { children } of records) {
    for (const { label, latent } of children) if (!seen.has(label)) seen.set(label, latent);
  }
  for (const record of records) record.latent ??= latentOf(record.label) ?? seen.get(record.label);
  return records;
}

/** The records that hold a tree, as families. */
export function toFamilies(records: readonly FamilyRecord[]): Family[] {
  return records.flatMap(({ latent, members, pass = 0, name, stability }) =>
    latent === undefined || members === undefined
      ? []
      : [
          {
            parent: latent,
            members,
            pass,
            ...(name && { label: name }),
            ...(stability !== undefined && { stability }),
          },
        ],
  );
}

/**
 * Families from the parsed content of an atlas's own families.json, each with a label: its own, else its parent's. `source`
 * is used in errors. Throws FormatError where an entry holds no tree, as the paper's do, or one of latents that are none of
 * the `n`, and as fromFamiliesJson does.
 */
export function parseFamilies(
  content: unknown,
  { source = "families.json", n = Infinity }: { source?: string; n?: number } = {},
): Family[] {
  const records = fromFamiliesJson(content, { source });
  for (const record of records) checkTree(record, source, n);
  return toFamilies(records).map((family, at): Family => {
    const { label: parentLabel } = records[at];
    const { label } = family;
    if (label !== undefined && label.text !== "") return family;
    const none: Label = {
      of: "family",
      id: family.parent,
      text: "",
      source: "keywords",
      scores: [],
    };
    return { ...family, label: { ...none, ...label, text: parentLabel } };
  });
}

function checkTree({ key, latent, members }: FamilyRecord, source: string, n: number): void {
  const fail: Fail = (problem) => {
    throw new FormatError(source, `family ${quote(key)}: ${problem}`);
  };
  if (latent === undefined || members === undefined) return fail("expected latent and members");
  const inside = new Set([latent, ...members.map((member) => member.latent)]);
  for (const one of inside) if (one >= n) fail(`latent must be below ${n}, got ${one}`);
  const loose = members.find((member) => !inside.has(member.parent));
  if (loose !== undefined) {
    fail(`the parent of latent ${loose.latent} is ${loose.parent}, which is not in the family`);
  }
}

function fieldsOf({ text, source, scores, ...label }: Label): NameFields {
  const first = scores.at(0);
  const own: NameFields = {
    name: text,
    name_source: source,
    name_score: first?.value,
    // An import does not know it.
    name_score_n: first?.n || undefined,
    name_score_interval: first?.interval,
  };
  if (source === "keywords") return own;
  return {
    ...own,
    name_score_name: first?.name,
    name_scores: scores,
    name_model: label.model,
    name_prompt_version: label.promptVersion,
    name_date: label.date,
    name_cost: label.cost,
    name_keywords: label.keywords?.join(", "),
  };
}

function nameOf(latent: number, fields: NameFields): Label | undefined {
  const { name: text, name_source: source = "keywords", name_keywords: keywords } = fields;
  if (text === undefined) return undefined;
  const known = {
    model: fields.name_model,
    promptVersion: fields.name_prompt_version,
    date: fields.name_date,
    cost: fields.name_cost,
    keywords: keywords?.split(", "),
  };
  return {
    of: "family",
    id: latent,
    text,
    source,
    scores: fields.name_scores ?? firstScore(fields),
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
  };
}

function firstScore(fields: NameFields): Score[] {
  const { name_score: value, name_score_n: n = 0, name_score_interval: bounds } = fields;
  if (value === undefined || value === null) return [];
  const [low, high] = bounds ?? [null, null];
  const interval: Pick<Score, "interval"> =
    low === null || high === null ? {} : { interval: [low, high] };
  // Of names that are made of keywords the file leaves out what measures them.
  return [{ name: fields.name_score_name ?? KEYWORD_SCORE, value, n, ...interval }];
}

type Fail = (problem: string) => never;

function readEntry(key: string, entry: unknown, source: string): FamilyRecord {
  const place = `family ${quote(key)}`;
  const fail: Fail = (problem) => {
    throw new FormatError(source, `${place}: ${problem}`);
  };
  if (Array.isArray(entry)) return { key, label: key, children: readChildren(entry, fail) };
  if (!isRecord(entry)) return fail("expected an object or a list of children");
  const parent: unknown = entry.parent;
  if (!Array.isArray(parent) || typeof parent[0] !== "string") {
    return fail("parent must be [label, nodes]");
  }
  const record: FamilyRecord = {
    key,
    label: parent[0],
    children: readChildren(entry.children, fail),
  };
  if (entry.latent !== undefined) record.latent = readLatent(entry.latent, fail);
  if (entry.pass !== undefined && typeof entry.pass !== "number") {
    return fail("pass must be a number");
  }
  if (entry.pass !== undefined) record.pass = entry.pass;
  const fields = checkJson(entry, nameFields, source, place);
  const name = record.latent === undefined ? undefined : nameOf(record.latent, fields);
  if (name !== undefined) record.name = name;
  if (fields.stability !== undefined) record.stability = fields.stability;
  if (entry.members !== undefined) {
    if (!Array.isArray(entry.members)) return fail("members must be a list");
    record.members = entry.members.map((member: unknown) => {
      if (!isRecord(member)) return fail("a member must be an object");
      const { depth, weight, help, stability } = member;
      if (typeof depth !== "number" || (typeof weight !== "number" && weight !== null)) {
        return fail("a member needs depth and weight");
      }
      for (const [name, value] of Object.entries({ help, stability })) {
        if (value !== undefined && typeof value !== "number") {
          return fail(`a member's ${name} must be a number`);
        }
      }
      const latent = readLatent(member.latent, fail);
      return {
        latent,
        depth,
        parent: readLatent(member.parent, fail),
        weight: Math.fround(weight ?? NaN),
        ...(typeof help === "number" && { help }),
        ...(typeof stability === "number" && { stability }),
      };
    });
  }
  return record;
}

function readChildren(children: unknown, fail: Fail): { label: string; latent: number }[] {
  if (!Array.isArray(children)) return fail("children must be a list");
  return children.map((child: unknown) => {
    if (!Array.isArray(child) || typeof child[0] !== "string") {
      return fail("a child must be [label, latent]");
    }
    return { label: child[0], latent: readLatent(child[1], fail) };
  });
}

function readLatent(value: unknown, fail: Fail): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  return fail(`a latent must be a whole number from 0, got ${shown(value)}`);
}
