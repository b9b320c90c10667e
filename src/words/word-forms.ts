import { ownValue } from "../core/collections.js";
/** Forms that no ending explains. */
const IRREGULAR: Readonly<Record<string, string>> = {
  children: "child",
  feet: "foot",
  geese: "goose",
  lice: "louse",
  men: "man",
  mice: "mouse",
  oxen: "ox",
  teeth: "tooth",
  women: "woman",
};

/** Words in -s that are no plurals although the word without it exists. */
const NO_PLURAL: ReadonlySet<string> = new Set([
  "news",
  "does",
  "has",
  "its",
  "gas",
  "lens",
  "mars",
]);

/** A singular is believed if it is at least this share as frequent as the plural. */
const SINGULAR_SHARE = 0.05;
/** The plural is shown where it is more than this many times as frequent. */
const PLURAL_SHOWN = 4;

/**
 * Folds the forms of a word into one: case ("Galaxy"), plural ("galaxies"), a hyphen or none ("pre-training",
 * "pretraining"). A plural is folded only where its singular occurs too, so "physics" stays. `counts` are the
 * forms' occurrences, `inner` those of them inside a sentence. Gives the word number of each form and how each word
 * is written: in its most frequent case inside sentences, as singular unless the plural is far more usual.
 */
export function foldForms(
  forms: readonly string[],
  counts: readonly number[],
  inner: readonly number[] = counts,
): { lemmaOf: Uint32Array; names: string[] } {
  const lowers = new Map<string, number>();
  const lowerOf = new Uint32Array(forms.length);
  const lowerCounts: number[] = [];
  const written: string[] = [];
  const writtenCount: number[] = [];
  forms.forEach((form, i) => {
    const lower = form.toLowerCase();
    let id = lowers.get(lower);
    if (id === undefined) {
      id = lowers.size;
      lowers.set(lower, id);
      lowerCounts.push(0);
      written.push(lower);
      writtenCount.push(0);
    }
    lowerOf[i] = id;
    lowerCounts[id] += counts[i];
    const weight = inner[i] + 1e-3 * counts[i];
    if (weight > writtenCount[id] || (weight === writtenCount[id] && form === lower)) {
      written[id] = form;
      writtenCount[id] = weight;
    }
  });
  const base = baseForms(lowers, lowerCounts);
  const numbers = new Map<number, number>();
  const names: string[] = [];
  const shown: number[] = [];
  const numberOf = Uint32Array.from(base, (root, id) => {
    let number = numbers.get(root);
    if (number === undefined) {
      number = names.length;
      numbers.set(root, number);
      names.push(written[root]);
      shown.push(lowerCounts[root]);
    }
    if (id !== root && lowerCounts[id] > PLURAL_SHOWN * shown[number]) {
      names[number] = written[id];
      shown[number] = lowerCounts[id];
    }
    return number;
  });
  return { lemmaOf: lowerOf.map((id) => numberOf[id]), names };
}

function baseForms(lowers: Map<string, number>, counts: number[]): Uint32Array {
  const base = Uint32Array.from(counts, (_, id) => id);
  for (const [word, id] of lowers) {
    let best = -1;
    const candidates = NO_PLURAL.has(word) ? [] : singulars(word);
    if (word.includes("-")) candidates.push(word.replaceAll("-", ""));
    for (const candidate of candidates) {
      const other = lowers.get(candidate);
      if (other === undefined || counts[other] < SINGULAR_SHARE * counts[id]) continue;
      if (best < 0 || counts[other] > counts[best]) best = other;
    }
    if (best >= 0) base[id] = best;
  }
  // every candidate is shorter or irregular, so following the links ends
  for (let id = 0; id < base.length; id++) {
    let root = id;
    for (let step = 0; base[root] !== root && step < 4; step++) root = base[root];
    base[id] = root;
  }
  return base;
}

function singulars(word: string): string[] {
  const irregular = ownValue(IRREGULAR, word);
  if (irregular !== undefined) return [irregular];
  if (word.length > 4 && word.endsWith("ae")) return [word.slice(0, -1)];
  if (word.length < 4 || !word.endsWith("s") || /(ss|us|is)$/.test(word)) return [];
  const out = [word.slice(0, -1)];
  const stem = word.slice(0, -3);
  if (word.endsWith("ies")) out.push(`${stem}y`);
  else if (word.endsWith("ices")) out.push(`${word.slice(0, -4)}ix`, `${word.slice(0, -4)}ex`);
  else if (word.endsWith("ves")) out.push(`${stem}f`, `${stem}fe`);
  if (/(s|x|z|ch|sh|o)es$/.test(word)) out.push(word.slice(0, -2));
  if (word.endsWith("ses")) out.push(`${stem}sis`);
  return out;
}
