import test from "ava";
import { type Postings, createCodes, invertCodes } from "../../src/core/index.js";
import { createChatModel } from "../../src/llm/index.js";
import { familySource } from "../../src/labels/llm/index.js";
import {
  drawExamples,
  familyAnalysisEntry,
  type FamilyLabelOptions,
  type LabelledFamily,
  labelFamilies,
  PROTOCOLS,
} from "../../src/labels/index.js";
import type { Label } from "../../src/records/index.js";
import { startLlmServer } from "../support/servers/llm-server.js";
import {
  type Planted,
  answerPlanted,
  plantCorpus,
  readShown,
  themeWord,
} from "../support/atlases/planted.js";

const FAMILY = { parent: 0, members: [{ latent: 1 }, { latent: 2 }] };

const labelOf = (latent: number): Label => ({
  of: "latent",
  id: latent,
  text: `matters of ${themeWord(latent)}`,
  source: "llm",
  scores: [
    { name: "balanced-accuracy", value: 0.9, n: 40 },
    { name: "f1", value: 0.5 + latent / 10, n: 40 },
    { name: "pearson", value: 0.4, n: 40 },
  ],
});

async function nameFamilies(
  planted: Planted,
  families: Parameters<typeof labelFamilies>[1],
  options: Partial<FamilyLabelOptions> = {},
): Promise<{ named: LabelledFamily[]; prompts: string[] }> {
  const server = await startLlmServer({ answer: answerPlanted });
  try {
    const { baseUrl } = server;
    const explainer = await createChatModel({ model: "gpt-4o-mini", baseUrl, env: {} });
    const named: LabelledFamily[] = [];
    const all = { explainer, labelOf, ...options };
    for await (const one of labelFamilies(planted.source, families, all)) named.push(one);
    return { named, prompts: server.calls.map(({ body }) => body.messages[1].content) };
  } finally {
    await server.close();
  }
}

/** Rows in which a latent is active above 0. */
function rowsOf({ offsets, rows, values }: Postings, latent: number): Set<number> {
  const found = new Set<number>();
  for (let at = offsets[latent]; at < offsets[latent + 1]; at++) {
    if (values[at] > 0) found.add(rows[at]);
  }
  return found;
}

test("a family's active documents are those of any member, its inactive ones those of none (saerch: of the last member)", (t) => {
  const planted = plantCorpus({ themes: 6, active: 150, documents: 500 });
  const source = familySource(planted.source, FAMILY);
  const examples = { ...PROTOCOLS.default.familyExamples, inactive: ["random"] as const };
  const drawn = drawExamples(source, 0, examples);
  if ("reason" in drawn) return t.fail(drawn.reason);
  const members = [0, 1, 2].map((latent) => rowsOf(planted.source.postings, latent));
  const perMember = [0, 0, 0];
  for (const { row, kind } of drawn.score) {
    const active = members.map((rows) => rows.has(row));
    t.is(active.includes(true), kind === "active");
    if (kind === "active") perMember[source.memberOf(row) ?? -1]++;
  }
  // 20 over three members, each spoken for by the one that is strongest in it.
  for (const count of perMember) t.true(count >= 5, perMember.join());
});

test("every member's strongest document can be drawn (saerch: the top decile excludes the maximum)", (t) => {
  // Three members, four documents each, none shared: all twelve are drawn.
  const indices = Uint32Array.from({ length: 40 }, (_, row) => (row < 12 ? row % 3 : 3));
  const codes = createCodes(
    40,
    1,
    4,
    indices,
    Float32Array.from(indices, (_, row) => 40 - row),
  );
  const documents = Array.from({ length: 40 }, (_, row) => ({
    id: `d${row}`,
    text: `text ${row}`,
  }));
  const source = familySource({ postings: invertCodes(codes), documents }, FAMILY);
  const drawn = drawExamples(source, 0, {
    explain: { active: 0, inactive: 0 },
    validate: { active: 0, inactive: 0 },
    score: { active: 12, inactive: 12 },
    least: 1,
  });
  if ("reason" in drawn) return t.fail(drawn.reason);
  const active = drawn.score.filter(({ kind }) => kind === "active").map(({ row }) => row);
  t.deepEqual(
    active.sort((a, b) => a - b),
    Array.from({ length: 12 }, (_, row) => row),
  );
  t.is(Math.max(...drawn.score.map(({ activation }) => activation)), 1);
});

test("neighbours of a family are not among its members", (t) => {
  const planted = plantCorpus({ themes: 8 });
  const { postings } = planted.source;
  const of = (latent: number): number[] => [0, 1, 2, 3, 4, 5].filter((one) => one !== latent);
  const { neighbours } = familySource({ ...planted.source, neighbours: { postings, of } }, FAMILY);
  t.deepEqual(neighbours?.of(0), [3, 4, 5]);
});

