import { FormatError } from "../core/errors.js";
import { replaceUnsafe } from "../core/shown.js";

const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const DELIMITERS: readonly string[] = [",", ";", "\t", "|"];

/** A table of text: every row has one value for each column. */
export interface CsvTable {
  columns: string[];
  rows: string[][];
}

/** A value to write: null, undefined and NaN become an empty field. */
export type CsvValue = string | number | boolean | null | undefined;

/** How fields are divided, in reading and writing. */
export interface CsvOptions {
  /**
   * One character between fields. Default for writing ","; for reading the comma, semicolon, tab or bar that the row of
   * names has most of, or what a line `sep=;` before it says.
   */
  delimiter?: string;
  /** Whether fields may be in quotes, in reading. Default true; false takes quotes as text, as some .tsv do. */
  quotes?: boolean;
}

/** How a table is read. */
export interface ParseCsvOptions extends CsvOptions {
  /** Takes off the apostrophes that `formatCsv` puts before formulas, for tables that it wrote. Default false. */
  guarded?: boolean;
}

/** How a table is written. */
export interface FormatCsvOptions extends CsvOptions {
  /** Writes texts as they are, also those that a spreadsheet takes for a formula or that steer a terminal. Default false. */
  raw?: boolean;
}

// What spreadsheets take for the start of a formula, full-width forms included; apostrophes before it are kept apart from ours.
const FORMULA = /^'*(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/;

/**
 * Parses a CSV text whose first row names the columns (RFC 4180: quoted fields may hold delimiters, line ends and
 * doubled quotes; LF, CRLF or CR; a byte order mark is passed over). Values stay text, so that "0004001" keeps its
 * zeros; blank lines are passed over. Throws FormatError, naming `name` and the line, for an unclosed quote, text after
 * a closing quote, or a row with another number of fields.
 */
export function parseCsv(text: string, name: string, options: ParseCsvOptions = {}): CsvTable {
  const start = text.startsWith("\ufeff") ? 1 : 0;
  const declared = /^sep=(.)(?=[\r\n]|$)/i.exec(text.slice(start, start + 6));
  const { quotes = true } = options;
  const scanner: Scanner = { text, name, quotes, separator: 0, at: start, line: 1 };
  if (declared !== null) {
    scanner.at += declared[0].length;
    passLineEnd(scanner);
  }
  const { delimiter = declared?.[1] ?? mostFrequent(text, scanner.at), guarded = false } = options;
  scanner.separator = delimiterCode(delimiter);
  const columns = nextRow(scanner);
  if (columns === undefined) throw new FormatError(name, "csv has no header row with column names");
  const unguard = (fields: string[]): string[] => (guarded ? fields.map(withoutGuard) : fields);
  const rows: string[][] = [];
  for (;;) {
    const row = nextRow(scanner);
    if (row === undefined) return { columns: unguard(columns.fields), rows };
    if (row.fields.length !== columns.fields.length) {
      throw new FormatError(
        name,
        `line ${row.line} has ${row.fields.length} fields, expected ${columns.fields.length}`,
      );
    }
    rows.push(unguard(row.fields));
  }
}

/**
 * CSV text with LF line ends; fields are quoted where they must be. A text that a spreadsheet would take for a formula, because
 * it starts with =, +, -, @, a tab or a line end, gets an apostrophe before it; `parseCsv` with `guarded` takes it off. What could
 * steer a terminal, control and direction characters but tabs and line ends, becomes U+FFFD. Numbers are written as they are. Throws RangeError for a row of another length.
 */
export function formatCsv(
  columns: readonly string[],
  rows: Iterable<readonly CsvValue[]>,
  { delimiter = ",", raw = false }: FormatCsvOptions = {},
): string {
  delimiterCode(delimiter);
  const guard = (value: CsvValue): CsvValue => {
    if (typeof value !== "string") return value;
    const text = replaceUnsafe(value, (found) => (/[\t\n\r]/.test(found) ? found : "\ufffd"));
    return FORMULA.test(text) ? `'${text}` : text;
  };
  const format = (values: readonly CsvValue[]): string =>
    formatRow(raw ? values : values.map(guard), delimiter);
  const lines = [format(columns)];
  for (const row of rows) {
    if (row.length !== columns.length) {
      throw new RangeError(`csv: expected ${columns.length} values per row, got ${row.length}`);
    }
    lines.push(format(row));
  }
  return `${lines.join("\n")}\n`;
}

