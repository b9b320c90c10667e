import test from "ava";
import { parseFamilyAnalysis } from "../../../src/labels/index.js";

test("parseFamilyAnalysis reads the reference's file, unknown scores as NaN", (t) => {
  const entry = {
    superfeature: "Stars",
    family_f1: 0.75,
    family_pearson: null,
    feature_names: ["giants", "stars"],
    feature_f1: [1, null],
    feature_pearson: [0.5, 0.25],
  };
  t.deepEqual(parseFamilyAnalysis([entry]), [
    {
      name: "Stars",
      reasoning: "",
      f1: 0.75,
      pearson: NaN,
      members: [
        { label: "giants", f1: 1, pearson: 0.5 },
        { label: "stars", f1: NaN, pearson: 0.25 },
      ],
    },
  ]);
});

test("parseFamilyAnalysis refuses what is no such file, naming it", (t) => {
  const one = { superfeature: "Stars", feature_names: ["a"], feature_f1: [1] };
  const fails = (content: unknown, message: RegExp) =>
    t.throws(() => parseFamilyAnalysis(content, "x.json"), { name: "FormatError", message });
  fails({}, /x\.json.*list of families/);
  fails([null], /family 0: expected an object/);
  fails([one, { ...one, feature_names: [1] }], /family 1: expected feature_names/);
  fails([{ ...one, superfeature: 3 }], /expected superfeature/);
  fails([{ ...one, feature_names: [] }], /expected feature_names/);
  fails([{ ...one, family_f1: "high" }], /family_f1 must be a number/);
  fails([{ ...one, feature_f1: [1, 1] }], /expected 1 numbers in feature_f1/);
});
