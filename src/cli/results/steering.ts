import type { SteeringReport } from "../../atlas/search/steering-report.js";
import type { MeanInterval } from "../../core/bootstrap.js";
import type { JudgedSearches } from "../../search/study/judge-question.js";
import { formatRows, percent } from "./rows.js";

/** The evaluation as tables: every method by cosine, differences, and what models said. */
export function describeSteering(report: SteeringReport): string[] {
  const { cases, curves, differences, top } = report;
  const rows = curves.map(({ method, cosine, measures }) => [
    cosine.toFixed(2),
    method,
    measures.upActivation.mean.toFixed(2),
    percent(measures.upRises.mean),
    measures.downActivation.mean.toFixed(2),
    percent(measures.downFalls.mean),
    percent(measures.overlap.mean),
    String(measures.overlap.n),
  ]);
  const gains = differences
    .filter(({ measures }) => measures.success.n >= cases.length / 2)
    .map(({ method, against, cosine, measures }) => [
      cosine.toFixed(2),
      `${method} against ${against}`,
      signed(measures.upActivation),
      signed(measures.downActivation),
      signed(measures.overlap),
    ]);
  return [
    `${cases.length} queries, ${top} results each; rise of the wanted and fall of the unwanted latent in the results,`,
    "in typical active values, where the steered query has that cosine to the original",
    ...formatRows([
      ["cosine", "method", "more", "rose", "less", "fell", "kept", "queries"],
      ...rows,
    ]),
    ...(gains.length > 0
      ? [
          "",
          "differences at equal cosine, with 95 % intervals",
          ...formatRows([["cosine", "methods", "more", "less", "kept"], ...gains]),
        ]
      : []),
    ...describeModels(report),
  ];
}

function describeModels({ judge, rewriting, cells }: SteeringReport): string[] {
  const lines: string[] = [];
  if (judge) {
    const all = cells.flatMap(({ method, up, down, judged }) =>
      judged && up > 0 && down > 0 ? [{ method, judged }] : [],
    );
    lines.push("", `judged by ${judge.model}, chance ${percent(judge.chance)}`);
    for (const method of new Set(all.map((cell) => cell.method))) {
      lines.push(describeJudged(method, sumJudged(all.filter((cell) => cell.method === method))));
    }
    if (rewriting?.judged) lines.push(describeJudged("rewritten", rewriting.judged));
  }
  if (rewriting) {
    const { model, measures, cosines, failed } = rewriting;
    const known = cosines.filter((cosine) => Number.isFinite(cosine));
    const mean = known.reduce((sum, cosine) => sum + cosine, 0) / known.length;
    lines.push(
      "",
      `rewritten by ${model}${failed > 0 ? ` (${failed} failed)` : ""}: mean cosine ${mean.toFixed(2)}, ` +
        `more ${measures.upActivation.mean.toFixed(2)}, less ${measures.downActivation.mean.toFixed(2)}`,
    );
  }
  return lines;
}

type Counts = Pick<JudgedSearches, "total" | "failed" | "upRight" | "downRight">;

function sumJudged(cells: readonly { judged: JudgedSearches }[]): Counts {
  const sum = { total: 0, failed: 0, upRight: 0, downRight: 0 };
  for (const { judged } of cells) {
    sum.total += judged.total;
    sum.failed += judged.failed;
    sum.upRight += judged.upRight;
    sum.downRight += judged.downRight;
  }
  return sum;
}

function describeJudged(name: string, { total, failed, upRight, downRight }: Counts): string {
  return `  ${name}: more ${percent(upRight / total)}, less ${percent(downRight / total)} of ${total} right${
    failed > 0 ? `, ${failed} failed` : ""
  }`;
}

function signed({ mean, interval }: MeanInterval): string {
  const sign = (value: number): string => (value < 0 ? "" : "+") + value.toFixed(3);
  return `${sign(mean)} [${interval.map(sign).join(", ")}]`;
}
