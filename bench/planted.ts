import { type Codes, type Random, createCodes, createRandom } from "../src/core/index.js";

/** A family planted in codes. */
export interface PlantedFamily {
  parent: number;
  members: number[];
  /** Share of a member's documents in which its parent is active too. */
  strength: number;
}

/** What to plant, and in how many documents. */
export interface PlantedOptions {
  documents?: number;
  /** Latents active per document. */
  k?: number;
  /** Families of each strength, and their members. */
  familiesEach?: number;
  members?: number;
  strengths?: readonly number[];
  /** Unrelated latents. */
  noise?: number;
  seed?: number;
}

/** Codes with known families. */
export interface Planted {
  codes: Codes;
  families: PlantedFamily[];
  /** Latents without a family. */
  noise: number[];
}

/**
 * Codes of documents drawn one by one: each contains some members of families, their parents with the probability given
 * by the strength, and random other latents, including noise. The noise covers the densities of parents and members.
 */
export function plantCodes(options: PlantedOptions = {}): Planted {
  const { documents = 4000, k = 6, familiesEach = 6, members = 6 } = options;
  const { strengths = [0.2, 0.35, 0.5, 0.7, 0.9], noise = 200, seed = 0 } = options;
  const families = strengths.flatMap((strength, s) =>
    Array.from({ length: familiesEach }, (_, f): PlantedFamily => {
      const parent = (s * familiesEach + f) * (members + 1);
      return {
        parent,
        strength,
        members: Array.from({ length: members }, (__, m) => parent + 1 + m),
      };
    }),
  );
  const planted = families.length * (members + 1);
  const n = planted + noise;
  const random = createRandom(seed);
  const indices = new Uint32Array(documents * k);
  const values = new Float32Array(documents * k);
  for (let row = 0; row < documents; row++) {
    const chosen = drawDocument({ families, planted, n, k }, random);
    indices.set(chosen, row * k);
    for (let s = row * k; s < (row + 1) * k; s++) values[s] = 0.5 + random();
  }
  return {
    codes: createCodes(documents, k, n, indices, values),
    families,
    noise: Array.from({ length: noise }, (_, i) => planted + i),
  };
}

function drawDocument(
  {
    families,
    planted,
    n,
    k,
  }: { families: readonly PlantedFamily[]; planted: number; n: number; k: number },
  random: Random,
): number[] {
  const chosen = new Set<number>();
  for (let topic = 0; topic < 2; topic++) {
    const { parent, members, strength } = families[Math.floor(random() * families.length)];
    chosen.add(members[Math.floor(random() * members.length)]);
    if (random() < strength) chosen.add(parent);
    // Parents occur everywhere to some extent, so that rarity does not reveal the parent of a weak family.
    if (random() < 0.5) chosen.add(families[Math.floor(random() * families.length)].parent);
  }
  while (chosen.size < k) {
    // The square makes some latents of the noise dense and most rare.
    const latent = planted + Math.floor(random() ** 2 * (n - planted));
    chosen.add(latent);
  }
  return [...chosen].slice(0, k);
}
