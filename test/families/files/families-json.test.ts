import test from "ava";
import { compareFamilies } from "../../../src/compare/index.js";
import { FormatError } from "../../../src/core/index.js";
import {
  type Family,
  fromFamiliesJson,
  toFamilies,
  toFamiliesJson,
} from "../../../src/families/index.js";

const family = (parent: number, members: number[]): Family => ({
  parent,
  members: members.map((latent, m) => ({ latent, depth: 1 + m, parent, weight: 0.5 })),
  pass: 2,
});
const LABELS = new Map([
  [1, "Dust"],
  [2, "Stars"],
  [3, "Stars"],
  [4, "2024"],
  [5, "__proto__"],
  [6, "Stars #3"],
]);
const label = (latent: number): string | undefined => LABELS.get(latent);

test("toFamiliesJson keys families by label, and by latent too where labels repeat", (t) => {
  const families = [1, 2, 3, 4, 5, 6, 9].map((parent) => family(parent, [10, 11]));
  const text = JSON.stringify(toFamiliesJson(families, label));
  const file = JSON.parse(text) as Record<string, unknown>;
  t.deepEqual(Object.keys(file), [
    "Dust",
    "Stars #2",
    "Stars #3 #3",
    "2024 #4",
    "__proto__",
    "Stars #3",
    "latent 9",
  ]);
  const records = fromFamiliesJson(file);
  t.deepEqual(
    records.map(({ latent }) => latent),
    [1, 2, 3, 4, 5, 6, 9],
  );
  t.is(records[2].label, "Stars");
  t.deepEqual(toFamilies(records), families);
});

test("an entry starts as the paper's does, and extras add to it without replacing", (t) => {
  const file = toFamiliesJson([family(1, [2, 8])], label, () => ({ f1: 0.9, latent: 7 }));
  t.deepEqual(Object.entries(file["Dust"]), [
    ["parent", ["Dust", 3]],
    [
      "children",
      [
        ["Stars", 2],
        ["latent 8", 8],
      ],
    ],
    ["latent", 1],
    ["pass", 2],
    [
      "members",
      [
        { latent: 2, depth: 1, parent: 1, weight: 0.5 },
        { latent: 8, depth: 2, parent: 1, weight: 0.5 },
      ],
    ],
    ["f1", 0.9],
  ]);
});

test("fromFamiliesJson reads the paper's two schemas and finds the parents' latents", (t) => {
  const paper = {
    Dust: {
      parent: ["Dust", 3],
      children: [
        ["Stars", 2],
        ["Gas", 8],
      ],
    },
    Gas: { parent: ["Gas", 2], children: [["Moon", 3]] },
  };
  const [dust, gas] = fromFamiliesJson(paper, {
    latentOf: (name) => (name === "Dust" ? 1 : undefined),
  });
  t.deepEqual(dust, {
    key: "Dust",
    label: "Dust",
    latent: 1,
    children: [
      { label: "Stars", latent: 2 },
      { label: "Gas", latent: 8 },
    ],
  });
  t.is(gas.latent, 8);
  const [older] = fromFamiliesJson({ Dust: [["Stars", 2]] });
  t.is(older.latent, undefined);
  t.deepEqual(older.children, [{ label: "Stars", latent: 2 }]);
  t.deepEqual(toFamilies([older]), []);
});

for (const [content, message] of [
  [[], /f\.json: expected an object of families/],
  [{ a: 1 }, /family "a": expected an object or a list/],
  [{ a: { children: [] } }, /parent must be \[label, nodes\]/],
  [{ a: { parent: ["a", 1] } }, /children must be a list/],
  [{ a: [["b"]] }, /a latent must be a whole number from 0, got nothing/],
  [{ a: [["b", 1.5]] }, /got 1\.5/],
  [{ a: [[2, 1]] }, /a child must be \[label, latent\]/],
  [{ a: { parent: ["a", 1], children: [], members: [{}] } }, /a member needs depth and weight/],
] as const) {
  test(`fromFamiliesJson refuses ${JSON.stringify(content)}`, (t) => {
    t.throws(() => fromFamiliesJson(content, { source: "f.json" }), {
      instanceOf: FormatError,
      message,
    });
  });
}

test("compareFamilies tells names, equal sets and overlaps", (t) => {
  const ours = [
    { label: "a", members: [1, 2, 3] },
    { label: "b", members: [4, 5] },
    { label: "c", members: [7] },
  ];
  const theirs = [
    { label: "a", members: [1, 2, 3] },
    { label: "b", members: [4, 6] },
    { label: "d", members: [7, 8] },
    { label: "e", members: [9] },
  ];
  t.deepEqual(compareFamilies(ours, theirs), {
    families: 3,
    reference: 4,
    shared: 2,
    equal: 1,
    meanJaccard: (1 + 1 / 3) / 2,
    meanBestJaccard: (1 + 1 / 3 + 1 / 2 + 0) / 4,
  });
});

test("a member's stability goes into families.json and comes back, also where only some have one", (t) => {
  const members = [
    { latent: 1, depth: 1, parent: 0, weight: 0.5, stability: 0.25 },
    { latent: 2, depth: 1, parent: 0, weight: 0.5 },
  ];
  const families = [{ parent: 0, pass: 0, members }];
  const text = JSON.stringify(toFamiliesJson(families, label));
  t.true(text.includes('"weight":0.5,"stability":0.25}'));
  t.deepEqual(toFamilies(fromFamiliesJson(JSON.parse(text))), families);
});

test("weights come back from families.json as the float32 values they were", (t) => {
  const weights = Float32Array.of(0.1, 1 / 3, 0.70000005, 1.1051709, 3e-8);
  const members = Array.from(weights, (weight, m) => ({
    latent: m + 1,
    depth: 1,
    parent: 0,
    weight,
  }));
  const families = [{ parent: 0, pass: 0, members }];
  const text = JSON.stringify(toFamiliesJson(families, label));
  t.true(text.includes('"weight":0.1}'));
  t.deepEqual(toFamilies(fromFamiliesJson(JSON.parse(text))), families);
});
