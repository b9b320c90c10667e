import { atlasOption, chooseAtlas } from "./atlas-option.js";
import { type Command, defineCommand } from "./command.js";

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
    const { openAtlas } = await import("../atlas/open.js");
    const { countAudited } = await import("../atlas/labels/audit-atlas.js");
    const opened = await openAtlas(dir, { onProgress, signal });
    try {
      const { latents, families, asked } = countAudited(await opened.audit({ limit, examples }));
      const [out] = await opened.export("audit", file, { limit, examples });
      return {
        json: { out, latents, families, asked },
        lines: [
          `${latents} latents and ${families} families, a model was asked about ${asked} of them`,
          `wrote ${out}`,
        ],
      };
    } finally {
      await opened.close();
    }
  },
});
