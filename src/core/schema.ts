import { z } from "zod";

/** The fields of an object's schema: every field of `T`, and no other, each with a schema of its type. */
export type Fields<T> = { [K in keyof T]-?: z.ZodType<T[K]> };

/** A measured number. JSON has no NaN and no infinity: both are written as null, which is read as NaN. */
export const measured: z.ZodType<number> = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);

/** A lower and an upper bound. */
export const interval: z.ZodType<[number, number]> = z.tuple([measured, measured]);

/** A whole number from 0: a latent, a row or a count. */
export const count: z.ZodType<number> = z.int().nonnegative();
