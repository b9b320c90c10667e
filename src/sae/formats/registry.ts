import { FormatError } from "../../core/errors.js";
import { listed, shown } from "../../core/shown.js";
import { dictionaryLearning } from "./dictionary-learning.js";
import type { CheckpointFormat } from "./format.js";
import { own } from "./own.js";
import { type RawCheckpoint, insideRaw } from "./raw.js";
import { isTensor } from "../../files/bytes/tensor.js";
import { gemmaScope, saelens } from "./saelens.js";
import { sparsify } from "./sparsify.js";
import { hypothesaes, openai, prismadb, saerch } from "./state-dicts.js";

const FORMATS: readonly CheckpointFormat[] = [
  own,
  saerch,
  saelens,
  gemmaScope,
  dictionaryLearning,
  sparsify,
  openai,
  hypothesaes,
  prismadb,
];

/** Names and one line of every format that loadSae reads. */
export const CHECKPOINT_FORMATS: readonly { name: string; about: string }[] = FORMATS.map(
  ({ name, about }) => ({ name, about }),
);

/**
 * The checkpoint whose tensors are an SAE's: those of the only dict of tensors in the file, such as its state_dict, where
 * none lies outside and no format has a use for the rest.
 */
export function unwrap(raw: RawCheckpoint): RawCheckpoint {
  if (raw.tensors.size > 0 || FORMATS.some((format) => format.detect(raw))) return raw;
  const inner = [...raw.entries].filter(
    ([, dict]) =>
      dict instanceof Map && [...(dict as Map<unknown, unknown>).values()].some(isTensor),
  );
  return inner.length === 1 ? insideRaw(raw, inner[0][0]) : raw;
}

/**
 * The format of a checkpoint: the requested one, else the one that its files and names identify beyond doubt. Throws RangeError
 * for a name that is none, and FormatError where no format or more than one fits: a guess would change the numbers.
 */
export function chooseFormat(raw: RawCheckpoint, requested?: string): CheckpointFormat {
  if (requested !== undefined) {
    const format = FORMATS.find(({ name }) => name === requested.split("/")[0]);
    if (format) return format;
    const names = FORMATS.map(({ name }) => name).join(", ");
    throw new RangeError(`format: expected one of ${names}, got ${shown(requested)}`);
  }
  const fitting = FORMATS.filter((format) => format.detect(raw));
  if (fitting.length === 1) return fitting[0];
  const found = listed([...raw.tensors.keys(), ...raw.entries.keys()]);
  const beside = raw.configPath === undefined ? "no cfg.json or config.json next to it" : "";
  throw new FormatError(
    raw.path,
    fitting.length === 0
      ? `not a known kind of SAE: found the tensors ${found}${beside && `, and ${beside}`}; if it is an SAE, pass its layout as --format (${FORMATS.map(({ name }) => name).join(", ")})`
      : `fits ${fitting.map(({ name }) => name).join(" and ")}: pass its layout as --format`,
  );
}
