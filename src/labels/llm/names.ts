import type { Fields } from "./answer-form.js";
import { CLOSE, DIRECT, DIRECT_QUESTION, FAMILY, OPEN, STEPS } from "./prompt-texts.js";

/** What is named: a latent by a label, a family by a name. */
export type NameKind = "label" | "name";

/** Fewest and most words of a latent's label and of a family's name. */
const WORDS: Readonly<Record<NameKind, readonly [number, number]>> = {
  label: [1, 8],
  name: [2, 8],
};

/** What a name may not consist of: it would only repeat the question. */
const PROMPT_WORDS: Readonly<Record<NameKind, ReadonlySet<string>>> = {
  label: new Set(wordsOf([OPEN, CLOSE, STEPS, DIRECT, DIRECT_QUESTION].join(" "))),
  name: new Set(wordsOf(FAMILY)),
};

/** The usable names of an answer to explainQuestion or familyQuestion, tidied and all different, best first. */
export function namesOf(answer: Fields, kind: NameKind): string[] {
  return usableNames(answer, kind).names;
}

/** The names that can be used, without repetitions, and what is wrong with the first one that cannot. */
export function usableNames(
  answer: Fields,
  kind: NameKind,
): { names: string[]; complaint: string } {
  const [fewest, most] = WORDS[kind];
  const complaints: string[] = [];
  const byKey = new Map<string, string>();
  for (const whole of proposed(answer, kind)) {
    const name = fitList(whole, most);
    const words = countWords(name);
    if (words < fewest || words > most) {
      complaints.push(`a name must have ${fewest} to ${most} words, one has ${words}`);
    } else if (!/[\p{L}\p{N}]/u.test(name)) {
      complaints.push("a name contains no letter or digit");
    } else if (wordsOf(name).every((word) => PROMPT_WORDS[kind].has(word))) {
      complaints.push(`"${name}" only repeats words of the question`);
    } else if (!byKey.has(name.toLowerCase())) byKey.set(name.toLowerCase(), name);
  }
  return { names: [...byKey.values()], complaint: complaints[0] ?? "there is no name" };
}

/** The first items of a list that is too long; anything else as it is. */
function fitList(name: string, most: number): string {
  const items = name.split(", ");
  let fitting = items.length;
  while (fitting > 1 && countWords(items.slice(0, fitting).join(" ")) > most) fitting--;
  return items.slice(0, fitting).join(", ");
}

function countWords(name: string): number {
  return name.split(" ").filter(Boolean).length;
}

function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) => word.replace(/(?<=\p{L}{3})s$/u, ""));
}

/** Whether two labels differ in nothing but case. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function proposed(answer: Fields, kind: NameKind): string[] {
  return Object.entries(answer)
    .filter(([name]) => name.replace(/_\d+$/, "") === kind)
    .map(([, name]) => tidyName(String(name)));
}

/** A proposed name on one line, without surrounding quotes or a final full stop. */
export function tidyName(name: string): string {
  return name
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .replace(/^["'“”‘’*]+|["'“”‘’*]+$/g, "")
    .replace(/\.$/, "")
    .trim();
}
