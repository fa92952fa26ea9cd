import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { wallTime } from './wall-clock.ts';

// The courses of the tee sheet that is kept here: when they let players out, how many, at what price.

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 07:30');

function isZone(timeZone: string): boolean {
  try {
    return wallTime(0, timeZone) !== '';
  } catch {
    return false;
  }
}

const course = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be letters, digits and -'),
    name: z.string().min(1).max(100),
    time_zone: z.string().refine(isZone, 'must be an IANA time zone'),
    holes: z.union([z.literal(9), z.literal(18)]).default(18),
    /** The first and the last start of a day. */
    first: time,
    last: time,
    every_minutes: z.int().min(5).max(120),
    /** Players that start together at most. */
    spots: z.int().min(1).max(4).default(4),
    price: z
      .strictObject({
        amount: z.string().regex(/^\d{1,6}(\.\d{1,3})?$/, 'must be an amount such as 45.00'),
        currency: z.string().regex(/^[A-Z]{3}$/, 'must be a currency such as EUR'),
      })
      .optional(),
    /** How far ahead it may be booked. */
    days_ahead: z.int().min(1).max(366).default(60),
  })
  .refine(({ first, last }) => first <= last, 'first must not be after last');

const courses = z
  .array(course)
  .min(1)
  .max(50)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'two courses have the same id');

export type Course = z.output<typeof course>;

/** Throws AppError `misconfigured` with every problem. */
export function parseCourses(text: string): readonly Course[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('misconfigured', 'SALLYPORT_TEE_SHEET is not JSON.');
  }
  const parsed = courses.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new AppError('misconfigured', `SALLYPORT_TEE_SHEET does not describe courses:\n- ${problems.join('\n- ')}`);
}

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const two = (value: number): string => String(value).padStart(2, '0');

/** Every start of a day, `HH:MM`. */
export function startsOf({ first, last, every_minutes: every }: Course): readonly string[] {
  const count = Math.floor((minutesOf(last) - minutesOf(first)) / every) + 1;
  return Array.from({ length: count }, (_, index) => {
    const minutes = minutesOf(first) + index * every;
    return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  });
}
