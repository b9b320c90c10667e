import { existsSync } from "node:fs";
import { checkJson } from "../../files/check-json.js";
import { readCheckedJsonl } from "../../files/checked-json.js";
import type { EvidenceIndex } from "../../explorer/data-files.js";
import { parseJson } from "../../files/json-text.js";
import { indexLines } from "../../files/line-file.js";
import { evidenceSchema } from "../../labels/evidence/evidence-read.js";
import type { AtlasStore } from "../store.js";

/** Reads what stands behind labels once, for what it says of each latent; one label's evidence is read again when it is opened. */
export async function indexEvidence(store: AtlasStore, n: number): Promise<EvidenceIndex> {
  const verdicts = new Int32Array(3 * n).fill(-1);
  const file = store.file("evidence");
  if (!existsSync(file)) return { verdicts, read: () => Promise.resolve(undefined) };
  const lineOf = new Map<string, number>();
  const lines = await indexLines(file, async (source) => {
    for await (const { line, value } of readCheckedJsonl(source, evidenceSchema)) {
      const { of, latent, label } = value;
      lineOf.set(`${of} ${latent}`, line);
      if (of !== "latent" || latent >= n) continue;
      const own = value.verdicts.filter((one) => one.set === "score" && one.label === label);
      verdicts[latent] = own.length;
      verdicts[n + latent] = own.filter(
        ({ answer, expected }) => answer !== null && answer !== expected,
      ).length;
      verdicts[2 * n + latent] = own.filter(({ answer }) => answer === null).length;
    }
  });
  return {
    verdicts,
    async read(of, latent) {
      const line = lineOf.get(`${of} ${latent}`);
      const text = line === undefined ? undefined : await lines.read(line - 1);
      if (text === undefined) return undefined;
      const place = `line ${line}`;
      const found = checkJson(parseJson(text, `${file}: ${place}`), evidenceSchema, file, place);
      // Labelling may have written the file anew.
      return found.of === of && found.latent === latent ? found : undefined;
    },
  };
}
