import { cp } from "node:fs/promises";
import { join } from "node:path";
import { ATLAS_FILES } from "../../src/atlas/files/index.js";
import { type LabelReport } from "../../src/atlas/index.js";
import { readJsonl } from "../../src/files/index.js";
import { type Label, readLabels } from "../../src/labels/index.js";
import { type LedgerEntry, openLedger } from "../../src/llm/index.js";
import { figure } from "../format.js";
import type { Part, Section } from "../part.js";
import { markdownTable } from "../report.js";
import { sampleAtlas } from "./demo.js";

/** Names the server, so that a run of all parts never asks one that costs money. */
const SERVER = "FEATURE_FAMILIES_BENCH_SERVER";

/** A run of `label` and what came of it. */
interface Run {
  model: string;
  latents: string;
  seconds: number;
  report: LabelReport;
  entries: LedgerEntry[];
  labels: Label[];
  /** The keyword labels with their embedding AUC, by latent. */
  keywords: Map<number, { label: string; value: number }>;
}

export const promptsPart: Part = {
  name: "prompts",
  title: "Labels by a local model",
  onlyByName: true,
  async run(bench): Promise<Section | string> {
    const baseUrl = process.env[SERVER];
    if (baseUrl === undefined) return `${SERVER} does not name an OpenAI-compatible server`;
    const model = await servedModel(baseUrl);
    const latents = bench.quick ? "0-1" : "0-11";
    const atlas = join(bench.folder, "prompts");
    await cp(await sampleAtlas(bench), atlas, { recursive: true });
    const scores = join(bench.folder, "keyword-scores.jsonl");
    await bench.cli("score", "--atlas", atlas, "--out", scores);
    // A judge that fails the check is measured, too.
    const { stdout, seconds } = await bench.cli(
      ...["label", "--atlas", atlas, "--latents", latents, "--force", "--yes", "--json"],
      ...["--model", model, "--model-url", baseUrl],
    );
    return describe({
      ...{ model, latents, seconds, report: JSON.parse(stdout) as LabelReport },
      entries: await readEntries(join(atlas, ATLAS_FILES.ledger)),
      labels: await readLabels(join(atlas, ATLAS_FILES.modelLabels)),
      keywords: await readScores(scores),
    });
  },
};

async function servedModel(baseUrl: string): Promise<string> {
  const response = await fetch(`${baseUrl}/models`);
  const { data } = (await response.json()) as { data?: { id: string }[] };
  if (data?.[0] === undefined) throw new Error(`prompts: ${baseUrl}/models lists no model`);
  return data[0].id;
}

async function readEntries(file: string): Promise<LedgerEntry[]> {
  const ledger = await openLedger(file);
  try {
    const entries: LedgerEntry[] = [];
    for await (const entry of ledger.entries()) entries.push(entry);
    return entries;
  } finally {
    await ledger.close();
  }
}

async function readScores(file: string): Promise<Run["keywords"]> {
  const scores: Run["keywords"] = new Map();
  for await (const row of readJsonl(file)) {
    const { latent, label, value } = row.value as { latent: number; label: string; value?: number };
    if (value !== undefined) scores.set(latent, { label, value });
  }
  return scores;
}

function describe({ model, latents, seconds, report, entries, labels, keywords }: Run): Section {
  const answers = [...new Set(entries.map(({ prompt }) => prompt))].map((prompt) => {
    const { asked, first, repaired, failed } = countAnswers(entries, prompt);
    const parsed = `${((100 * (first + repaired)) / asked).toFixed(0)} %`;
    return [`\`${prompt}\``, asked, first, repaired, failed, parsed];
  });
  const scoreOf = ({ scores }: Label, name: string): number | undefined =>
    scores.find((score) => score.name === name)?.value;
  const show = (value: number | undefined): string => value?.toFixed(2) ?? "";
  const rows = labels.map((label) => [
    label.id,
    keywords.get(label.id)?.label ?? "",
    show(keywords.get(label.id)?.value),
    label.text || "none",
    show(scoreOf(label, "embedding-auc")),
    show(scoreOf(label, "auc")),
  ]);
  const both = labels.filter(
    (label) => keywords.has(label.id) && scoreOf(label, "embedding-auc") !== undefined,
  );
  const mean = (valueOf: (label: Label) => number): number =>
    both.reduce((sum, label) => sum + valueOf(label), 0) / both.length;
  const byModel = mean((label) => scoreOf(label, "embedding-auc") ?? NaN);
  const byWords = mean(({ id }) => keywords.get(id)?.value ?? NaN);
  const judge = report.judgeCheck?.value ?? NaN;
  const unanswered = labels.reduce((sum, { failed = 0 }) => sum + failed, 0);
  const { labelled, atChance } = report.latents;
  const body = `Latents ${latents} of the sample, labelled and judged by \`${model}\` without options (protocol local) in ${figure(seconds / 60)} min:
${labelled} labelled, ${atChance} of them no better than chance. "Keywords" and "label" have the embedding AUC beside them, over the documents of
\`score\`; "judge" is the AUC of the probabilities of yes. An answer counts as parsed if it has the form asked for and passes the question's own checks; an unusable
one gets one repair question.

${markdownTable(["prompt", "questions", "first answer", "repaired", "failed", "parsed"], answers)}

${markdownTable(["latent", "keywords", "AUC", "label", "AUC", "judge"], rows)}`;
  return {
    body,
    targets: [
      {
        what: "every latent and document is answered about",
        target: "none is not",
        measured: `${unanswered} are not`,
        met: unanswered === 0,
      },
      {
        ...{ what: "judge, true labels against dealt ones", target: "AUC > 0.7" },
        ...{ measured: figure(judge), met: judge > 0.7 },
      },
      {
        what: "mean embedding AUC of labels, keywords'",
        target: "at most 0.05 less",
        measured: `${byModel.toFixed(3)}, ${byWords.toFixed(3)}`,
        met: byModel >= byWords - 0.05,
      },
    ],
  };
}

/** How the questions of one prompt were answered: by the first answer, after the repair question, or not at all. */
function countAnswers(
  entries: readonly LedgerEntry[],
  prompt: string,
): { asked: number; first: number; repaired: number; failed: number } {
  const ofPrompt = entries.filter((entry) => entry.prompt === prompt);
  const keysWith = (status: LedgerEntry["status"]): Set<string> =>
    new Set(ofPrompt.filter((entry) => entry.status === status).map(({ key }) => key));
  const malformed = keysWith("malformed");
  const answered = [...keysWith("ok")];
  const repaired = answered.filter((key) => malformed.has(key)).length;
  return {
    asked: new Set(ofPrompt.map(({ key }) => key)).size,
    first: answered.length - repaired,
    repaired,
    failed: keysWith("failed").size,
  };
}