test("families with dead latents or too few documents get a reason (saerch: an endless loop)", async (t) => {
  const planted = plantCorpus({ themes: 3, active: 60 });
  const { postings } = planted.source;
  // Latents 3 and 4 are active nowhere.
  const offsets = Uint32Array.from([
    ...postings.offsets,
    postings.rows.length,
    postings.rows.length,
  ]);
  const source = { ...planted.source, postings: { ...postings, n: 5, offsets } };
  const dead = { parent: 3, members: [{ latent: 4 }] };
  const half = { parent: 3, members: [{ latent: 1 }, { latent: 4 }] };
  const { named } = await nameFamilies({ ...planted, source }, [dead, half]);
  t.is(named[0].label.reason, "skipped: active in no document");
  t.is(named[0].evidence, undefined);
  t.is(named[1].label.scores[0].value, 1);
  t.deepEqual(
    named[1].label.members?.map(({ latent }) => latent),
    [1, 4, 3],
  );
});

test("a name is made from the labels, scored on documents of any member and compared with each member", async (t) => {
  const planted = plantCorpus({ themes: 6, active: 100 });
  const { named, prompts } = await nameFamilies(planted, [FAMILY]);
  const [{ label, evidence }] = named;
  t.is(label.text, `any of ${themeWord(0)} ${themeWord(1)} ${themeWord(2)}`);
  const [{ value, name, n }] = label.scores;
  t.deepEqual([value, name, n], [1, "balanced-accuracy", 40]);
  t.true(prompts[0].startsWith(`BEGIN LABELS\n{"parent":"matters of ${themeWord(0)}"}\n{"child":`));
  t.deepEqual(
    label.members?.map(({ latent, f1, familyF1 }) => [latent, f1, familyF1]),
    [
      [1, 0.6, 1],
      [2, 0.7, 1],
      [0, 0.5, 1],
    ],
  );
  t.is(evidence?.of, "family");
  const shown = evidence?.shown.filter(({ kind }) => kind === "active") ?? [];
  t.deepEqual([...new Set(shown.map(({ member }) => member))].sort(), [0, 1, 2]);
  t.true(evidence?.shown.every(({ set }) => set === "score" || set === "validate"));
  const entry = familyAnalysisEntry(label, evidence?.verdicts);
  t.deepEqual(
    entry.feature_names,
    [1, 2, 0].map((latent) => labelOf(latent).text),
  );
  t.deepEqual(entry.feature_f1, [0.6, 0.7, 0.5]);
  t.deepEqual(entry.predictions, [...Array<number>(20).fill(1), ...Array<number>(20).fill(-1)]);
  t.is(entry.family_f1, 1);
});

test("a name that fits only one member gets a low score", async (t) => {
  const planted = plantCorpus({ themes: 6, active: 100 });
  const onlyParent = (latent: number): Label | undefined => (latent === 0 ? labelOf(0) : undefined);
  const { named } = await nameFamilies(planted, [FAMILY], { labelOf: onlyParent });
  const [{ label }] = named;
  t.true(label.scores[0].value < 0.8, `${label.scores[0].value}`);
  const [one, two, parent] = label.members ?? [];
  t.is(parent.familyF1, 1);
  t.true((one.familyF1 ?? 1) < 0.7 && (two.familyF1 ?? 1) < 0.7);
  t.deepEqual([one.label, one.f1], ["", undefined]);
});

test("compat names a family once and judges 4 + 4 documents by confidence", async (t) => {
  const long = (text: string): string => `${text} ${"x".repeat(101)}`;
  const planted = plantCorpus({ themes: 6, active: 100, text: long });
  const { named, prompts } = await nameFamilies(planted, [FAMILY], { protocol: PROTOCOLS.compat });
  const [{ label, evidence }] = named;
  t.is(prompts.length, 9);
  t.is(readShown(prompts[1]).length, 1);
  t.is(label.scores[0].name, "f1");
  t.deepEqual(
    familyAnalysisEntry(label, evidence?.verdicts).predictions,
    [0.9, 0.9, 0.9, 0.9, -0.8, -0.8, -0.8, -0.8],
  );
});

test("a family without any labelled latent is skipped and asks nothing", async (t) => {
  const { named, prompts } = await nameFamilies(plantCorpus({ active: 100 }), [FAMILY], {
    labelOf: () => undefined,
  });
  t.regex(named[0].label.reason ?? "", /no latent of the family has a label/);
  t.is(prompts.length, 0);
});
