/** A label that was found by its words. */
export interface LabelHit {
  /** Place in the list of labels. */
  index: number;
  /** 3 the label itself, 2 every word as a whole word, 1 every word inside a word. */
  rank: number;
}

/**
 * The labels that hold every word of `query`, whatever the case; the whole label first, then whole words, then parts
 * of words. Among equals those where the words come first, since keywords stand strongest first, then labels of
 * fewer words, then the lower place. The query is used literally: no character has a special meaning.
 */
export function searchLabels(labels: readonly string[], query: string): LabelHit[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return [];
  const words = wanted.split(/\s+/);
  const hits = labels.flatMap((label, index): (LabelHit & { place: number; words: number })[] => {
    const text = label.toLowerCase();
    if (text === wanted) return [{ index, rank: 3, place: 0, words: 0 }];
    const own = text.split(/[^\p{L}\p{N}]+/u);
    const places = words.map((word) => own.indexOf(word));
    if (!places.includes(-1))
      return [{ index, rank: 2, place: Math.min(...places), words: own.length }];
    return words.every((word) => text.includes(word))
      ? [{ index, rank: 1, place: 0, words: own.length }]
      : [];
  });
  hits.sort(
    (a, b) => b.rank - a.rank || a.place - b.place || a.words - b.words || a.index - b.index,
  );
  return hits.map(({ index, rank }) => ({ index, rank }));
}
