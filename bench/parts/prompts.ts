import { cp } from "node:fs/promises";
import { join } from "node:path";
import { ATLAS_FILES } from "../../src/atlas/files/index.js";
import { type LabelAtlasReport } from "../../src/atlas/index.js";
import { type LedgerEntry, openLedger } from "../../src/llm/index.js";
import type { Part, Section } from "../part.js";
import { markdownTable } from "../report.js";
import { sampleAtlas } from "./demo.js";

/** Names the server, so that a run of all parts never asks one that costs money. */
const SERVER = "FEATURE_FAMILIES_BENCH_SERVER";
const PROTOCOLS = ["compat", "default"] as const;

/** One protocol's run. */
interface Labelled {
  protocol: string;
  report: LabelAtlasReport;
  entries: LedgerEntry[];
}

export const promptsPart: Part = {
  name: "prompts",
  title: "Prompts on a local model",
  onlyByName: true,
  async run(bench): Promise<Section | string> {
    const baseUrl = process.env[SERVER];
    if (baseUrl === undefined) return `${SERVER} does not name an OpenAI-compatible server`;
    const model = await servedModel(baseUrl);
    const latents = bench.quick ? "0-1" : "0-11";
    const runs: Labelled[] = [];
    for (const protocol of PROTOCOLS) {
      const atlas = join(bench.folder, `prompts-${protocol}`);
      await cp(await sampleAtlas(bench), atlas, { recursive: true });
      const { stdout } = await bench.cli(
        ...["label", "--atlas", atlas, "--latents", latents, "--protocol", protocol],
        ...["--model", model, "--model-url", baseUrl, "--parallel", "1", "--yes", "--json"],
      );
      const report = JSON.parse(stdout) as LabelAtlasReport;
      runs.push({ protocol, report, entries: await readEntries(join(atlas, ATLAS_FILES.ledger)) });
    }
    return { body: describe(model, latents, runs) };
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

function describe(model: string, latents: string, runs: readonly Labelled[]): string {
  const answers = runs.flatMap(({ protocol, entries }) =>
    [...new Set(entries.map(({ prompt }) => prompt))].map((prompt) => {
      const { asked, first, repaired, failed } = countAnswers(entries, prompt);
      const parsed = `${((100 * (first + repaired)) / asked).toFixed(0)} %`;
      return [protocol, `\`${prompt}\``, asked, first, repaired, failed, parsed];
    }),
  );
  const labels = runs.map(({ protocol, report: { latents: counts } }) => [
    protocol,
    counts.labelled,
    counts.failed,
    counts.skipped,
    counts.scored,
    counts.meanScore?.toFixed(2) ?? "none",
  ]);
  return `Latents ${latents} of the sample, labelled and judged by \`${model}\`. An answer counts as parsed if it matches the
schema and passes the question's own checks, such as ids and the number of words; a malformed first answer gets one repair
question.

${markdownTable(
  ["protocol", "prompt", "questions", "first answer", "repaired", "failed", "parsed"],
  answers,
)}

${markdownTable(["protocol", "labelled", "failed", "skipped", "scored", "mean score"], labels)}`;
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
