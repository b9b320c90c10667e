/** A piece of a vocabulary and its log-probability. */
export type Piece = readonly [text: string, score: number | null];

const BLANK = "\u2581";
/** Of pieces at the start of the vocabulary that no text has. */
const RESERVED = 6;

/**
 * The numbers of a text's pieces by a unigram model: of all ways to cut the text, the most probable. What is in no piece
 * is number 0. Takes time in proportion to the text.
 */
export function createPieces(vocabulary: readonly Piece[]): (text: string) => number[] {
  const known = new Map<string, { index: number; score: number }>();
  let longest = 1;
  for (let index = RESERVED; index < vocabulary.length; index++) {
    const [piece, score] = vocabulary[index];
    known.set(piece, { index, score: score ?? 0 });
    longest = Math.max(longest, piece.length);
  }
  return (given) => {
    const text = BLANK + given.normalize("NFKC").replaceAll(" ", BLANK);
    const best = new Float64Array(text.length + 1);
    const pieces = new Uint32Array(text.length + 1);
    const offer = (end: number, score: number, index: number): void => {
      // A score of 0 means that nothing ends here yet.
      if (best[end] !== 0 && score < best[end]) return;
      best[end] = score;
      pieces[end] = index;
    };
    for (let start = 0; start < text.length; start++) {
      let isKnown = false;
      for (let end = start + 1; end <= Math.min(text.length, start + longest); end++) {
        const piece = known.get(text.slice(start, end));
        if (piece === undefined) continue;
        isKnown = true;
        offer(end, piece.score + best[start], piece.index);
      }
      if (!isKnown) offer(start + 1, best[start], 0);
    }
    const found: number[] = [];
    for (let end = text.length; end > 0; end -= vocabulary[pieces[end]][0].length) {
      if (pieces[end] !== 0 || found.at(-1) !== 0) found.push(pieces[end]);
    }
    return found.reverse();
  };
}
