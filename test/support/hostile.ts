import { createHash } from "node:crypto";
import { type ExampleOptions, type LabelProtocol, PROTOCOLS } from "../../src/labels/index.js";
import { createRandom, shuffleInPlace } from "../../src/core/index.js";
import { type Planted, plantCorpus } from "./atlases/planted.js";

/** Latents of the hostile run that stand for a theme, and nonsense ones. */
export const THEMES = 1500;
export const NONSENSE = 500;

/** Few documents a latent, so that 2,000 latents take two questions each. */
export const FEW: ExampleOptions = {
  explain: { active: 4, inactive: 2 },
  validate: { active: 0, inactive: 0 },
  score: { active: 6, inactive: 6 },
};

/** One label and one batch a latent. */
export const SHORT: LabelProtocol = { ...PROTOCOLS.default, candidates: 1, batch: 12 };

/** The corpus of the hostile run, the same in every process. */
export function plantHostile(): Planted {
  return plantCorpus({ documents: 1500, themes: THEMES, nonsense: NONSENSE, active: 14 });
}

/** All latents, meaning and nonsense mixed. */
export function mixedLatents(): number[] {
  const latents = Uint32Array.from({ length: THEMES + NONSENSE }, (_, latent) => latent);
  shuffleInPlace(latents, createRandom(9));
  return [...latents];
}

/** The hash by which the server tells a prompt. */
export function promptHash(system: string, user: string): string {
  const messages = [
    { role: "system", content: system },
    { role: "user", content: user },
  ];
  return createHash("sha256").update(JSON.stringify(messages)).digest("hex");
}
