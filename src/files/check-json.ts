import type { z } from "zod";
import { FormatError } from "../core/errors.js";
import { cutLine } from "../core/shown.js";

/**
 * `value` as `schema` reads it. Throws FormatError with `file`, `place` (such as "line 3") where it is given, the field and
 * what was expected there.
 */
export function checkJson<T>(
  value: unknown,
  schema: z.ZodType<T>,
  file: string,
  place?: string,
): T {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const { path, message } = error.issues[0];
  const field = path.map(String).join(".");
  const parts = [place ?? "", field, message.replace(/^Invalid input: /, "")];
  throw new FormatError(
    file,
    parts
      .filter((part) => part !== "")
      .map((part) => cutLine(part))
      .join(": "),
  );
}
