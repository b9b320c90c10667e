import { plainJson, plainLine } from "../core/shown.js";

/**
 * Prints lines. All that is printed goes through here or the progress display: titles, labels, names and servers' messages
 * may hold what steers a terminal, see plainLine.
 */
export function printLines(stream: NodeJS.WritableStream, lines: readonly string[]): void {
  if (lines.length === 0) return;
  const plain = lines.map((line) => plainLine(line.replace(/\s*[\n\r\u2028\u2029]\s*|\t/g, " ")));
  stream.write(`${plain.join("\n")}\n`);
}

/** Prints a question, behind which the cursor stays. */
export function printPrompt(stream: NodeJS.WritableStream, prompt: string): void {
  stream.write(plainLine(prompt));
}

/** Prints a JSON text, which reads as the same value. */
export function printJson(stream: NodeJS.WritableStream, json: string): void {
  stream.write(`${plainJson(json)}\n`);
}
