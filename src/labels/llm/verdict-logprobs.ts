import type { TokenLogprob } from "../../llm/types.js";

const VERDICT = /"verdict"\s*:\s*"(?=yes|no)/g;

/**
 * One token per verdict of an answer, in order, with the log-probabilities of yes and no at that position. Nothing else
 * is needed, and all tokens would take a hundred times the space of the answer.
 */
export function verdictLogprobs(tokens: TokenLogprob[]): TokenLogprob[] {
  const starts: number[] = [];
  let text = "";
  for (const { token } of tokens) {
    starts.push(text.length);
    text += token;
  }
  return [...text.matchAll(VERDICT)].map((match) => {
    const at = match.index + match[0].length;
    let place = starts.length - 1;
    while (starts[place] > at) place--;
    const { token, logprob, top = [{ token, logprob }] } = tokens[place];
    // The token may start before the verdict, for example `":"yes`.
    const before = token.slice(0, at - starts[place]);
    const sums = { yes: 0, no: 0 };
    for (const other of top) {
      if (!other.token.startsWith(before)) continue;
      const word = /^(?:(y|ye|yes)|n|no)(?![a-z])/i.exec(other.token.slice(before.length));
      if (word !== null) sums[word[1] === undefined ? "no" : "yes"] += Math.exp(other.logprob);
    }
    const seen = (["yes", "no"] as const).filter((word) => sums[word] > 0);
    return {
      token: text.startsWith("yes", at) ? "yes" : "no",
      logprob,
      top: seen.map((word) => ({ token: word, logprob: Math.log(sums[word]) })),
    };
  });
}

/** The probability of yes relative to no for each verdict; undefined unless every verdict has exactly one entry. */
export function yesProbabilities(
  logprobs: readonly TokenLogprob[] | undefined,
  verdicts: readonly ("yes" | "no")[],
): number[] | undefined {
  if (logprobs === undefined || logprobs.length !== verdicts.length) return undefined;
  const out: number[] = [];
  for (let i = 0; i < verdicts.length; i++) {
    const { token, top = [] } = logprobs[i];
    const of = (word: string): number =>
      Math.exp(top.find((other) => other.token === word)?.logprob ?? -Infinity);
    const [yes, no] = [of("yes"), of("no")];
    if (token !== verdicts[i] || yes + no === 0) return undefined;
    out.push(yes / (yes + no));
  }
  return out;
}
