import { isRecord } from "../core/collections.js";
import { FormatError } from "../core/errors.js";
import { parseJson } from "../files/json-text.js";
import { indexLines } from "../files/line-file.js";
import { type CorpusOptions, type Document, rowReader } from "./corpus.js";
import { isPlainLines } from "./corpus-rows.js";

/** Reads some documents by their numbers. */
export type DocumentReader = (numbers: readonly number[]) => Promise<Document[]>;

/**
 * Reads documents where they lie in a file of JSON lines, so that none are held. Undefined for other formats and encodings. Throws FormatError as readCorpus does.
 */
export async function openDocuments(
  path: string,
  options: Pick<CorpusOptions, "columns"> = {},
): Promise<DocumentReader | undefined> {
  if (!(await isPlainLines(path))) return undefined;
  const file = await indexLines(path, undefined, { records: true });
  if (!file.isRecords) return undefined;
  const documentOf = rowReader(path, options);
  const read = async (number: number): Promise<Document> => {
    const place = `document ${number}`;
    const text = await file.read(number);
    if (text === undefined) {
      throw new FormatError(path, `has no ${place}, or was rewritten after it was opened`);
    }
    const row = parseJson(text.replace(/^\uFEFF/, ""), `${path}: ${place}`, {
      exactIntegers: true,
    });
    if (!isRecord(row)) throw new FormatError(path, `${place}: expected an object`);
    return documentOf({ place, row }, number);
  };
  // Its columns decide whether there are ids.
  await read(0);
  return async (numbers) => {
    const documents: Document[] = [];
    for (const number of numbers) documents.push(await read(number));
    return documents;
  };
}
