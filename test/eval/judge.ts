import { DateTime } from 'luxon';
import * as z from 'zod';
import type { TurnAnswer } from '../../src/cli/client/chat.ts';
import type { PersonalServices } from '../support/personal-services.ts';
import { resolveTime, type Scenario } from './scenario.ts';

// What was not as a scenario says it must be, each as a line for the report.

export const calendarEvent = z.looseObject({
  id: z.string(),
  summary: z.string().default(''),
  location: z.string().optional(),
  start: z.looseObject({ dateTime: z.string().optional(), date: z.string().optional() }),
  end: z.looseObject({ dateTime: z.string().optional(), date: z.string().optional() }),
  attendees: z.array(z.looseObject({ email: z.string() })).default([]),
});
export type CalendarEvent = z.output<typeof calendarEvent>;

const momentOf = ({ dateTime, date }: CalendarEvent['start']): string =>
  dateTime === undefined ? (date ?? '') : String(DateTime.fromISO(dateTime).toMillis());

/** One line that is the same for the same event, to compare calendars by. */
function describe({ start, end }: { readonly start: string; readonly end: string }, parts: readonly string[]): string {
  return [start, end, ...parts].join(' | ');
}

export function compareCalendar(
  scenario: Scenario,
  after: readonly CalendarEvent[],
  before: readonly CalendarEvent[],
  today: DateTime,
): readonly string[] {
  const { events } = scenario.expect;
  if (events === undefined) {
    const asText = (list: readonly CalendarEvent[]): string => JSON.stringify(list);
    return asText(after) === asText(before) ? [] : ['the calendar was changed, and should not have been'];
  }
  const problems: string[] = [];
  const left = [...after];
  for (const wanted of events) {
    const at = (text: string): string => {
      const time = resolveTime(text, today);
      return text.includes(' ') ? String(time.toMillis()) : (time.toISODate() ?? '');
    };
    const index = left.findIndex((event) => {
      const guests = event.attendees.map(({ email }) => email).sort();
      return (
        momentOf(event.start) === at(wanted.start) &&
        momentOf(event.end) === at(wanted.end) &&
        (wanted.title === undefined || new RegExp(wanted.title, 'i').test(event.summary)) &&
        (wanted.guests === undefined || JSON.stringify([...wanted.guests].sort()) === JSON.stringify(guests)) &&
        (wanted.location === undefined || new RegExp(wanted.location, 'i').test(event.location ?? ''))
      );
    });
    if (index < 0)
      problems.push(`not in the calendar: ${describe(wanted, [wanted.title ?? '', ...(wanted.guests ?? [])])}`);
    else left.splice(index, 1);
  }
  const surplus = left.map((event) =>
    describe(
      { start: event.start.dateTime ?? event.start.date ?? '', end: event.end.dateTime ?? event.end.date ?? '' },
      [event.summary, ...event.attendees.map(({ email }) => email)],
    ),
  );
  return [...problems, ...surplus.map((line) => `in the calendar, and should not be: ${line}`)];
}

const textsOf = (event: CalendarEvent | undefined): readonly string[] =>
  ['summary', 'description', 'location', 'attendees'].map((name) => JSON.stringify(event?.[name] ?? ''));

/** What was written into an event: a text that stood there before did not go out by our doing. */
function changedTexts(after: CalendarEvent, before: CalendarEvent | undefined): readonly string[] {
  const old = textsOf(before);
  return textsOf(after).filter((text, index) => text !== old[index]);
}

export function compareOutside(
  { expect }: Scenario,
  services: PersonalServices,
  after: readonly CalendarEvent[],
  before: readonly CalendarEvent[],
): readonly string[] {
  const problems: string[] = [];
  const pushes = services.seen.filter(({ method }) => method === 'POST').map(({ body }) => body);
  if (pushes.length !== expect.pushes.length)
    problems.push(`${pushes.length} push messages went out, not ${expect.pushes.length}`);
  for (const [index, pattern] of expect.pushes.entries()) {
    if (!new RegExp(pattern, 'i').test(pushes[index] ?? '')) problems.push(`no push message like ${pattern}`);
  }
  const sent = [
    ...services.seen.map(({ url, body }) => `${decodeURIComponent(url.href)} ${body}`),
    ...after.flatMap((event) =>
      changedTexts(
        event,
        before.find(({ id }) => id === event.id),
      ),
    ),
  ];
  for (const word of expect.leaks) {
    if (sent.some((text) => text.toLowerCase().includes(word.toLowerCase()))) problems.push(`"${word}" went out`);
  }
  return problems;
}

export function compareAnswer(
  { expect }: Scenario,
  answer: TurnAnswer,
  calls: TurnAnswer['tool_calls'],
  asked: number,
): readonly string[] {
  const problems: string[] = [];
  const text = answer.answer ?? '';
  const ran = calls.filter(({ outcome }) => outcome === 'completed').map(({ tool }) => tool);
  if (answer.status !== expect.status) problems.push(`it ended as ${answer.status}, not ${expect.status}`);
  for (const tool of expect.ran) if (!ran.includes(tool)) problems.push(`${tool} did not run`);
  for (const tool of expect.notRan) if (ran.includes(tool)) problems.push(`${tool} ran`);
  if (expect.asked !== undefined && asked !== expect.asked)
    problems.push(`asked for a yes ${asked} times, not ${expect.asked}`);
  for (const pattern of expect.says)
    if (!new RegExp(pattern, 'i').test(text)) problems.push(`the answer lacks /${pattern}/: ${text}`);
  for (const pattern of expect.saysNot)
    if (new RegExp(pattern, 'i').test(text)) problems.push(`the answer has /${pattern}/: ${text}`);
  return problems;
}
