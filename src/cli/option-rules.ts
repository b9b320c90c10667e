import { ownValue } from "../core/collections.js";
import { existsSync } from "node:fs";
import { type Command, UsageError } from "./command.js";

type Values = Readonly<Record<string, unknown>>;

/** Throws UsageError where options that were given exclude each other, or one lacks what it needs. */
export function checkTogether({ name, options }: Command, values: Values): void {
  for (const [flag, { excludes = [], needs = [] }] of Object.entries(options)) {
    if (!isGiven(values, flag)) continue;
    const other = excludes.find((candidate) => isGiven(values, candidate));
    if (other !== undefined) {
      throw new UsageError(`${name}: --${flag} and --${other} exclude each other`);
    }
    if (needs.length > 0 && !needs.some((candidate) => isGiven(values, candidate))) {
      const list = needs.map((candidate) => `--${candidate}`).join(" or ");
      throw new UsageError(`${name}: --${flag} needs ${list}`);
    }
  }
}

/** Throws UsageError for the first of these options that was given; `where` says what has no use for it. */
export function refuseOptions(where: string, values: Values, flags: readonly string[]): void {
  const given = flags.find((flag) => isGiven(values, flag));
  if (given !== undefined) throw new UsageError(`${where} takes no --${given}`);
}

/** Throws Error for the first input of the call that is not there. */
export function checkInputs({ options }: Command, values: Values): void {
  for (const [flag, { input }] of Object.entries(options)) {
    const file = ownValue(values, attributeOf(flag));
    if (input && typeof file === "string") checkInput(file);
  }
}

/** Throws Error where there is no such file or folder. */
export function checkInput(file: string): void {
  if (!existsSync(file)) throw new Error(`${file}: no such file`);
}

function isGiven(values: Values, flag: string): boolean {
  const value = ownValue(values, attributeOf(flag));
  return value !== undefined && value !== false;
}

function attributeOf(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
