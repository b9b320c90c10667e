import { FormatError } from "../../core/errors.js";
import { shortestFloat32 } from "./decimal.js";
import type { Family } from "../extract/extract-families.js";
import type { FamilyMember } from "../forest/subtrees.js";

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
export interface FamilyRecord {
  /** The key in the file: the label, with the latent where labels repeat. */
  key: string;
  label: string;
  /** The parent latent, where the file tells or implies it. */
  latent?: number;
  children: { label: string; latent: number }[];
  pass?: number;
  /** The tree. */
  members?: FamilyMember[];
}

/**
 * `families.json`: an object keyed by the parent's label, which readers of the paper's files understand. The key is
 * followed by ` #latent` where several parents share a label. `label` names latents; those without one are called
 * "latent 17". `extras` adds fields to a family, such as scores; it cannot replace the ones above.
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
    return [key, { ...own, ...extras(family, index), ...own }];
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
  if (!isObject(content)) {
    throw new FormatError(source, "expected an object of families by label");
  }
  const records = Object.entries(content).map(([key, entry]) =>
    readEntry(key, entry, (problem) => {
      throw new FormatError(source, `family "${key}": ${problem}`);
    }),
  );
  const seen = new Map<string, number>();
  for (const { children } of records) {
    for (const { label, latent } of children) if (!seen.has(label)) seen.set(label, latent);
  }
  for (const record of records) record.latent ??= latentOf(record.label) ?? seen.get(record.label);
  return records;
}

/** The records that hold a tree, as families. */
export function toFamilies(records: readonly FamilyRecord[]): Family[] {
  return records.flatMap(({ latent, members, pass = 0 }) =>
    latent === undefined || members === undefined ? [] : [{ parent: latent, members, pass }],
  );
}

type Fail = (problem: string) => never;

function readEntry(key: string, entry: unknown, fail: Fail): FamilyRecord {
  if (Array.isArray(entry)) return { key, label: key, children: readChildren(entry, fail) };
  if (!isObject(entry)) return fail("expected an object or a list of children");
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
  if (typeof entry.pass === "number") record.pass = entry.pass;
  if (entry.members !== undefined) {
    if (!Array.isArray(entry.members)) return fail("members must be a list");
    record.members = entry.members.map((member: unknown) => {
      if (!isObject(member)) return fail("a member must be an object");
      const { depth, weight, stability } = member;
      if (typeof depth !== "number" || (typeof weight !== "number" && weight !== null)) {
        return fail("a member needs depth and weight");
      }
      const latent = readLatent(member.latent, fail);
      return {
        latent,
        depth,
        parent: readLatent(member.parent, fail),
        weight: Math.fround(weight ?? NaN),
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
  return fail(`a latent must be a whole number from 0, got ${JSON.stringify(value) ?? "nothing"}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
