import { isRecord } from "../core/collections.js";
import { readJsonl } from "../files/jsonl.js";
import { FormatError } from "../core/errors.js";
import { shown } from "../core/shown.js";
import type { CatalogRow } from "./row.js";
import { CATALOG_COLUMNS, type CatalogColumn, type CatalogKind } from "./columns.js";

/** The columns, with the fields of their records once for all rows. */
const columns = CATALOG_COLUMNS.map(({ name, kind }) => ({
  ...{ name, kind },
  fields: typeof kind === "object" && "records" in kind ? Object.entries(kind.records) : [],
}));

/**
 * Reads `catalog.jsonl`, gzip by name. Keys that a row lacks become null or an empty list, so that a catalog made
 * elsewhere needs only `index` and `label`; unknown keys are left out. Throws FormatError, naming line and key, for a
 * value of another kind, a missing index or label, and an index that occurs twice.
 */
export async function readCatalog(path: string): Promise<CatalogRow[]> {
  const rows: CatalogRow[] = [];
  const lines = new Map<number, number>();
  for await (const { line, value } of readJsonl(path)) {
    const row = parseCatalogRow(value, path, `line ${line}`);
    const earlier = lines.get(row.index);
    if (earlier !== undefined) {
      throw new FormatError(path, `line ${line} repeats latent ${row.index} of line ${earlier}`);
    }
    lines.set(row.index, line);
    rows.push(row);
  }
  return rows;
}

/** A catalog row from parsed JSON. Throws FormatError, naming `path`, `place` and the key, where it is malformed. */
export function parseCatalogRow(value: unknown, path: string, place?: string): CatalogRow {
  const fail: Fail = (problem) => {
    throw new FormatError(path, place === undefined ? problem : `${place}: ${problem}`);
  };
  if (!isRecord(value)) return fail("expected an object");
  const row: Record<string, unknown> = {};
  for (const { name, kind, fields } of columns) {
    const found = Object.hasOwn(value, name) ? value[name] : null;
    if (typeof kind === "string") row[name] = parseValue(found, kind, fail, name);
    else row[name] = parseList(found, kind, fields, name, fail);
  }
  if (!Number.isInteger(row.index) || (row.index as number) < 0) {
    fail(`index must be a whole number from 0, got ${shown(row.index)}`);
  }
  if (typeof row.label !== "string") fail("label is missing");
  row.active ??= 0;
  row.density ??= 0;
  return row as unknown as CatalogRow;
}

type Fail = (problem: string) => never;

function parseList(
  value: unknown,
  kind: Exclude<CatalogColumn["kind"], CatalogKind>,
  fields: readonly [string, CatalogKind][],
  name: string,
  fail: Fail,
): unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) return fail(`${name} must be a list, got ${shown(value)}`);
  return value.map((entry: unknown, i) => {
    if ("list" in kind) return parseValue(entry, kind.list, fail, name, i);
    if (!isRecord(entry)) return fail(`${name}[${i}] must be an object, got ${shown(entry)}`);
    return Object.fromEntries(
      fields.map(([field, of]) => {
        const found = Object.hasOwn(entry, field) ? entry[field] : null;
        return [field, parseValue(found, of, fail, name, i, field)];
      }),
    );
  });
}

/** A value of `name`, of its entry `at`, or of that entry's `field`. */
function parseValue(
  value: unknown,
  kind: CatalogKind,
  fail: Fail,
  name: string,
  at?: number,
  field?: string,
): string | number | null {
  if (value === null) return null;
  if (kind === "text" && typeof value === "string") return value;
  if (kind === "number" && typeof value === "number") return value;
  if (kind === "integer" && Number.isSafeInteger(value)) return value as number;
  const expected = { text: "a string", number: "a number", integer: "a whole number" }[kind];
  const place = `${name}${at === undefined ? "" : `[${at}]`}${field === undefined ? "" : `.${field}`}`;
  return fail(`${place} must be ${expected}, got ${shown(value)}`);
}
