import { type Postings, createPostingsList, createRandom } from "../src/core/index.js";
import { type ContrastColumn, classColumn, numberColumn } from "../src/compare/contrast/index.js";

/** What is planted in a corpus, by latent or family's parent. */
export interface PlantedContrast {
  postings: Postings;
  families: { parent: number; members: { latent: number }[] }[];
  column: ContrastColumn;
  /** Families that differ as a whole, with all their latents alike, by parent. */
  whole: number[];
  /** Latents that differ beyond their family, which differs through them alone. */
  members: number[];
  /** Latents of no family that differ. */
  lone: number[];
  /** Of each of these the rate among documents of the first class less that of the second; of no meaning for numbers. */
  differences: number[];
}

/** How a corpus is drawn. */
export interface PlantedContrastOptions {
  seed: number;
  kind: "classes" | "number";
  /** Share of the documents in the first class. */
  share: number;
  documents?: number;
  /** Nothing differs. */
  isNull?: boolean;
}

const FAMILIES = 24;
const MEMBERS = 8;
const LONE = 120;
/** Of each kind of effect. */
const PLANTED = 6;
/** Change of a rate between the classes, or over the range of the number, at most. */
const STRONGEST = 1.6;

/**
 * A corpus in which some families, some members beyond their family and some lone latents go with a class or a number. Latents
 * of a family are active together; a member's own effect adds documents without the family's others.
 */
export function plantContrast(options: PlantedContrastOptions): PlantedContrast {
  const { seed, kind, share, documents = 3000, isNull = false } = options;
  const random = createRandom(seed);
  const dealt = Float64Array.from({ length: documents }, () => {
    const value = random();
    return kind === "number" ? Math.floor(value * 25) : value < share ? 0 : 1;
  });
  // From -1 to 1, with a mean of about 0.
  const pull = dealt.map((value) => (kind === "number" ? value / 12 - 1 : value === 0 ? 1 : -1));
  const strength = (): number =>
    isNull ? 0 : (random() < 0.5 ? -1 : 1) * STRONGEST * (0.3 + 0.7 * random()) * 0.5;
  const rows: number[][] = [];
  const truth = {
    whole: [] as number[],
    members: [] as number[],
    lone: [] as number[],
    differences: [] as number[],
  };
  for (let f = 0; f < FAMILIES; f++) {
    const parent = f * (MEMBERS + 1);
    for (let i = 0; i <= MEMBERS; i++) rows.push([]);
    const rate = 0.03 + 0.07 * random();
    const isWhole = f < PLANTED;
    const isMember = f >= PLANTED && f < 2 * PLANTED;
    const [whole, member] = [isWhole ? strength() : 0, isMember ? strength() : 0];
    const chosen = parent + 1 + Math.floor(random() * MEMBERS);
    const own = rate * 0.6;
    for (let row = 0; row < documents; row++) {
      const active = new Set<number>();
      if (random() < rate * (1 + whole * pull[row])) {
        if (random() < 0.7) active.add(parent);
        active.add(parent + 1 + Math.floor(random() * MEMBERS));
        if (random() < 0.5) active.add(parent + 1 + Math.floor(random() * MEMBERS));
      }
      if (isMember && random() < own * (1 + member * pull[row])) active.add(chosen);
      for (const latent of active) rows[latent].push(row);
    }
    if (isWhole) truth.whole.push(parent);
    if (isMember) truth.members.push(chosen);
  }
  for (let i = 0; i < LONE; i++) {
    const rate = 0.01 + 0.09 * random() ** 2;
    const effect = i < PLANTED ? strength() : 0;
    const list = Array.from({ length: documents }, (_, row) => row);
    rows.push(list.filter((row) => random() < rate * (1 + effect * pull[row])));
    if (i >= PLANTED) continue;
    truth.lone.push(rows.length - 1);
    truth.differences.push(2 * rate * effect);
  }
  const families = Array.from({ length: FAMILIES }, (_, f) => ({
    parent: f * (MEMBERS + 1),
    members: Array.from({ length: MEMBERS }, (__, m) => ({ latent: f * (MEMBERS + 1) + 1 + m })),
  }));
  return {
    postings: toPostings(rows, documents),
    families,
    column: kind === "number" ? numberColumn(dealt) : classColumn(["a", "b"], dealt),
    ...truth,
  };
}

/** The family, by its parent, that holds a latent; -1 for none. */
export function plantedFamilyOf(latent: number): number {
  return latent < FAMILIES * (MEMBERS + 1) ? latent - (latent % (MEMBERS + 1)) : -1;
}

function toPostings(lists: readonly (readonly number[])[], documents: number): Postings {
  const postings = createPostingsList(documents);
  for (const list of lists) {
    for (const row of list) postings.put(row, 1);
    postings.endLatent();
  }
  return postings.finish();
}
