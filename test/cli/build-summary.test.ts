import test from "ava";
import { describeSummary } from "../../src/cli/results/index.js";

const measured = { value: 0.5, random: 0.1 };
const summary = {
  ...{ documents: 100, latents: 8, live: 8, k: 2, normalizedMse: 0.25, labelled: 8, families: 2 },
  coactivationRatio: measured,
};
const branch = { share: 0.74, branch: 50, edges: 204, observed: 0.75 };

function edgeRow(edgeAgreement: object): string[] | undefined {
  const all = { value: 0.748, random: 0.01, edges: 318, interval: [0.7, 0.79], flat: false };
  const given = { ...all, hardest: branch, ...edgeAgreement } as never;
  return describeSummary({ ...summary, edgeAgreement: given }).find(([name]) =>
    name.startsWith("edges"),
  );
}

test("a share of edges stands with its interval and the hardest null", (t) => {
  t.deepEqual(edgeRow({}), [
    "edges that agree with the classes",
    "0.75 (95 % interval 0.70 to 0.79 of 318; 0.75 of the 204 whose class of at least 50 documents has denser latents, against 0.74 at random)",
  ]);
  t.is(
    edgeRow({ hardest: { share: 0.07 } })?.[1],
    "0.75 (95 % interval 0.70 to 0.79 of 318; random 0.07)",
  );
});

test("edges of flat classes have the same class, and few edges say nothing", (t) => {
  t.is(edgeRow({ flat: true })?.[0], "edges between latents of the same class");
  const few = { value: null, interval: null, hardest: null, edges: 19 };
  t.is(edgeRow(few)?.[1], "unknown: only 19 could be judged");
});

test("a share of latents or members stands with its interval and what does best beside it", (t) => {
  const latentAgreement = {
    ...{ value: 0.172, judged: 1024, interval: [0.151, 0.196] as [number, number] },
    hardest: { name: "k-means", share: 0.166 },
    classes: { latents: 174, "k-means": 169, "random documents": 94 },
  };
  const familyCoherence = {
    ...{ value: 0.61, random: 0.04, judged: 240, interval: [0.5, 0.7] as [number, number] },
    hardest: { name: "random families", share: 0.04 },
  };
  const rows = new Map(
    describeSummary({ ...summary, latentAgreement, familyCoherence }).map(([name, text]) => [
      name,
      text,
    ]),
  );
  t.is(
    rows.get("latents with a class of F1 over 0.5"),
    "0.17 (95 % interval 0.15 to 0.20 of 1024; k-means 0.17)",
  );
  t.is(rows.get("distinct classes among them"), "174 (k-means 169, random documents 94)");
  const members = "family members in their family's class";
  t.is(rows.get(members), "0.61 (95 % interval 0.50 to 0.70 of 240; random families 0.04)");
  const few = { value: null, random: null, judged: 7, interval: null, hardest: null };
  const unknown = describeSummary({ ...summary, familyCoherence: few });
  t.is(unknown.find(([name]) => name === members)?.[1], "unknown: only 7 members could be judged");
});
