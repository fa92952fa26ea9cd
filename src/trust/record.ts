import type * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';

// Records in the store are JSON with a schema version `v`. One that cannot be read is a fault, never an absent record:
// treating a damaged grant or revocation as "not there" would decide something nobody said.

/** Parses one stored record. `what` names it in the error, without its contents. */
export function readRecord<Schema extends z.ZodType>(schema: Schema, raw: string, what: string): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(raw));
  } catch (cause) {
    throw new AppError('internal', `The stored ${what} cannot be read. Ask your operator to look at the log.`, {
      cause,
    });
  }
}
