import path from "node:path";
import { writeFileAtomic } from "../../files/atomic-file.js";
import { auditPage } from "../../figures/pages/audit-page.js";
import { auditAtlas } from "../../atlas/audit-atlas.js";
import { openStore } from "../../atlas/store.js";
import { type Command, defineCommand } from "../command.js";

export const auditCommand: Command = defineCommand({
  name: "audit",
  summary: "Write a page to check labels on: the documents, answers and verdicts behind each.",
  details:
    "One HTML file without a network: search, filter and sort the labels of latents and families, the lowest scores\n" +
    "first; a label opens with the very documents that a model saw, what it answered, and the judge's verdict on each\n" +
    "beside the truth. Where no model was asked there are documents in which the latent is active, strong and weak.",
  example: "feature-families audit --atlas families/wordnet --out audit.html",
  options: {
    atlas: {
      type: "string",
      value: "DIR",
      about: "folder of the atlas (default families/wordnet)",
    },
    out: { type: "string", value: "FILE", about: "the page (default exports/NAME-audit.html)" },
    most: {
      type: "integer",
      least: 1,
      about: "labels: those with the lowest scores (default all)",
    },
    examples: {
      type: "integer",
      least: 1,
      about: "documents of a label that no model was asked about (default 10)",
    },
  },
  async run(values, _positionals, { onProgress, signal }) {
    const dir = values.atlas ?? "families/wordnet";
    const name = path.basename(path.resolve(dir));
    const out = values.out ?? path.join("exports", `${name}-audit.html`);
    const data = await openStore(dir, { onProgress, signal });
    try {
      const { most, examples } = values;
      const audit = await auditAtlas(data, { most, examples });
      const count = (of: string): number =>
        audit.entries.filter(({ label }) => label.of === of).length;
      const asked = audit.entries.filter(({ evidence }) => evidence !== undefined).length;
      const what = `${count("latent")} latents and ${count("family")} families of ${name}`;
      const by =
        asked === 0
          ? "No model was asked about them."
          : `A model was asked about ${asked} of them.`;
      await writeFileAtomic(
        out,
        auditPage(audit, { title: `Label audit: ${name}`, about: `${what}. ${by}` }),
      );
      return {
        json: { out, latents: count("latent"), families: count("family"), asked },
        lines: [`${what}. ${by}`, `wrote ${out}`],
      };
    } finally {
      await data.close();
    }
  },
});
