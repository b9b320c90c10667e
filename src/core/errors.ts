import { cutLine } from "./shown.js";

/** Longest problem of a file that is shown: what a file says of itself can have any length. */
const LONGEST_PROBLEM = 1000;

/**
 * A file, a data row or a model's answer is malformed. Trying again will not help.
 * `path` names the file (or other source), the message says what was expected and what came, on one line of at most
 * 1,000 characters.
 */
export class FormatError extends Error {
  override name = "FormatError" as const;
  readonly path: string;

  constructor(path: string, problem: string, options?: { cause?: unknown }) {
    super(`${path}: ${cutLine(problem, LONGEST_PROBLEM)}`, options);
    this.path = path;
  }
}

/** A remote service answered with an error. `retryable` is whether the same call may succeed later. */
export class ApiError extends Error {
  override name = "ApiError" as const;
  readonly status: number;
  readonly url: string;
  readonly retryable: boolean;

  constructor(
    message: string,
    fields: { status: number; url: string; retryable: boolean; cause?: unknown },
  ) {
    super(message, { cause: fields.cause });
    this.status = fields.status;
    this.url = fields.url;
    this.retryable = fields.retryable;
  }
}

/** Something that a person asked for cannot be, such as a name that nothing has; the message says what there is. */
export class ArgumentError extends RangeError {
  override name = "ArgumentError" as const;
}
