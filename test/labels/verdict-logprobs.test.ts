import test from "ava";
import { verdictLogprobs, wordLogprobs, yesProbabilities } from "../../src/labels/llm/index.js";
import type { TokenLogprob } from "../../src/llm/index.js";

const content = '{"d1":"yes","d2":"no"}';

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
  for (const before of ["", '"', ':"', '":"']) {
    const kept = verdictLogprobs(tokens(before, 0.76, 0.19));
    t.deepEqual(
      kept.map((one) => one.token),
      ["d1:yes", "d2:no"],
    );
    const probabilities = yesProbabilities(kept, { d1: "yes", d2: "no" });
    t.true(Math.abs((probabilities.get("d1") ?? 0) - 0.8) < 1e-12);
    t.true(Math.abs((probabilities.get("d2") ?? 0) - 0.2) < 1e-12);
    t.true(JSON.stringify(kept).length < 500);
  }
});

test("a document without an entry, or with another verdict, has none", (t) => {
  const kept = verdictLogprobs(tokens("", 0.76, 0.19));
  const ids = (verdicts: Record<string, string>): string[] => [
    ...yesProbabilities(kept, verdicts).keys(),
  ];
  t.deepEqual(ids({ d1: "yes", d3: "no" }), ["d1"]);
  t.deepEqual(ids({ d1: "no", d2: "no" }), ["d2"]);
  t.is(yesProbabilities(undefined, { d1: "yes" }).size, 0);
  const bare = verdictLogprobs([...content].map((letter) => ({ token: letter, logprob: 0 })));
  t.deepEqual(
    [...yesProbabilities(bare, { d1: "yes", d2: "no" })],
    [
      ["d1", 1],
      ["d2", 0],
    ],
  );
});

test("the chosen token counts where the alternatives leave it out, and thoughts do not", (t) => {
  const top = [
    { token: "no", logprob: Math.log(0.2) },
    { token: "The", logprob: Math.log(0.1) },
  ];
  const said = { token: "Yes", logprob: Math.log(0.6), top };
  const [kept] = wordLogprobs([
    { token: "no</think>", logprob: 0 },
    { token: "\n", logprob: 0 },
    said,
  ]);
  t.is(kept.token, "yes");
  t.true(
    Math.abs(
      (yesProbabilities([{ ...kept, token: "d1:yes" }], { d1: "yes" }).get("d1") ?? 0) - 0.75,
    ) < 1e-12,
  );
  t.deepEqual(wordLogprobs([{ token: "The", logprob: 0, top: [] }]), []);
});
