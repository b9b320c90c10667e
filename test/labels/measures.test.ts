import test from "ava";
import { measureVerdicts, weightedF1, type MeasuredVerdict } from "../../src/labels/index.js";
import { scoreNamed } from "../../src/records/index.js";
import { createRandom } from "../../src/core/index.js";

/** `[yes, no, unanswered]` of the active and of the inactive documents. */
function table(active: number[], inactive: number[]): MeasuredVerdict[] {
  const list = (expected: boolean, counts: number[]): MeasuredVerdict[] =>
    [true, false, null].flatMap((answer, i) =>
      Array.from({ length: counts[i] ?? 0 }, () => ({ expected, answer })),
    );
  return [...list(true, active), ...list(false, inactive)];
}

test("measures match values worked out by hand", (t) => {
  // 8 of 10 right, 1 of 10 wrong: TPR 0.8, TNR 0.9, F1 16 / 19, phi 0.7 / sqrt(0.99).
  const { scores, failed } = measureVerdicts(table([8, 2], [1, 9]));
  t.is(failed, 0);
  t.deepEqual(
    scores.map(({ name, n }) => [name, n]),
    [
      ["balanced-accuracy", 20],
      ["f1", 20],
      ["pearson", 20],
    ],
  );
  const near = (name: string, value: number): boolean =>
    t.true(Math.abs((scoreNamed(scores, name) ?? NaN) - value) < 1e-12, name);
  near("balanced-accuracy", 0.85);
  near("f1", 16 / 19);
  near("pearson", 0.7 / Math.sqrt(0.99));
  for (const { value, interval = [1, 0] } of scores) {
    t.true(interval[0] < value && value < interval[1]);
  }
});

test("the interval of balanced accuracy combines Wilson's two by square-and-add", (t) => {
  const { scores } = measureVerdicts(table([10, 0], [0, 10]));
  // Wilson's lower bound of 10 of 10 is 0.722467: half of the root of two squares of what is missing.
  const [low, high] = scores[0].interval ?? [0, 0];
  t.true(Math.abs(low - (1 - Math.hypot(0.277533, 0.277533) / 2)) < 1e-5, `${low}`);
  t.is(high, 1);
});

test("a 95 % interval contains the true value about 95 times in 100", (t) => {
  const random = createRandom(5);
  const inside = { "balanced-accuracy": 0, f1: 0, pearson: 0 };
  const truth = { "balanced-accuracy": 0.8, f1: 1.6 / 2, pearson: 0.6 };
  const runs = 2000;
  for (let run = 0; run < runs; run++) {
    const hits = (share: number): number =>
      Array.from({ length: 20 }, random).filter((one) => one < share).length;
    const [a, b] = [hits(0.8), hits(0.2)];
    for (const { name, interval = [0, 0] } of measureVerdicts(table([a, 20 - a], [b, 20 - b]))
      .scores) {
      const key = name as keyof typeof inside;
      if (interval[0] <= truth[key] && truth[key] <= interval[1]) inside[key]++;
    }
  }
  for (const [name, count] of Object.entries(inside)) {
    t.true(count / runs > 0.92 && count / runs < 0.99, `${name}: ${count / runs}`);
    t.log(`${name}: ${count / runs}`);
  }
});

test("missing answers count as neither right nor wrong, and are reported", (t) => {
  const whole = measureVerdicts(table([8, 2], [1, 9]));
  const holed = measureVerdicts(table([8, 2, 5], [1, 9, 3]));
  t.is(holed.failed, 8);
  t.deepEqual(holed.scores, whole.scores);
});

test("without an answer about both kinds there is no score", (t) => {
  const { scores, notes, failed } = measureVerdicts(table([0, 0, 10], [1, 9]));
  t.deepEqual(scores, []);
  t.is(failed, 10);
  t.deepEqual(notes, ["no scores: no active document has an answer"]);
});

test("pearson of equal answers is undefined, never NaN, and so is F1 if all are yes", (t) => {
  for (const verdicts of [
    table([10, 0], [10, 0]),
    table([0, 10], [0, 10]),
    table([5, 0], [5, 0]).map((one) => ({ ...one, confidence: 0.3 })),
  ]) {
    const { scores, notes } = measureVerdicts(verdicts);
    const isYes = verdicts[0].answer === true;
    t.is(scoreNamed(scores, "pearson"), undefined);
    t.is(scoreNamed(scores, "f1"), isYes ? undefined : 0);
    t.deepEqual(notes, [
      ...(isYes ? ["f1 is undefined: every answer is yes"] : []),
      "pearson is undefined: all answers are the same",
    ]);
    t.notRegex(JSON.stringify(scores), /null|NaN/);
  }
});

test("pearson and AUC use the confidence, F1 confidence above 0, as in the paper", (t) => {
  const confidences = [0.9, 0.1, -0.2, -1, 0.5, -0.6];
  const verdicts = confidences.map((confidence, i) => ({
    expected: i < 3,
    answer: confidence > 0,
    confidence,
  }));
  const { scores } = measureVerdicts(verdicts);
  t.is(scoreNamed(scores, "f1"), 2 / 3);
  // Worked out apart, by the definition.
  t.true(
    Math.abs((scoreNamed(scores, "pearson") ?? 0) - 0.495054) < 1e-4,
    `${scoreNamed(scores, "pearson")}`,
  );
  t.is(scoreNamed(scores, "auc"), 7 / 9);
  const [low, high] = scores.find(({ name }) => name === "pearson")?.interval ?? [0, 0];
  t.true(low < 0.2 && high > 0.8 && low >= -1 && high <= 1);
  t.deepEqual(measureVerdicts(verdicts, { seed: 3 }), measureVerdicts(verdicts, { seed: 3 }));
});

test("the AUC is over the answers that have a probability, and says how many have none", (t) => {
  const verdicts = table([3, 2], [1, 4]).map((one, i) => ({
    ...one,
    ...(i % 5 === 0 ? {} : { probability: one.answer ? 0.9 : 0.1 }),
  }));
  const { scores, notes } = measureVerdicts(verdicts);
  const auc = scores.find(({ name }) => name === "auc");
  t.is(auc?.n, 8);
  t.true((auc?.value ?? 0) > 0.5 && (auc?.value ?? 1) < 1);
  t.deepEqual(notes, ["auc: 2 of 10 answers have no probability"]);
});

test("six right answers of six are not certainty", (t) => {
  const verdicts = [1, 1, 1, -1, -1, -1].map((confidence) => ({
    expected: confidence > 0,
    answer: confidence > 0,
    confidence,
  }));
  const pearson = measureVerdicts(verdicts).scores.find(({ name }) => name === "pearson");
  t.is(pearson?.value, 1);
  t.true((pearson?.interval?.[0] ?? 1) < 0.5);
});

test("F1 over all labels is weighted by documents and excludes labels without one", (t) => {
  const entries = [
    { f1: 1, documents: 30 },
    { f1: 0.5, documents: 10 },
    { f1: undefined, documents: 1000 },
  ];
  t.deepEqual(weightedF1(entries), { value: 0.875, labels: 2, without: 1 });
  t.is(weightedF1([]), undefined);
});
