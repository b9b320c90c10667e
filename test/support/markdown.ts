import { readFileSync } from "node:fs";
import { type Command, valuePlaceholder } from "../../src/cli/index.js";
import type { FIGURES } from "../../src/atlas/figures/index.js";

/** A block of code in a document. */
export interface Example {
  /** The document, and the line on which the code starts. */
  file: string;
  line: number;
  /** "run": runs anywhere and prints what it says; "atlas": runs on an atlas of the sample; "": is only type-checked. */
  kind: "" | "run" | "atlas";
  code: string;
}

/** The blocks of a document that are marked ts, ts run or ts atlas. */
export function findExamples(file: string): Example[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/^```ts( run| atlas)?\n(.*?)^```$/gms)].map((match) => ({
    file,
    line: text.slice(0, match.index).split("\n").length + 1,
    kind: (match[1] ?? "").trim() as Example["kind"],
    code: match[2],
  }));
}

/** The anchors of a document's headings, as they are written in links. */
export function anchorsOf(file: string): Set<string> {
  const text = readFileSync(file, "utf8").replace(/^```.*?^```$/gms, "");
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map((match) => match[1]);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** The options of a command as a table. */
export function optionTable({ options }: Command): string {
  const rows = Object.entries(options).map(([name, spec]) => {
    const value = spec.type === "boolean" ? "" : ` ${valuePlaceholder(spec)}`;
    // As in --help: the choices stand before the default.
    const [, what, fallback = ""] = /^(.*?)( \(default.*)?$/.exec(spec.about) ?? [];
    const choices = spec.choices === undefined ? "" : `: ${spec.choices.join(", ")}`;
    const about = `${what}${choices}${fallback}${spec.required ? " (required)" : ""}`;
    return `| \`--${name}${value}\` | ${about.replaceAll("|", "\\|")} |`;
  });
  if (rows.length === 0) return "No options of its own.";
  return ["| option | what |", "| --- | --- |", ...rows].join("\n");
}

/** Figures as a table per group, those of `main` first. */
export function figureTables(figures: typeof FIGURES, main: readonly string[]): string {
  const groups = new Map<string, string[]>([["main", []]]);
  for (const { name, group, shows, requires, overlay } of figures) {
    const needs = requires.map((requirement) => requirement.needs).join(", ");
    const row = `| \`${name}\` | ${shows} | ${needs} | ${overlay === undefined ? "" : "yes"} |`;
    const place = main.includes(name) ? "main" : group;
    groups.set(place, [...(groups.get(place) ?? []), row]);
  }
  return [...groups]
    .map(([group, rows]) =>
      [
        `**${group}**`,
        "",
        "| figure | what it shows | needs | `paper` |",
        "| --- | --- | --- | --- |",
        ...rows,
      ].join("\n"),
    )
    .join("\n\n");
}

/** A document with `content` between `<!-- NAME -->` and `<!-- /NAME -->`. */
export function withGenerated(text: string, name: string, content: string): string {
  const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [text.indexOf(from), text.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`expected ${from} and ${to}`);
  return `${text.slice(0, start + from.length)}\n\n${content}\n\n${text.slice(end)}`;
}
