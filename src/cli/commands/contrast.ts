import type { ContrastReport } from "../../atlas/contrast/contrast-report.js";
import { atlasOption, chooseAtlas, movedOptions, withAtlas } from "../atlas-option.js";
import { type Command, UsageError, defineCommand } from "../command.js";
import { FINDING_COLUMNS, contrastRows, describeContrast } from "../results/contrast.js";
import * as option from "../option-kinds.js";

const SHOWN = 20;
const KINDS = [".csv", ".jsonl"] as const;

export const contrastCommand: Command = defineCommand({
  name: "contrast",
  group: "explore",
  summary: "Find the latents and families that differ between documents.",
  details:
    "OF is a column of the corpus (classes, numbers, or dates, which are compared by year), or a set of documents: COLUMN=VALUE, COLUMN>=NUMBER, " +
    "COLUMN<=NUMBER, class=NAME (with the classes below it), year=FROM-TO, several of these separated by commas, or a file of ids, one per line. A set " +
    "is compared with the set AGAINST, or with all other documents. Findings are chosen on three quarters of the documents, at a false discovery " +
    "rate; effects and intervals are measured on the last quarter. A latent is listed beside a family that contains it only if it " +
    "differs from the rest of the family.",
  example: 'feature-families contrast "broad class" --atlas families/wordnet',
  positionals: "<OF> [AGAINST]",
  options: {
    ...atlasOption,
    ...movedOptions,
    rate: option.number("largest expected share of false findings (default 0.05)"),
    permutations: option.integer(
      "times that labels are assigned at random for comparison (default 20)",
      { least: 0 },
    ),
    seed: option.integer("random seed (default 0)"),
    limit: option.count(`findings shown (default ${SHOWN})`),
    save: option.flag("save the findings in the atlas, and show them in its catalog and figure"),
    out: option.path("write all findings to a .csv or .jsonl"),
    raw: option.flag("do not escape texts that a spreadsheet would read as formulas in a .csv", {
      needs: ["out"],
    }),
  },
  async run(values, [of, against], { onProgress, onWarning, signal }) {
    const { out, raw, save, limit = SHOWN, rate, permutations, seed } = values;
    if (out !== undefined && !KINDS.some((ending) => out.endsWith(ending))) {
      throw new UsageError(`contrast: --out must end in ${KINDS.join(" or ")}, got "${out}"`);
    }
    if (rate !== undefined && !(rate > 0 && rate < 1)) {
      throw new UsageError(`contrast: --rate must be between 0 and 1, got ${rate}`);
    }
    const dir = await chooseAtlas("contrast", values);
    return withAtlas(dir, { onProgress, onWarning, signal }, async (atlas) => {
      const report = await atlas.contrast(of, { against, rate, permutations, seed, save });
      if (out !== undefined) await writeFindings(out, report, raw);
      return {
        json: report,
        lines: [
          ...describeContrast(report, limit),
          ...(out === undefined ? [] : [`wrote ${report.findings.length} findings to ${out}`]),
        ],
      };
    });
  },
});

async function writeFindings(out: string, report: ContrastReport, raw: boolean): Promise<void> {
  const rows = contrastRows(report);
  if (out.endsWith(".jsonl")) {
    const { writeJsonl } = await import("../../files/jsonl.js");
    return writeJsonl(out, rows);
  }
  const { formatCsv } = await import("../../files/csv.js");
  const { writeFileAtomic } = await import("../../files/atomic-file.js");
  const cells = rows.map((row) => Object.values(row));
  await writeFileAtomic(out, formatCsv(FINDING_COLUMNS, cells, { raw }));
}
