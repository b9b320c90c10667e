import { z } from "zod";
import { type Fields, count, measured } from "../../core/schema.js";
import { FormatError } from "../../core/errors.js";
import { readCheckedJsonl } from "../../files/checked-json.js";
import type { TrainLogRow } from "./train-options.js";

const fields: Fields<TrainLogRow> = {
  step: count,
  loss: measured,
  reconstruction: measured,
  aux: measured,
  grad_norm: measured,
  dead: count,
  multik: measured.optional(),
  validation: measured.optional(),
};
const row: z.ZodType<TrainLogRow> = z.object(fields);

/** Reads a training's log, a JSON line per step. Throws FormatError, naming the line and the field, for anything else. */
export async function readTrainLog(path: string): Promise<TrainLogRow[]> {
  const rows: TrainLogRow[] = [];
  for await (const { value } of readCheckedJsonl(path, row)) rows.push(value);
  if (rows.length === 0) throw new FormatError(path, "expected a line per step, got none");
  return rows;
}
