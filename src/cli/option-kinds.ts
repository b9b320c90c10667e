import type { OptionSpec } from "./command.js";

type Rules = Omit<OptionSpec, "type" | "about">;

/** An option of a kind, as a command's table has it. */
export type Option<T extends OptionSpec["type"]> = { type: T; about: string };

/** An option whose values, or items of a list, are some words only. */
export type Choice<W extends string, T extends "string" | "list" = "string"> = Option<T> & {
  choices: readonly W[];
};

/** Makes an option of one kind from its line for `--help` and what else OptionSpec has. */
type Kind<T extends OptionSpec["type"]> = <const R extends Rules>(
  about: string,
  rules?: R,
) => Option<T> & R;

function kind<T extends OptionSpec["type"]>(type: T, own: Rules = {}): Kind<T> {
  return <R extends Rules>(about: string, rules?: R) =>
    ({ type, about, ...own, ...rules }) as Option<T> & R;
}

export const flag: Kind<"boolean"> = kind("boolean");
export const number: Kind<"number"> = kind("number");
export const numbers: Kind<"numbers"> = kind("numbers");
export const integer: Kind<"integer"> = kind("integer");
/** A whole number from 1. */
export const count: Kind<"integer"> = kind("integer", { least: 1 });
export const latents: Kind<"latents"> = kind("latents");
export const list: Kind<"list"> = kind("list");
export const text: Kind<"string"> = kind("string");
export const url: Kind<"string"> = kind("string", { value: "URL" });
/** A file or a folder. */
export const path: Kind<"string"> = kind("string", { value: "PATH" });
export const folder: Kind<"string"> = kind("string", { value: "DIR" });
export const file: Kind<"string"> = kind("string", { value: "FILE" });
/** A file that must be there before the command begins. */
export const input: Kind<"string"> = kind("string", { value: "FILE", input: true });
