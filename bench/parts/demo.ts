import { join } from "node:path";
import { existsSync } from "node:fs";
import { readManifest } from "../../src/atlas/manifest.js";
import { figure, seconds } from "../format.js";
import type { Bench, Part, Section } from "../part.js";
import { markdownTable } from "../report.js";

/** The sample's atlas, built without figures where no earlier part of the run has built it. */
export async function sampleAtlas(bench: Bench): Promise<string> {
  const atlas = atlasFolder(bench.folder);
  if (!existsSync(join(atlas, "manifest.json"))) {
    const short = bench.quick ? ["--n", "256", "--epochs", "2"] : [];
    await bench.cli("demo", "--out", atlas, "--no-figures", ...short);
  }
  return atlas;
}

export function atlasFolder(folder: string): string {
  return join(folder, "wordnet");
}

export const demoPart: Part = {
  name: "demo",
  title: "The demo",
  async run(bench): Promise<Section> {
    const atlas = atlasFolder(bench.folder);
    const short = bench.quick ? ["--n", "256", "--epochs", "2"] : [];
    const demo = ["demo", "--out", atlas, "--figures", join(bench.folder, "figures"), ...short];
    const cold = await bench.cli(...demo);
    const steps = Object.entries((await readManifest(atlas))?.steps ?? {});
    const warm = await bench.cli(...demo);
    const accounted = steps.reduce((sum, [, step]) => sum + step.seconds, 0);
    const rows = [
      ...steps.map(([name, step]) => [name, step.seconds.toFixed(1)]),
      ["start and hashes", Math.max(0, cold.seconds - accounted).toFixed(1)],
      ["**all**", cold.seconds.toFixed(1)],
    ];
    return {
      body: `\`feature-families demo\` into an empty folder, and again with nothing changed (${seconds(warm.seconds)}). The largest
memory of the process is ${figure(cold.peakMB)} MB.

${markdownTable(["step", "seconds"], rows)}`,
      targets: [
        {
          what: "cold",
          target: "≤ 120 s",
          measured: seconds(cold.seconds),
          met: cold.seconds <= 120,
        },
        {
          what: "warm",
          target: "≤ 10 s",
          measured: seconds(warm.seconds),
          met: warm.seconds <= 10,
        },
      ],
    };
  },
};
