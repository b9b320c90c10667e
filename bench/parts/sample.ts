import { readdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Bench, Part, Section } from "../part.js";

const saeFolder = ({ folder }: Bench): string => join(folder, "sample-saes");

/** Which k and n the sample's SAE should have; trains 12 SAEs. */
export const sampleSaePart: Part = {
  name: "sample-sae",
  title: "The sample's SAE",
  onlyByName: true,
  async run(bench): Promise<Section> {
    const sizes = bench.quick
      ? ["--k", "8", "--n", "256", "--epochs", "2"]
      : ["--k", "4,8,16", "--n", "512,768,1024,1536"];
    const table = await bench.script("sample-sae", "--keep", saeFolder(bench), ...sizes);
    return {
      body: `SAEs of several sizes trained on the sample, and how well their latents, forest edges and families agree with WordNet's
classes (\`bench/sample-sae.ts\`).

${table}`,
    };
  },
};

/** Which edge weight should be the default, on the SAEs of the part before or six of its own. */
export const edgeWeightsPart: Part = {
  name: "edge-weights",
  title: "Edge weights",
  onlyByName: true,
  async run(bench): Promise<Section> {
    const folder = saeFolder(bench);
    if (!existsSync(folder)) {
      const sizes = bench.quick
        ? ["--k", "8", "--n", "256", "--epochs", "2"]
        : ["--k", "8,16,32", "--n", "512,1024"];
      await bench.script("sample-sae", "--keep", folder, ...sizes);
    }
    const files = (await readdir(folder)).map((name) => join(folder, name));
    return {
      body: `Forests and families of the sample's SAEs by every edge weight, and how well they agree with WordNet's classes
(\`bench/weights.ts\`); edges are the strongest of the forest, as many as the second column says.

${await bench.script("weights", ...files)}`,
    };
  },
};
