import { ownValue } from "../../core/collections.js";
import type { TokenLogprob } from "../../llm/types.js";

const VERDICT = /"(\w+)"\s*:\s*"(?=yes|no)/gi;

/**
 * One token per verdict of an answer, in order: the document's id with yes or no, and the log-probabilities of both at
 * that position. Nothing else is needed, and all tokens would take a hundred times the space of the answer.
 */
export function verdictLogprobs(tokens: readonly TokenLogprob[]): TokenLogprob[] {
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
    // The token may start before the verdict, for example `":"yes`.
    const before = tokens[place].token.slice(0, at - starts[place]);
    const verdict = /^yes/i.test(text.slice(at, at + 3)) ? "yes" : "no";
    return {
      token: `${match[1]}:${verdict}`,
      logprob: tokens[place].logprob,
      top: yesAndNo(tokens[place], before),
    };
  });
}

/** Of an answer of one word the likelier of yes and no, with the log-probabilities of both; none if neither is known. */
export function wordLogprobs(tokens: readonly TokenLogprob[]): TokenLogprob[] {
  const thought = tokens.map(({ token }) => token.includes("</think>")).lastIndexOf(true);
  const said = tokens.slice(thought + 1).find(({ token }) => token.trim() !== "");
  const top = said === undefined ? [] : yesAndNo(said, /^\W*/.exec(said.token)?.[0] ?? "");
  if (said === undefined || top.length === 0) return [];
  const [{ token }] = [...top].sort((a, b) => b.logprob - a.logprob);
  return [{ token, logprob: said.logprob, top }];
}

/** The probability of yes relative to no by document; those without one are left out. */
export function yesProbabilities(
  logprobs: readonly TokenLogprob[] | undefined,
  verdicts: Readonly<Record<string, string | number>>,
): Map<string, number> {
  const out = new Map<string, number>();
  for (const { token, top } of logprobs ?? []) {
    const [id, verdict] = token.split(":");
    const probability = yesProbability(top);
    if (ownValue(verdicts, id) === verdict && probability !== undefined) out.set(id, probability);
  }
  return out;
}

/** The probability of yes relative to no, of kept log-probabilities; undefined if neither is known. */
export function yesProbability(top: TokenLogprob["top"] = []): number | undefined {
  const of = (word: string): number =>
    Math.exp(top.find((other) => other.token === word)?.logprob ?? -Infinity);
  const [yes, no] = [of("yes"), of("no")];
  return yes + no === 0 ? undefined : yes / (yes + no);
}

// Of the tokens that are possible at a place, those that begin with yes or no after `before`.
function yesAndNo(
  { token, logprob, top = [] }: TokenLogprob,
  before: string,
): { token: string; logprob: number }[] {
  const isListed = top.some((other) => other.token === token);
  const sums = { yes: 0, no: 0 };
  for (const other of isListed ? top : [{ token, logprob }, ...top]) {
    const rest = other.token.startsWith(before) ? other.token.slice(before.length) : undefined;
    const word = /^\s*(?:(y|ye|yes)|n|no)(?![a-z])/i.exec(rest ?? other.token);
    if (word !== null) sums[word[1] === undefined ? "no" : "yes"] += Math.exp(other.logprob);
  }
  return (["yes", "no"] as const)
    .filter((word) => sums[word] > 0)
    .map((word) => ({ token: word, logprob: Math.log(sums[word]) }));
}
