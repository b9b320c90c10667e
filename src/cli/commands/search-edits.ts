import { searchLabels } from "../../search/labels.js";
import type { SteeringEdit } from "../../search/edits.js";
import type { AtlasFamily } from "../../atlas/store.js";
import { UsageError } from "../command.js";

/** What names of latents and families are looked up in. */
export interface Names {
  n: number;
  /** By latent, empty where there is none. */
  labels: readonly string[];
  families: readonly AtlasFamily[];
}

/** Latents that a term names, and how it reads. */
export interface NamedLatents {
  latents: number[];
  name: string;
}

/**
 * The latents of a term: a latent's number, "family:" with a parent's number or words of a family's name, or words of a
 * label (the best match by words, else of a family). Throws UsageError where nothing is found.
 */
function findLatents({ n, labels, families }: Names, term: string): NamedLatents {
  const text = unquote(term);
  if (text.startsWith("family:")) return findFamily(families, unquote(text.slice(7)));
  if (/^\d+$/.test(text)) {
    const latent = Number(text);
    if (latent >= n) throw new UsageError(`search: no latent ${latent}; the SAE has ${n}`);
    return { latents: [latent], name: nameOf(labels, latent) };
  }
  const best = searchLabels(labels, text).at(0)?.index;
  if (best !== undefined) return { latents: [best], name: nameOf(labels, best) };
  if (searchLabels(familyNames(families), text).length > 0) return findFamily(families, text);
  throw new UsageError(`search: no latent or family is called "${text}"`);
}

function findFamily(families: readonly AtlasFamily[], text: string): NamedLatents {
  const best = searchLabels(familyNames(families), text).at(0)?.index;
  const family = /^\d+$/.test(text)
    ? families.find(({ parent }) => parent === Number(text))
    : best === undefined
      ? undefined
      : families[best];
  if (!family) throw new UsageError(`search: no family "${text}"`);
  const latents = [...new Set([family.parent, ...family.members.map(({ latent }) => latent)])];
  return { latents, name: `family ${family.parent} (${family.name}, ${latents.length} latents)` };
}

function familyNames(families: readonly AtlasFamily[]): string[] {
  return families.map(({ name }) => name);
}

function unquote(text: string): string {
  return text.trim().replace(/^"(.*)"$/, "$1");
}

function nameOf(labels: readonly string[], latent: number): string {
  return labels[latent] === "" ? `latent ${latent}` : `${latent} (${labels[latent]})`;
}

/** An edit and how it reads. */
export interface NamedEdit extends SteeringEdit {
  name: string;
}

/** One edit; `strength` is text, 1 where it is undefined. Throws UsageError for what is no strength. */
export function readEdit(
  names: Names,
  kind: SteeringEdit["kind"],
  term: string,
  strength?: string,
): NamedEdit {
  const amount = strength === undefined ? 1 : Number(strength);
  if (!(amount >= 0 && amount < Infinity) || strength?.trim() === "") {
    throw new UsageError(`search: a strength is a number of 0 or more, got "${strength}"`);
  }
  const { latents, name } = findLatents(names, term);
  const size = kind === "remove" ? "" : ` × ${amount}`;
  return { kind, latents, strength: amount, name: `${kind} ${name}${size}` };
}

/** More of the family whose name or parent is given, with or without `:STRENGTH`; commas are part of the name. */
export function readFamilyEdit(names: Names, family: string): NamedEdit {
  const [, term = family, strength] = /^(.*?)(?::(-?[\d.]+))?$/.exec(family) ?? [];
  return readEdit(names, "up", `family:${term}`, strength);
}

/** Edits of a list such as `12:2,"bird, wing":2,family:40:0.5`; what is in quotes is one item. */
export function readEdits(
  names: Names,
  kind: SteeringEdit["kind"],
  list: string | undefined,
): NamedEdit[] {
  const items = list?.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/) ?? [];
  return items.map((item) => {
    const [, term, strength] = /^(.*?)(?::(-?[\d.]+))?$/.exec(item.trim()) ?? [];
    const alone = term === "family" && strength !== undefined;
    return alone ? readEdit(names, kind, item) : readEdit(names, kind, term, strength);
  });
}
