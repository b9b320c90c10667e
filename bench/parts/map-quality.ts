import { join } from "node:path";
import type { Matrix } from "../../src/core/index.js";
import { openEngine } from "../../src/engine/index.js";
import { computeCoactivation } from "../../src/families/index.js";
import { readCodes } from "../../src/files/index.js";
import {
  coactivationProfiles,
  cosineNeighbours,
  neighboursKept,
  projectUmap,
  trustworthiness,
} from "../../src/projection/index.js";
import { loadSae } from "../../src/sae/index.js";
import { figure } from "../format.js";
import type { Part, Section, TaskContext } from "../part.js";
import { markdownTable } from "../report.js";
import { atlasFolder, sampleAtlas } from "./demo.js";

const COUNT = 15;
const SEEDS = [0, 1, 2];

interface Judged {
  latents: number;
  maps: { name: string; kept: number; trust: number; together: number }[];
}

async function judge({ folder }: TaskContext): Promise<Judged> {
  const atlas = atlasFolder(folder);
  const { decoder } = await loadSae(join(atlas, "sae.safetensors"));
  const profiles = coactivationProfiles(computeCoactivation(await readCodes(atlas)));
  const engine = await openEngine("cpu");
  const partners = await cosineNeighbours(profiles, COUNT, engine);
  const judgeMap = async (name: string, rows: Matrix): Promise<Judged["maps"][number]> => {
    const neighbours = await cosineNeighbours(rows, COUNT, engine);
    const found = { kept: 0, trust: 0, together: 0 };
    for (const seed of SEEDS) {
      const places = await projectUmap(neighbours, { seed });
      found.kept += neighboursKept(neighbours, places) / SEEDS.length;
      found.trust += trustworthiness(rows, places, COUNT, { sample: 200 }) / SEEDS.length;
      found.together += neighboursKept(partners, places) / SEEDS.length;
    }
    return { name, ...found };
  };
  const maps = [
    await judgeMap("decoder directions", decoder),
    await judgeMap("co-activation profiles (default)", profiles),
  ];
  await engine.dispose();
  return { latents: decoder.rows, maps };
}

export const mapQualityPart: Part = {
  name: "map-quality",
  title: "What the map goes by",
  tasks: { judge },
  async run(bench): Promise<Section> {
    await sampleAtlas(bench);
    const { latents, maps } = await bench.task<Judged>("judge");
    const rows = maps.map(({ name, kept, trust, together }) => [
      name,
      ...[kept, trust, together].map((share) => share.toFixed(3)),
    ]);
    const columns = [
      "map of",
      "own neighbours kept",
      "trustworthiness",
      "co-activation neighbours kept",
    ];
    return {
      body: `Maps of the sample's ${figure(latents)} latents by the source of their neighbours, mean of ${SEEDS.length} seeds, ${COUNT} neighbours: the share
of each latent's neighbours that are among its nearest on the map (chance: ${(COUNT / latents).toFixed(3)}), and the trustworthiness of
Venna and Kaski (chance: about 0.5).

${markdownTable(columns, rows)}`,
    };
  },
};
