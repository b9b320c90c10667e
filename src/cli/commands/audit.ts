import path from "node:path";
import { atlasOption, chooseAtlas } from "../atlas-option.js";
import { type Command, defineCommand } from "../command.js";

export const auditCommand: Command = defineCommand({
  name: "audit",
  group: "label",
  summary: "Write a page for checking labels against documents, answers and verdicts.",
  details:
    "One HTML file that needs no network: search, filter and sort the labels of latents and families, lowest scores " +
    "first. A label opens with the documents a model saw, its answer, and the judge's verdict on each document beside " +
    "the truth. Where no model was asked, it shows documents in which the latent is active, from strong to weak.",
  example: "feature-families audit --limit 500 --out audit.html",
  options: {
    ...atlasOption,
    out: { type: "string", value: "PATH", about: "the page (default exports/NAME-audit.html)" },
    limit: {
      type: "integer",
      least: 1,
      about: "labels on the page, lowest scores first (default all)",
    },
    examples: {
      type: "integer",
      least: 1,
      about: "documents shown for a label that no model was asked about (default 10)",
    },
  },
  async run({ atlas, out: file, limit, examples }, _positionals, { onProgress, signal }) {
    const dir = await chooseAtlas("audit", atlas);
    const { openAtlas } = await import("../../atlas/open.js");
    const { auditPage } = await import("../../figures/pages/audit-page.js");
    const { writeFileAtomic } = await import("../../files/atomic-file.js");
    const name = path.basename(path.resolve(dir));
    const out = file ?? path.join("exports", `${name}-audit.html`);
    const opened = await openAtlas(dir, { onProgress, signal });
    try {
      const audit = await opened.audit({ limit, examples });
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
      await opened.close();
    }
  },
});
