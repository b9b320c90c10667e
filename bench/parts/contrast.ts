import { createRandom, invertCodes } from "../../src/core/index.js";
import {
  type Contrast,
  type ContrastColumn,
  classColumn,
  contrastDocuments,
  numberColumn,
  subsetPValue,
} from "../../src/compare/contrast/index.js";
import { figure, seconds } from "../format.js";
import type { Part, Section, TaskContext } from "../part.js";
import {
  type PlantedContrast,
  type PlantedContrastOptions,
  plantContrast,
  plantedFamilyOf,
} from "../planted-contrast.js";
import { markdownTable } from "../report.js";
import { topicOf, topicalCodes } from "../synthetic.js";

const RATE = 0.05;
/** Of a latent or family that can be found. */
const MIN_ACTIVE = 10;
const KINDS: readonly (Pick<PlantedContrastOptions, "kind" | "share"> & { name: string })[] = [
  { name: "two classes of equal size", kind: "classes", share: 0.5 },
  { name: "a class of 15 %", kind: "classes", share: 0.15 },
  { name: "a year", kind: "number", share: 0 },
];

/** Shares of the planted effects that were found. */
interface Power {
  whole: number;
  members: number;
  lone: number;
  all: number;
}

interface Simulated {
  corpora: number;
  kinds: {
    name: string;
    falseShare: number;
    /** Of corpora in which nothing differs, those with any finding. */
    anyOfNull: number;
    /** Effects of members whose latent or family was found. */
    located: number;
    /** Intervals of lone latents that were found, and those with the true difference in them; of classes. */
    intervals: number;
    covering: number;
    ours: Power;
    bonferroni: Power;
    bonferroniAll: Power;
  }[];
}

function simulate({ quick }: TaskContext): Promise<Simulated> {
  const corpora = quick ? 10 : 200;
  const kinds = KINDS.map(({ name, kind, share }) => {
    const sums = { falseShare: 0, anyOfNull: 0, located: 0, intervals: 0, covering: 0 };
    const [ours, bonferroni, bonferroniAll] = [0, 1, 2].map(noPower);
    for (let seed = 0; seed < corpora; seed++) {
      const planted = plantContrast({ seed, kind, share });
      const found = find(planted, seed);
      const names = new Set(found.findings.map(({ of, id }) => `${of} ${id}`));
      sums.falseShare += falseShare(planted, names) / corpora;
      const has = (of: string, id: number): boolean => names.has(`${of} ${id}`);
      addPower(ours, planted, (parent) => has("family", parent), has, corpora);
      const isLocated = (latent: number): boolean =>
        has("latent", latent) || has("family", plantedFamilyOf(latent));
      sums.located += shareOf(planted.members, isLocated) / corpora;
      for (const [power, part] of [
        [bonferroni, 0.75],
        [bonferroniAll, 1],
      ] as const) {
        const latents = bonferroniOf(planted, part);
        const hasLatent = (_: string, id: number): boolean => latents.has(id);
        const hasFamily = (parent: number): boolean =>
          [...latents].some((latent) => plantedFamilyOf(latent) === parent);
        addPower(power, planted, hasFamily, hasLatent, corpora);
      }
      const empty = find(plantContrast({ seed: 1e6 + seed, kind, share, isNull: true }), seed);
      if (empty.findings.length > 0) sums.anyOfNull += 1 / corpora;
      planted.lone.forEach((latent, at) => {
        const one = found.findings.find(({ of, id }) => of === "latent" && id === latent);
        if (one === undefined || kind === "number") return;
        const [low, high] = one.effect.interval;
        sums.intervals++;
        if (low <= planted.differences[at] && planted.differences[at] <= high) sums.covering++;
      });
    }
    return { name, ...sums, ours, bonferroni, bonferroniAll };
  });
  return Promise.resolve({ corpora, kinds });
}

function find(planted: PlantedContrast, seed: number): Contrast {
  const options = { rate: RATE, minActive: MIN_ACTIVE, permutations: 0, seed };
  return contrastDocuments(planted.postings, planted.families, planted.column, options);
}

/**
 * Share of the findings that are false. What is planted is true; so is a latent of a family that differs as a whole, where the
 * family was not found: it is then named as one that differs, not as one that differs beyond the family.
 */
function falseShare(planted: PlantedContrast, found: ReadonlySet<string>): number {
  const latents = new Set([...planted.members, ...planted.lone]);
  const families = new Set([...planted.whole, ...planted.members.map(plantedFamilyOf)]);
  const wrong = [...found].filter((name) => {
    const [of, id] = [name.split(" ")[0], Number(name.split(" ")[1])];
    if (of === "family") return !families.has(id);
    const family = plantedFamilyOf(id);
    return !latents.has(id) && (!planted.whole.includes(family) || found.has(`family ${family}`));
  });
  return wrong.length / Math.max(1, found.size);
}

/** Latents whose p-value among the first `part` of the documents passes Bonferroni's correction. */
function bonferroniOf({ postings, column }: PlantedContrast, part: number): Set<number> {
  const { groupOf } = column;
  const end = part * postings.documents;
  const all = new Uint32Array(column.kind === "number" ? column.values.length : 2);
  for (let row = 0; row < end; row++) all[groupOf[row]]++;
  const tested: { latent: number; p: number }[] = [];
  for (let latent = 0; latent < postings.n; latent++) {
    const own = new Uint32Array(all.length);
    let active = 0;
    for (let at = postings.offsets[latent]; at < postings.offsets[latent + 1]; at++) {
      if (postings.rows[at] >= end) continue;
      own[groupOf[postings.rows[at]]]++;
      active++;
    }
    if (active >= MIN_ACTIVE) tested.push({ latent, p: subsetPValue(own, all) });
  }
  const passed = tested.filter(({ p }) => p <= RATE / tested.length);
  return new Set(passed.map(({ latent }) => latent));
}

