import test from "ava";
import { verdictLogprobs, yesProbabilities } from "../../src/labels/llm/index.js";
import type { TokenLogprob } from "../../src/llm/index.js";

const content = '{"answers":[{"id":"d1","verdict":"yes"},{"id":"d2","verdict":"no"}]}';

function token(text: string, top: Record<string, number>): TokenLogprob {
  return {
    token: text,
    logprob: Math.log(top[text]),
    top: Object.entries(top).map(([other, p]) => ({ token: other, logprob: Math.log(p) })),
  };
}

/** The tokens of the answer above, cut so that a verdict's token begins with `before`. */
function tokens(before: string, yes: number, no: number): TokenLogprob[] {
  const plain = (text: string): TokenLogprob[] =>
    [...text].map((letter) => ({ token: letter, logprob: 0, top: [] }));
  const [a, b, c] = content
    .split(/yes|no/)
    .map((part, i) => (i < 2 ? part.slice(0, part.length - before.length) : part));
  const of = (word: string, first: number): TokenLogprob =>
    token(before + word, {
      [`${before}yes`]: first,
      [`${before}no`]: 0.95 - first,
      [`${before}nothing`]: 0.04,
      other: 0.01,
    });
  return [...plain(a), of("yes", yes), ...plain(b), of("no", no), ...plain(c)];
}

test("probabilities of yes are read wherever the token boundaries lie", (t) => {
  for (const before of ["", '"', ':"', '"verdict":"']) {
    const kept = verdictLogprobs(tokens(before, 0.76, 0.19));
    t.deepEqual(
      kept.map((one) => one.token),
      ["yes", "no"],
    );
    const [first, second] = yesProbabilities(kept, ["yes", "no"]) ?? [];
    t.true(Math.abs(first - 0.8) < 1e-12);
    t.true(Math.abs(second - 0.2) < 1e-12);
    t.true(JSON.stringify(kept).length < 500);
  }
});

test("there are none without one entry for every verdict, or with a different verdict", (t) => {
  const kept = verdictLogprobs(tokens("", 0.76, 0.19));
  t.is(yesProbabilities(undefined, ["yes"]), undefined);
  t.is(yesProbabilities(kept, ["yes"]), undefined);
  t.is(yesProbabilities(kept, ["no", "no"]), undefined);
  const bare = verdictLogprobs([...content].map((letter) => ({ token: letter, logprob: 0 })));
  t.deepEqual(
    yesProbabilities(bare, ["yes", "no"])?.map((p) => p > 0.5),
    [true, false],
  );
});
