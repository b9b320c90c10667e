import { type Output, joinText } from "./ipynb.js";

/** One thing that a running cell gave, in the order in which it gave them. */
export type OutputEvent =
  | { type: "stream"; name: "stdout" | "stderr"; text: string }
  | {
      type: "display";
      data: Record<string, unknown>;
      metadata: Record<string, unknown>;
      id?: string;
      update?: boolean;
    }
  | { type: "error"; ename: string; evalue: string; traceback: string[] };

/** Text that differs from machine to machine, and what stands for it. */
export interface Replacement {
  from: string;
  to: string;
}

/** Gathers the outputs of all cells of a notebook as a Jupyter front end does. */
export class OutputCollector {
  private readonly cells: Output[][] = [];
  private readonly byId = new Map<string, Output[]>();
  private readonly replacements: { pattern: RegExp; to: string }[];

  /** `replacements` are made in all text, the longest first, where `from` does not go on as a word. */
  constructor(replacements: Replacement[] = []) {
    this.replacements = replacements
      .filter(({ from }) => from !== "")
      .sort((a, b) => b.from.length - a.from.length)
      .map(({ from, to }) => ({
        pattern: new RegExp(`${escapePattern(from)}(?![\\w-])`, "g"),
        to,
      }));
  }

  /** Starts the next cell; later events are its own. */
  beginCell(): void {
    this.cells.push([]);
  }

  /** Takes an event of the current cell. An update replaces its output wherever it stands. */
  add(event: OutputEvent): void {
    const outputs = this.cells.at(-1);
    if (!outputs) return;
    if (event.type === "stream") addStream(outputs, event);
    else if (event.type === "error") {
      const { ename, evalue, traceback } = event;
      outputs.push(this.clean({ output_type: "error", ename, evalue, traceback }));
    } else this.addDisplay(outputs, event);
  }

  /** The outputs of cell `i`, counted among the begun ones, with carriage returns played out. */
  outputs(i: number): Output[] {
    return (this.cells[i] ?? []).flatMap((output): Output[] => {
      if (output.output_type !== "stream") return [output];
      const text = this.replace(playCarriageReturns(joinText(output.text)));
      return text === "" ? [] : [{ ...output, text }];
    });
  }

  private addDisplay(outputs: Output[], event: Extract<OutputEvent, { type: "display" }>): void {
    const { data, metadata, id, update } = event;
    const output = this.clean({ output_type: "display_data", data, metadata });
    const shown = id === undefined ? [] : (this.byId.get(id) ?? []);
    if (update) {
      for (const earlier of shown) Object.assign(earlier, output);
      return;
    }
    outputs.push(output);
    if (id !== undefined) this.byId.set(id, [...shown, output]);
  }

  private clean(output: Output): Output {
    return mapText(output, (text) => this.replace(text)) as Output;
  }

  private replace(text: string): string {
    return this.replacements.reduce((out, { pattern, to }) => out.replace(pattern, () => to), text);
  }
}

function addStream(
  outputs: Output[],
  { name, text }: { name: "stdout" | "stderr"; text: string },
): void {
  const last = outputs.at(-1);
  if (last?.output_type === "stream" && last.name === name) last.text = joinText(last.text) + text;
  else outputs.push({ output_type: "stream", name, text });
}

/** What a terminal shows in the end: text after a carriage return overwrites the line it stands on. */
function playCarriageReturns(text: string): string {
  if (!text.includes("\r")) return text;
  return text
    .replace(/\r+\n/g, "\n")
    .split("\n")
    .map((line) => {
      let shown = "";
      for (const part of line.split("\r")) shown = part + shown.slice(part.length);
      return shown;
    })
    .join("\n");
}

/** Pictures are left alone: in a base64 text anything may stand by chance. */
function mapText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapText(item, change));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    key.startsWith("image/") ? (item as unknown) : mapText(item, change),
  ]);
  return Object.fromEntries(entries) as unknown;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
