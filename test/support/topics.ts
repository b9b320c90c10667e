import { type Codes, type Random } from "../../src/core/index.js";

const COMMON = "thing plain matter usual piece object sort case point part".split(" ");

/** A text for each document, with a word or two for each of its latents among common ones. */
export function topicTexts({ rows, k, indices }: Codes, random: Random): string[] {
  const letters = "bcdfghjklmnprstv";
  const nameOf = (latent: number, which: number): string =>
    Array.from({ length: 3 }, (_, at) => {
      const digit = (latent * 7 + which * 31 + at * (latent + 3)) % letters.length;
      return `${letters[digit]}${"aeiou"[(latent + at * which) % 5]}`;
    }).join("");
  return Array.from({ length: rows }, (_, row) => {
    const words = Array.from(indices.subarray(row * k, (row + 1) * k), (latent) =>
      nameOf(latent, random() < 0.5 ? 0 : 1),
    );
    const common = words.map(() => COMMON[Math.floor(random() * COMMON.length)]);
    return words.map((word, at) => `${word}, of the ${common[at]}`).join(", ");
  });
}
