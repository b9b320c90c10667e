import { addToList } from "../src/core/index.js";
import type { Section, Target } from "./part.js";

const END = "<!-- end -->";
const TARGETS = "Targets";

/** A section of the document. */
export interface TitledSection extends Section {
  title: string;
}

/** What a run adds to the document. */
export interface Run {
  /** Replaces everything before the first section. */
  head: string;
  /** The kind of machine it ran on, such as "AMD EPYC (family 26), 2 cores". */
  kind: string;
  sections: readonly TitledSection[];
  /** The titles of all parts; the sections follow that order, with others after them. */
  order: readonly string[];
}

/**
 * The document `existing` with what was measured in this run. Of its sections, what an earlier run measured on the same kind of
 * machine is replaced; what other kinds measured, sections that were not run, handwritten ones, and text outside a section's
 * markers are kept.
 */
export function mergeReport(existing: string, { head, kind, sections: run, order }: Run): string {
  const sections = readSections(existing);
  const targets = readTargets(sections.get(TARGETS) ?? "");
  sections.delete(TARGETS);
  const rows = targets.get(kind) ?? new Map<string, string[]>();
  for (const section of run) {
    const { title, body } = section;
    sections.set(title, replaceMeasured(sections.get(title) ?? "", kind, body));
    rows.set(
      title,
      (section.targets ?? []).map((target) => targetRow(title, target)),
    );
  }
  targets.set(kind, rows);
  const place = (title: string): number =>
    order.includes(title) ? order.indexOf(title) : Infinity;
  const titles = Array.from(sections.keys());
  const sorted = titles
    .map((title, at) => ({ title, at }))
    .sort((a, b) =>
      place(a.title) === place(b.title) ? a.at - b.at : place(a.title) - place(b.title),
    )
    .map(({ title }) => title);
  const tables = Array.from(targets).flatMap(([name, byTitle]) => {
    const table = sorted.flatMap((title) => byTitle.get(title) ?? []);
    if (table.length === 0) return [];
    return [`### ${name}\n\n${markdownTable(["what", "target", "measured", ""], table)}`];
  });
  const parts = [
    head.trim(),
    ...(tables.length > 0 ? [`## ${TARGETS}\n\n${tables.join("\n\n")}`] : []),
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

/** The rows of each kind of machine, by the title that they link to. */
function readTargets(text: string): Map<string, Map<string, string[]>> {
  const targets = new Map<string, Map<string, string[]>>();
  for (const part of text.split(/^### /m).slice(1)) {
    const [kind, ...lines] = part.split("\n");
    const rows = new Map<string, string[]>();
    for (const line of lines) {
      const title = /^\| \[([^\]]+)\]\(/.exec(line)?.[1];
      if (title !== undefined) addToList(rows, title, line);
    }
    targets.set(kind.trim(), rows);
  }
  return targets;
}

function replaceMeasured(section: string, kind: string, body: string): string {
  const opening = `<!-- measured: ${kind} -->`;
  const measured = `${opening}\n\n**${kind}**\n\n${body.trim()}\n\n${END}`;
  const start = section.indexOf(opening);
  const end = start < 0 ? -1 : section.indexOf(END, start);
  if (end >= 0) return section.slice(0, start) + measured + section.slice(end + END.length);
  const last = section.lastIndexOf(END);
  if (last < 0) return section === "" ? measured : `${section}\n\n${measured}`;
  const after = last + END.length;
  return `${section.slice(0, after)}\n\n${measured}${section.slice(after)}`;
}
