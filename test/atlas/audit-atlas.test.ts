import test from "ava";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { readCatalog } from "../../src/catalog/index.js";
import { FormatError } from "../../src/core/index.js";
import { createChatModel, openLedger } from "../../src/llm/index.js";
import {
  auditAtlas,
  correctLabel,
  importLabels,
  labelAtlas,
} from "../../src/atlas/labels/index.js";
import { openStore } from "../../src/atlas/index.js";
import { inFolder } from "../support/folder.js";
import { startLlmServer } from "../support/servers/llm-server.js";
import { answerPlanted, themeWord } from "../support/atlases/planted.js";
import { buildPlantedAtlas } from "../support/atlases/planted-atlas.js";

test("a person's label survives labelling and imports, and the audit shows what the model saw and said", async (t) => {
  await inFolder(async (folder) => {
    const groups = [[0, 1, 2, 3, 4, 5]];
    const { dir, planted } = await buildPlantedAtlas(folder, {
      themes: 8,
      active: 50,
      documents: 1800,
      groups,
    });
    const server = await startLlmServer({ answer: answerPlanted });
    const ledger = await openLedger(path.join(dir, "labels.ledger.jsonl"));
    try {
      const model = { model: "gpt-4o-mini", baseUrl: server.baseUrl, env: {}, ledger };
      const explainer = await createChatModel(model);
      await correctLabel(dir, { latent: 6, label: "six by hand", note: "seen" });
      await labelAtlas(dir, { explainer, families: true });
      const asked = server.calls.length;
      await correctLabel(dir, { latent: 7, label: "seven by hand" });
      await labelAtlas(dir, { explainer, families: true });
      t.is(server.calls.length, asked, "what is answered is not asked again");
      const file = path.join(folder, "other.json");
      await writeFile(file, JSON.stringify([1, 7].map((index) => ({ index, label: `i${index}` }))));
      await importLabels(dir, [file]);
      await labelAtlas(dir, { explainer });
      const rows = await readCatalog(path.join(dir, "catalog.jsonl"));
      t.deepEqual(
        rows.map(({ label, label_source: source }) => `${label} (${source})`),
        [0, 1, 2, 3, 4, 5, 6, 7].map((latent) => {
          if (latent === 1) return "i1 (import)";
          if (latent > 5) return `${["six", "seven"][latent - 6]} by hand (human)`;
          return `matters of ${themeWord(latent)} (llm)`;
        }),
      );

      const overrides = path.join(dir, "labels.overrides.jsonl");
      const whole = await readFile(overrides, "utf8");
      await writeFile(overrides, `${whole}{"latent":\n`);
      await t.throwsAsync(correctLabel(dir, { latent: 7, label: "lost" }), {
        instanceOf: FormatError,
        message: /labels\.overrides\.jsonl.*line 3/,
      });
      t.is(await readFile(overrides, "utf8"), `${whole}{"latent":\n`, "nothing is added");
      await writeFile(overrides, whole);

      const audit = await auditAtlas(await openStore(dir));
      t.is(audit.entries.filter(({ evidence }) => evidence !== undefined).length, 9);
      const [first] = audit.entries;
      const texts = new Map(planted.documents.map(({ id, text }) => [id, text]));
      for (const { document } of first.evidence?.shown ?? []) {
        const { id, text } = audit.documents[document];
        t.is(text, texts.get(id));
      }
      t.is(first.evidence?.verdicts.filter(({ set }) => set === "score").length, 40);
      t.is(audit.entries[6].evidence?.label, `matters of ${themeWord(6)}`);
      const family = audit.entries[audit.entries.length - 1];
      t.like(family, {
        label: { of: "family", id: 0, source: "llm", model: "gpt-4o-mini" },
      });
      t.true(family.evidence?.shown.some(({ member }) => member === 3));
      t.is(audit.labels.get(6), "six by hand");
      const fewest = await auditAtlas(await openStore(dir), { limit: 2 });
      t.is(fewest.entries.length, 2);
    } finally {
      await ledger.close();
      await server.close();
    }
  });
});
