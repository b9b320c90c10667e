import { requireText } from "../../core/arguments.js";
import { ArgumentError } from "../../core/errors.js";
import type { Family, FamilyOutline } from "../../records/family.js";
import { familyLatents, familyName } from "../../records/family.js";
import type { SteeringEdit } from "../edits.js";
import { searchLabels } from "./search-labels.js";

const WORDS = { up: "more", down: "less", set: "set", remove: "remove" } as const;

/** What names of latents and families are looked up in. */
export interface Names {
  /** Latents of the SAE. */
  n: number;
  /** By latent, empty where there is none. */
  labels: readonly string[];
  families: readonly NamedFamily[];
}

/** A family that can be looked up by its name. */
export type NamedFamily = FamilyOutline & Pick<Family, "label">;

/** Latents that a term stands for, and how it reads. */
export interface NamedLatents {
  latents: number[];
  name: string;
}

/** A steering edit and how it reads, such as "more 12 (bird, wing) × 2". */
export interface NamedEdit extends SteeringEdit {
  name: string;
}

/** One or more latents: a number, words of a label, or "family:" with a parent's number or words of its name. */
export type Term = number | string;

/**
 * The latent of a number or of words of its label: the best match by words. Throws ArgumentError for a number that is none
 * of the SAE's latents and for words that no label has.
 */
export function findLatent({ n, labels }: Pick<Names, "n" | "labels">, term: Term): number {
  const text = termText(term);
  if (typeof term === "number" || /^\d+$/.test(text)) {
    const latent = Number(text);
    if (!(Number.isInteger(latent) && latent >= 0 && latent < n))
      throw new ArgumentError(`search: no latent ${latent}; the SAE has ${n} latents`);
    return latent;
  }
  const best = searchLabels(labels, text).at(0)?.index;
  if (best === undefined) throw new ArgumentError(`search: no latent is called "${text}"`);
  return best;
}

/**
 * The family of a parent latent's number or of words of its name. Throws ArgumentError where there is none.
 */
export function findFamily<T extends NamedFamily>(families: readonly T[], term: Term): T {
  const text = termText(term);
  const best = searchLabels(familyNames(families), text).at(0)?.index;
  const family =
    typeof term === "number" || /^\d+$/.test(text)
      ? families.find(({ parent }) => parent === Number(text))
      : best === undefined
        ? undefined
        : families[best];
  if (!family) throw new ArgumentError(`search: no family "${text}"`);
  return family;
}

/**
 * The latents of a term: a latent's number, "family:" with a parent's number or words of a family's name, or words of a
 * label (the best match by words, else of a family). Throws ArgumentError where nothing is found.
 */
export function findLatents(names: Names, term: Term): NamedLatents {
  const { labels, families } = names;
  const text = termText(term);
  if (text.startsWith("family:")) return latentsOf(findFamily(families, text.slice(7)));
  const isNumber = typeof term === "number" || /^\d+$/.test(text);
  if (isNumber || searchLabels(labels, text).length > 0) {
    const latent = findLatent(names, isNumber ? Number(text) : text);
    return { latents: [latent], name: nameOf(labels, latent) };
  }
  if (searchLabels(familyNames(families), text).length > 0) {
    return latentsOf(findFamily(families, text));
  }
  throw new ArgumentError(`search: no latent or family is called "${text}"`);
}

function latentsOf(family: NamedFamily): NamedLatents {
  const latents = familyLatents(family);
  const name = `family ${family.parent} (${familyName(family)}, ${latents.length} latents)`;
  return { latents, name };
}

function familyNames(families: readonly NamedFamily[]): string[] {
  return families.map(familyName);
}

/** A term as text. Throws ArgumentError for what is neither a number nor words. */
function termText(term: Term): string {
  if (typeof term === "number") return String(term);
  requireText("search: a latent or family", term);
  return term.trim().replace(/^"(.*)"$/, "$1");
}

function nameOf(labels: readonly string[], latent: number): string {
  return labels[latent] === "" ? `latent ${latent}` : `${latent} (${labels[latent]})`;
}

/** One edit; `strength` is text, 1 where it is undefined. Throws ArgumentError for what is no strength. */
export function readEdit(
  names: Names,
  kind: SteeringEdit["kind"],
  term: string,
  strength?: string,
): NamedEdit {
  const amount = strength === undefined ? 1 : Number(strength);
  if (!(amount >= 0 && amount < Infinity) || strength?.trim() === "") {
    throw new ArgumentError(`search: a strength must be a number of 0 or more, got "${strength}"`);
  }
  return editOf(names, kind, term, amount);
}

function editOf(names: Names, kind: SteeringEdit["kind"], term: Term, strength: number): NamedEdit {
  const { latents, name } = findLatents(names, term);
  return { kind, latents, strength, name: nameEdit(kind, name, strength) };
}

/** How an edit of some latents reads, such as "more 12 (bird, wing) × 2". */
export function nameEdit(kind: SteeringEdit["kind"], latents: string, strength: number): string {
  return `${WORDS[kind]} ${latents}${kind === "remove" ? "" : ` × ${strength}`}`;
}

/** An edit of one item such as `12`, `bird:2` or `family:40:0.5`. */
export function readItem(names: Names, kind: SteeringEdit["kind"], item: Term): NamedEdit {
  if (typeof item === "number") return editOf(names, kind, item, 1);
  requireText("search: a latent or family", item);
  const [, term, strength] = /^(.*?)(?::(-?[\d.]+))?$/.exec(item.trim()) ?? [];
  const alone = term === "family" && strength !== undefined;
  return alone ? readEdit(names, kind, item) : readEdit(names, kind, term, strength);
}
