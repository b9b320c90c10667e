/** What sets documents apart: a class of each, or a number. */
export interface ContrastColumn {
  kind: "classes" | "number";
  /** Group of each document [documents]; negative where it has no value or its class is left out. */
  groupOf: Int32Array;
  /** Classes by group; with two, documents of the first are set against those of the second, else each against all others. */
  names: readonly string[];
  /** Mean value of each group, ascending; empty for classes. */
  values: Float64Array;
  /** Documents without a value, and those of classes that are left out, being small or too many. */
  left: { empty: number; small: number };
}

/** Fewest documents of a class that is compared, and most classes. */
export const LEAST_DOCUMENTS = 20;
const MOST_CLASSES = 40;
/** Values are ranked in so many groups at most, each of equal values or of neighbours in number. */
const MOST_GROUPS = 256;

/** Classes to compare: the largest 40 of those with 20 documents or more. `at` [documents] are places in `words`, whose order stays; -1 for none. */
export function classColumn(words: readonly string[], at: ArrayLike<number>): ContrastColumn {
  const sizes = new Uint32Array(words.length);
  let [empty, small] = [0, 0];
  for (let row = 0; row < at.length; row++) {
    if (at[row] < 0) empty++;
    else sizes[at[row]]++;
  }
  const kept = Array.from(words.keys())
    .filter((word) => sizes[word] >= LEAST_DOCUMENTS)
    .sort((a, b) => sizes[b] - sizes[a] || a - b)
    .slice(0, MOST_CLASSES)
    .sort((a, b) => a - b);
  const groups = new Int32Array(words.length).fill(-1);
  kept.forEach((word, group) => (groups[word] = group));
  const groupOf = Int32Array.from(at, (word) => (word < 0 ? -1 : groups[word]));
  for (let row = 0; row < at.length; row++) if (at[row] >= 0 && groupOf[row] < 0) small++;
  const names = kept.map((word) => words[word]);
  return { kind: "classes", groupOf, names, values: new Float64Array(0), left: { empty, small } };
}

/** Numbers to compare; NaN for none. */
export function numberColumn(values: ArrayLike<number>): ContrastColumn {
  const rows = Array.from({ length: values.length }, (_, row) => row);
  const order = rows.filter((row) => Number.isFinite(values[row]));
  order.sort((a, b) => values[a] - values[b] || a - b);
  const groupOf = new Int32Array(values.length).fill(-1);
  const means: number[] = [];
  for (let start = 0; start < order.length;) {
    const last = Math.floor((start * MOST_GROUPS) / order.length);
    let end = start;
    let sum = 0;
    // A group ends with its share of the documents, but never between equal values.
    while (
      end < order.length &&
      (values[order[end]] === values[order[start]] ||
        values[order[end]] === values[order[end - 1]] ||
        Math.floor((end * MOST_GROUPS) / order.length) === last)
    ) {
      groupOf[order[end]] = means.length;
      sum += values[order[end++]];
    }
    means.push(sum / (end - start));
    start = end;
  }
  const left = { empty: values.length - order.length, small: 0 };
  return { kind: "number", groupOf, names: [], values: Float64Array.from(means), left };
}
