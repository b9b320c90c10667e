import { join } from "node:path";
import { readJson } from "../../src/files/index.js";
import type { PairedDifference } from "../../src/search/index.js";
import type { MeanInterval } from "../../src/search/study/index.js";
import type { SteeringReport } from "../../src/atlas/index.js";
import { seconds } from "../format.js";
import type { Part, Section } from "../part.js";
import { markdownTable } from "../report.js";
import { sampleAtlas } from "./demo.js";

const QUERIES = 400;
/** The method that is held against the paper's two. */
const OURS = "documents";
const PAPERS = ["additive", "reconstruction"] as const;

export const steeringPart: Part = {
  name: "steering",
  title: "Steering",
  async run(bench): Promise<Section> {
    const atlas = await sampleAtlas(bench);
    const out = join(bench.folder, "steering.json");
    const queries = String(bench.quick ? 20 : QUERIES);
    const run = await bench.cli("steering", "--atlas", atlas, "--queries", queries, "--out", out);
    const report = (await readJson(out)) as SteeringReport;
    return {
      body: describe(report, run.seconds),
      targets: PAPERS.map((paper) => {
        const compared = report.differences.filter(
          ({ method, against, measures }) =>
            method === OURS && against === paper && measures.success.n >= report.cases.length / 2,
        );
        const won = compared.filter(({ measures }) => measures.success.interval[0] > 0);
        return {
          what: `\`${OURS}\` beats \`${paper}\` at equal cosine`,
          target: "95 % interval of the difference in success above 0",
          measured: `at ${won.length} of ${compared.length} cosines`,
          met: compared.length > 0 && won.length === compared.length,
        };
      }),
    };
  },
};

function describe(report: SteeringReport, took: number): string {
  const { cases, curves, differences, top } = report;
  const share = ({ mean }: MeanInterval): string => `${(100 * mean).toFixed(0)} %`;
  const rows = curves.map(({ method, cosine, measures }) => [
    cosine.toFixed(2),
    `\`${method}\``,
    measures.upActivation.mean.toFixed(2),
    share(measures.upRises),
    measures.downActivation.mean.toFixed(2),
    share(measures.downFalls),
    share(measures.overlap),
    measures.others.mean.toFixed(2),
    measures.overlap.n,
  ]);
  const compared = differences.filter(({ measures }) => measures.success.n >= cases.length / 2);
  const columns = [
    "cosine",
    "",
    "up",
    "rose",
    "down",
    "fell",
    "results kept",
    "other latents",
    "queries",
  ];
  return `${cases.length} documents of the sample as queries, each with one of its own latents removed ("down") and another added ("up"), drawn with
a seed, over 7 × 7 strengths; ${top} results each, in ${seconds(took)}. Only half of the documents can be found, and \`documents\` learns its
directions from the other half. "up" and "down" are the increase and decrease of the latent's mean activation in the results, relative
to its typical active value; "rose" and "fell" are the shares of queries in which its share of the results did; "other latents"
is the change of the rest of the query's code. All values are at the given cosine of the steered query to the original, over
the queries and ratios of strengths that all methods reach there.

${markdownTable(columns, rows)}

Differences at equal cosine, paired by query over all ratios that both methods reach, with 95 % intervals by bootstrap over
queries. Success is the mean of the increase in the share of results with the wanted latent and the decrease in that with the
unwanted one.

${markdownTable(["cosine", "", "success", "up", "down", "results kept"], compared.map(differenceRow))}`;
}

function differenceRow({ cosine, method, against, measures }: PairedDifference): string[] {
  const { success, upActivation, downActivation, overlap } = measures;
  return [
    cosine.toFixed(2),
    `\`${method}\` - \`${against}\``,
    ...[success, upActivation, downActivation, overlap].map(({ mean, interval }) => {
      const [low, high] = interval.map((end) => end.toFixed(3));
      return `${mean.toFixed(3)} [${low}, ${high}]`;
    }),
  ];
}
