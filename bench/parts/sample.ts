import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, Part, Section } from "../part.js";

const TRAINING = { full: ["--lr", "2e-3"], quick: ["--epochs", "2"] };

/** Trains SAEs on the sample unless they are there, and gives their table and their files. */
async function sampleSaes(
  bench: Bench,
  k: readonly number[],
  n: readonly number[],
): Promise<{ table: string; files: string[] }> {
  const folder = join(bench.folder, "sample-saes");
  const [ks, ns] = bench.quick ? [[8], [256]] : [k, n];
  const table = await bench.script(
    "sample-sae",
    ...["--keep", folder, "--k", ks.join(","), "--n", ns.join(",")],
    ...(bench.quick ? TRAINING.quick : TRAINING.full),
  );
  const sizes = ks.flatMap((each) => ns.map((other) => `${each}_${other}_`));
  const names = await readdir(folder);
  const files = names.filter((name) => sizes.some((size) => name.startsWith(size)));
  return { table, files: files.map((name) => join(folder, name)) };
}

/** Which k and n the sample's SAE should have; trains 12 SAEs. */
export const sampleSaePart: Part = {
  name: "sample-sae",
  title: "The sample's SAE",
  onlyByName: true,
  async run(bench): Promise<Section> {
    const { table } = await sampleSaes(bench, [4, 8, 16], [512, 768, 1024, 1536]);
    return {
      body: `SAEs of several sizes trained on the sample, and how well their latents, forest edges and families agree with WordNet's
classes (\`bench/sample-sae.ts\`). F1 is that of each latent's best class, "held out" on documents that were not used to choose it;
"agree" is the share of matched edges whose parent's class is above or equal to the child's.

${table}`,
    };
  },
};

/** Which edge weight should be the default; trains six SAEs unless they are there. */
export const edgeWeightsPart: Part = {
  name: "edge-weights",
  title: "Edge weights",
  onlyByName: true,
  async run(bench): Promise<Section> {
    const { files } = await sampleSaes(bench, [8, 16], [512, 768, 1024]);
    const table = (await bench.script("edge-weight-table", ...files)).replace(/^mean of .*$/m, "");
    return {
      body: `Forests and families of the sample for every edge weight, and how well they agree with WordNet's classes: mean of
${files.length} SAEs (k 8 and 16, n 512, 768 and 1,024; \`bench/edge-weight-table.ts\`). The second column is the number of strongest edges
taken from the forest; "edges" counts those whose two latents both match a class with an F1 above the bound, "share" is
the share of these in which the parent's class is above or equal to the child's.

${table.trim()}`,
    };
  },
};