function noPower(): Power {
  return { whole: 0, members: 0, lone: 0, all: 0 };
}

function shareOf(list: readonly number[], holds: (id: number) => boolean): number {
  return list.filter(holds).length / list.length;
}

function addPower(
  power: Power,
  { whole, members, lone }: PlantedContrast,
  hasFamily: (parent: number) => boolean,
  has: (of: string, id: number) => boolean,
  corpora: number,
): void {
  const hasLatent = (id: number): boolean => has("latent", id);
  const shares = [shareOf(whole, hasFamily), shareOf(members, hasLatent), shareOf(lone, hasLatent)];
  power.whole += shares[0] / corpora;
  power.members += shares[1] / corpora;
  power.lone += shares[2] / corpora;
  power.all += (shares[0] + shares[1] + shares[2]) / 3 / corpora;
}

interface Sized {
  documents: number;
  latents: number;
  families: number;
  classes: number;
  year: number;
  found: number;
  peakMB: number;
}

/** A corpus of the largest size of the paper's, with labels at random. */
function size({ quick }: TaskContext): Promise<Omit<Sized, "peakMB">> {
  const [documents, k, n] = quick ? [5000, 16, 512] : [272_000, 64, 9216];
  const postings = invertCodes(topicalCodes(documents, k, n, 1));
  const members = new Map<number, { latent: number }[]>();
  for (let latent = 0; latent < n; latent++) {
    const topic = topicOf(latent, n);
    members.set(topic, [...(members.get(topic) ?? []), { latent }]);
  }
  const families = [...members.values()].map((list) => ({ parent: list[0].latent, members: list }));
  const random = createRandom(2);
  const years = Float64Array.from({ length: documents }, () => 1995 + Math.floor(30 * random()));
  const time = (column: ContrastColumn): { seconds: number; found: number } => {
    const start = process.cpuUsage();
    const { findings } = contrastDocuments(postings, families, column);
    const { user, system } = process.cpuUsage(start);
    return { seconds: (user + system) / 1e6, found: findings.length };
  };
  const words = Array.from({ length: 10 }, (_, at) => `class ${at}`);
  const byClass = time(
    classColumn(
      words,
      years.map((year) => year % 10),
    ),
  );
  const byYear = time(numberColumn(years));
  return Promise.resolve({
    ...{ documents, latents: n, families: families.length },
    ...{ classes: byClass.seconds, year: byYear.seconds, found: byClass.found + byYear.found },
  });
}

export const contrastPart: Part = {
  name: "contrast",
  title: "What differs between documents",
  tasks: { simulate, size },
  async run(bench): Promise<Section> {
    const { corpora, kinds } = await bench.task<Simulated>("simulate");
    const sized = await bench.task<Sized>("size");
    const share = (value: number): string => value.toFixed(3);
    const powers = kinds.flatMap(({ name, located, ours, bonferroni, bonferroniAll }) => [
      powerRow(`${name}: \`contrast\``, ours, located),
      powerRow("Bonferroni, the documents that choose", bonferroni),
      powerRow("Bonferroni, all documents", bonferroniAll),
    ]);
    const rates = kinds.map(({ name, falseShare: wrong, anyOfNull, covering, intervals }) => [
      name,
      share(wrong),
      share(anyOfNull),
      intervals > 0 ? `${share(covering / intervals)} of ${intervals}` : "",
    ]);
    const worst = Math.max(...kinds.map(({ falseShare: wrong }) => wrong));
    const worstNull = Math.max(...kinds.map(({ anyOfNull }) => anyOfNull));
    const least = Math.min(...kinds.map(({ ours, bonferroni }) => ours.all - bonferroni.all));
    return {
      body: `${corpora} simulated corpora of each kind, 3,000 documents, 336 latents, 24 families: 6 families differ as a whole, 6 members beyond
their family, 6 latents of no family, by up to 80 % of their rate either way. The nominal rate is ${RATE}, for Bonferroni's correction as
well. "False" is the mean share of findings that are false; a member of a family that differs as a whole counts as false beside its
family. "Any of nothing" is the share of corpora in which nothing differs that still have a finding.

${markdownTable(["", "false", "any of nothing", "95 % intervals of lone latents found that hold the true difference"], rates)}

Share of the planted effects that are found. Of a family as a whole Bonferroni's test per latent counts where any of its latents
passes. "Or the family" counts members whose family was found.

${markdownTable(["", "families", "members", "or the family", "lone latents", "all"], powers)}

${figure(sized.documents)} documents, ${figure(sized.latents)} latents, ${figure(sized.families)} families, 64 latents per document, labels at random, 20 permutations:
10 classes in ${seconds(sized.classes)} of processor time, a year in ${seconds(sized.year)}, ${sized.found} findings, peak memory ${figure(sized.peakMB / 1000)} GB.`,
      targets: [
        {
          what: "false discovery of planted contrasts",
          target: `≤ ${RATE}`,
          measured: share(worst),
          met: worst <= RATE,
        },
        {
          what: "contrasts of nothing with a finding",
          target: `≤ ${RATE}, within chance of ${corpora} corpora`,
          measured: share(worstNull),
          met: worstNull <= RATE + 1.96 * Math.sqrt((RATE * (1 - RATE)) / corpora),
        },
        {
          what: "power less that of Bonferroni per latent, same documents",
          target: "≥ 0",
          measured: share(least),
          met: least >= 0,
        },
      ],
    };
  },
};

function powerRow(name: string, { whole, members, lone, all }: Power, located?: number): string[] {
  const cells = [whole, members, located, lone, all];
  return [name, ...cells.map((value) => value?.toFixed(3) ?? "")];
}
