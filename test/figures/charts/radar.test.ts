import test from "ava";
import { radar } from "../../../src/figures/index.js";

const members = [0.5, -0.2, NaN, 1].map((score, i) => ({ label: `m${i}`, scores: [score] }));

test("a radar gives each member a spoke, closes the line and leaves unknown scores open", (t) => {
  const { data, layout } = radar({
    measures: ["F1"],
    groups: [
      { name: "a", score: 0.7, members },
      { name: "b", members },
    ],
  });
  const [first, second] = data as { r: (number | null)[]; theta: number[]; subplot: string }[];
  t.deepEqual(first.r, [0.5, 0, null, 1, 0.5]);
  t.deepEqual(first.theta, [0, 90, 180, 270, 0]);
  t.is(second.subplot, "polar2");
  const texts = (layout.annotations as { text: string }[]).map(({ text }) =>
    text.replace(/<[^>]*>/g, ""),
  );
  t.deepEqual(texts.slice(0, 4), ["a  0.70", "1  m0", "0.50", "2  m1"]);
  t.true(texts.includes("−0.20"));
});

test("a radar shows the first members of a large group and says so", (t) => {
  const groups = [{ name: "a", score: 1, members }];
  const { data, layout } = radar({ measures: ["F1"], groups, maxMembers: 3 });
  t.is((data[0].r as number[]).length, 4);
  t.regex((layout.annotations as { text: string }[])[0].text, /1\.00, first 3 of 4/);
});

test("a radar refuses small groups and scores that are missing", (t) => {
  const draw = (family: { label: string; scores: number[] }[]) =>
    radar({ measures: ["F1"], groups: [{ name: "a", members: family }] });
  t.throws(() => draw(members.slice(2)), { message: /three members or more of "a", got 2/ });
  t.throws(() => draw([...members, { label: "x", scores: [] }]), { message: /1 scores of "x"/ });
  t.throws(() => radar({ measures: ["F1"], groups: [] }), { instanceOf: RangeError });
});