function withoutGuard(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}

interface Scanner {
  text: string;
  name: string;
  separator: number;
  quotes: boolean;
  at: number;
  line: number;
}

/** The delimiter that the first line has most of outside quotes; of equally many the first of DELIMITERS. */
function mostFrequent(text: string, start: number): string {
  const counts = new Map(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let isQuoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (isLineEnd(character.charCodeAt(0))) break;
    else if (counts.has(character)) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  return DELIMITERS.reduce((best, next) =>
    (counts.get(next) ?? 0) > (counts.get(best) ?? 0) ? next : best,
  );
}

function delimiterCode(delimiter: string): number {
  if (delimiter.length !== 1 || '"\r\n'.includes(delimiter)) {
    throw new RangeError(`csv: delimiter must be one character, got ${JSON.stringify(delimiter)}`);
  }
  return delimiter.charCodeAt(0);
}

/** The next row that is not blank, with the line it starts on; undefined at the end. */
function nextRow(scanner: Scanner): { fields: string[]; line: number } | undefined {
  const { text } = scanner;
  while (scanner.at < text.length && isLineEnd(text.charCodeAt(scanner.at))) passLineEnd(scanner);
  if (scanner.at >= text.length) return undefined;
  const { line } = scanner;
  const fields: string[] = [];
  for (;;) {
    const isQuoted = scanner.quotes && text.charCodeAt(scanner.at) === quote;
    fields.push(isQuoted ? quotedField(scanner) : plainField(scanner));
    if (scanner.at >= text.length) return { fields, line };
    if (text.charCodeAt(scanner.at) !== scanner.separator) {
      passLineEnd(scanner);
      return { fields, line };
    }
    scanner.at++;
  }
}

function isLineEnd(code: number): boolean {
  return code === lineFeed || code === carriageReturn;
}

function passLineEnd(scanner: Scanner): void {
  const { text, at } = scanner;
  const isPair = text.charCodeAt(at) === carriageReturn && text.charCodeAt(at + 1) === lineFeed;
  scanner.at += isPair ? 2 : 1;
  scanner.line++;
}

function plainField(scanner: Scanner): string {
  const { text, separator } = scanner;
  const start = scanner.at;
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === separator || isLineEnd(code)) break;
  }
  scanner.at = at;
  return text.slice(start, at);
}

function quotedField(scanner: Scanner): string {
  const { text, name, line } = scanner;
  const start = scanner.at + 1;
  let end = start;
  let hasDoubled = false;
  for (;;) {
    end = text.indexOf('"', end);
    if (end < 0) throw new FormatError(name, `line ${line} opens a quote that is never closed`);
    if (text.charCodeAt(end + 1) !== quote) break;
    hasDoubled = true;
    end += 2;
  }
  scanner.at = end + 1;
  const next = scanner.at < text.length ? text.charCodeAt(scanner.at) : lineFeed;
  if (next !== scanner.separator && !isLineEnd(next)) {
    throw new FormatError(name, `line ${line} has text after a closing quote`);
  }
  const raw = text.slice(start, end);
  scanner.line += countLineEnds(raw);
  return hasDoubled ? raw.replaceAll('""', '"') : raw;
}

function countLineEnds(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}

function formatRow(values: readonly CsvValue[], delimiter: string): string {
  // A lone empty field would be a blank line, which readers pass over.
  if (values.length === 1 && formatValue(values[0], delimiter) === "") return '""';
  return values.map((value) => formatValue(value, delimiter)).join(delimiter);
}

function formatValue(value: CsvValue, delimiter: string): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  const text = String(value);
  const mustQuote = text.includes(delimiter) || /["\r\n]|^\s|\s$|^\ufeff/.test(text);
  return mustQuote ? `"${text.replaceAll('"', '""')}"` : text;
}
