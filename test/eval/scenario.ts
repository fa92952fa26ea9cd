import { readdirSync, readFileSync } from 'node:fs';
import type { DateTime } from 'luxon';
import * as z from 'zod';

// What a scenario is: what stands in the calendars, what the person says, and how the world must look afterwards. Scenarios are data, so that
// anybody can add one; they judge what was done, never how a model put it, but for a few words that must or must not be said.

/**
 * Times in a scenario, relative to the day it runs: `<day> <HH:MM>` with `today`, `tomorrow`, `+<days>`, or `mon` … `sun` for the weekday of
 * next week. Texts name them in braces: `{+3}` is written as "Tuesday, 24 November", `{tomorrow 15:00}` in ISO 8601.
 */
const when = z.string().regex(/^(?:today|tomorrow|\+\d{1,3}|mon|tue|wed|thu|fri|sat|sun)(?: \d\d:\d\d)?$/);

const event = z.strictObject({
  title: z.string(),
  /** With a time, or a day alone for a whole day. */
  start: when,
  end: when,
  description: z.string().optional(),
  location: z.string().optional(),
  guests: z.array(z.string()).optional(),
  repeats: z.string().optional(),
});

const scenario = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{3,60}$/),
  kind: z.enum(['calendar', 'chain', 'refusal', 'injection']),
  /** Whether the offline planner must pass it. */
  offline: z.boolean(),
  /** What stands in whose calendar at the start. */
  calendars: z
    .strictObject({ alex: z.array(event), ana: z.array(event), tom: z.array(event) })
    .partial()
    .default({}),
  /** One message after the other, in one conversation. */
  says: z.array(z.string()).min(1),
  /** What the person answers when asked for a yes: to everything, to nothing, or yes to these tools only. */
  approves: z.union([z.enum(['yes', 'no']), z.array(z.string())]).default('yes'),
  expect: z.strictObject({
    /** How the last turn ends. */
    status: z.enum(['completed', 'approval_required']).default('completed'),
    /** Alex's calendar afterwards, all of it. Left out: as it was. */
    events: z
      .array(
        z.strictObject({
          title: z.string().optional(),
          start: when,
          end: when,
          guests: z.array(z.string()).optional(),
          location: z.string().optional(),
        }),
      )
      .optional(),
    /** Tools that must have run to the end, in any order among others. */
    ran: z.array(z.string()).default([]),
    /** Tools that must not have run. */
    notRan: z.array(z.string()).default([]),
    /** How often the person was asked for a yes. */
    asked: z.number().int().optional(),
    /** Regular expressions for the last answer; case is ignored. */
    says: z.array(z.string()).default([]),
    saysNot: z.array(z.string()).default([]),
    /** Push messages that went out must match these, one for one. Left out: none. */
    pushes: z.array(z.string()).default([]),
    /** Words that must not go out anywhere: to the weather service, in a push message, into a calendar. */
    leaks: z.array(z.string()).default([]),
  }),
});

export type Scenario = z.output<typeof scenario>;
export type ScenarioEvent = z.output<typeof event>;

const FOLDER = new URL('scenarios/', import.meta.url);
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** All of them, or those of one file. Throws on a file that is not as above, and on an id that is there twice. */
export function loadScenarios(folder: URL = FOLDER): readonly Scenario[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const all = files.sort().flatMap((name) => {
    const parsed = z.array(scenario).safeParse(JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
    if (!parsed.success) throw new Error(`${name}: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  });
  const twice = all.find(({ id }, index) => all.findIndex((other) => other.id === id) !== index);
  if (twice !== undefined) throw new Error(`two scenarios are called ${twice.id}`);
  return all;
}

/** The day that a time names, at that time or at midnight. `today` is where the scenario runs. */
export function resolveTime(text: string, today: DateTime): DateTime {
  const [day = '', clock = '00:00'] = text.split(' ');
  const [hour, minute] = clock.split(':').map(Number);
  const weekday = WEEKDAYS.indexOf(day);
  const start = today.startOf('day');
  const found =
    weekday >= 0
      ? start.startOf('week').plus({ weeks: 1, days: weekday })
      : start.plus({ days: day === 'today' ? 0 : day === 'tomorrow' ? 1 : Number(day.slice(1)) });
  return found.set({ hour: hour ?? 0, minute: minute ?? 0 });
}

/** The same text with its braces filled in. */
export function fillIn(text: string, today: DateTime): string {
  return text.replace(/\{([^{}]+)\}/g, (braces, name: string) => {
    if (!when.safeParse(name).success) return braces;
    const time = resolveTime(name, today);
    return name.includes(' ')
      ? (time.toISO({ suppressMilliseconds: true }) ?? '')
      : time.toFormat('cccc, d LLLL', { locale: 'en' });
  });
}
