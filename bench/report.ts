import { addToList } from "../src/core/index.js";
import type { Section, Target } from "./part.js";

const START = "<!-- measured -->";
const END = "<!-- end -->";
const TARGETS = "Targets";

/** A section of the document. */
export interface TitledSection extends Section {
  title: string;
}

/**
 * The document `existing` with its sections replaced by those of this run. Sections that were not run, handwritten
 * ones, and text outside a section's markers are kept. `order` lists the titles of all parts; the sections follow that
 * order, with others after them. `head` replaces everything before the first section.
 */
export function mergeReport(
  existing: string,
  head: string,
  run: readonly TitledSection[],
  order: readonly string[],
): string {
  const sections = readSections(existing);
  const rows = readTargetRows(sections.get(TARGETS) ?? "");
  sections.delete(TARGETS);
  for (const { title, body, targets = [] } of run) {
    sections.set(title, replaceMeasured(sections.get(title) ?? "", body));
    rows.set(
      title,
      targets.map((target) => targetRow(title, target)),
    );
  }
  const place = (title: string): number =>
    order.includes(title) ? order.indexOf(title) : Infinity;
  const titles = Array.from(sections.keys());
  const sorted = titles
    .map((title, at) => ({ title, at }))
    .sort((a, b) =>
      place(a.title) === place(b.title) ? a.at - b.at : place(a.title) - place(b.title),
    )
    .map(({ title }) => title);
  const table = sorted.flatMap((title) => rows.get(title) ?? []);
  const parts = [
    head.trim(),
    ...(table.length > 0
      ? [`## ${TARGETS}\n\n${markdownTable(["what", "target", "measured", ""], table)}`]
      : []),
    ...sorted.map((title) => `## ${title}\n\n${(sections.get(title) ?? "").trim()}`),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** A markdown table; each row is an array of cells or a finished line. */
export function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[] | string)[],
): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(columns),
    line(columns.map(() => "---")),
    ...rows.map((row) => (typeof row === "string" ? row : line(row))),
  ].join("\n");
}

function targetRow(title: string, { what, target, measured, met }: Target): string {
  const anchor = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, "")
    .replaceAll(" ", "-");
  return `| [${title}](#${anchor}): ${what} | ${target} | ${measured} | ${met ? "met" : "**missed**"} |`;
}

function readSections(text: string): Map<string, string> {
  const sections = new Map<string, string>();
  for (const part of text.split(/^## /m).slice(1)) {
    const end = part.indexOf("\n");
    sections.set(part.slice(0, end).trim(), part.slice(end + 1).trim());
  }
  return sections;
}

function readTargetRows(text: string): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const title = /^\| \[([^\]]+)\]\(/.exec(line)?.[1];
    if (title === undefined) continue;
    addToList(rows, title, line);
  }
  return rows;
}

function replaceMeasured(section: string, body: string): string {
  const measured = `${START}\n\n${body.trim()}\n\n${END}`;
  const start = section.indexOf(START);
  const end = section.indexOf(END);
  if (start < 0 || end < start) return section === "" ? measured : `${section}\n\n${measured}`;
  return section.slice(0, start) + measured + section.slice(end + END.length);
}
