import { takenBy } from './details.ts';
import { spelledOut } from './intent.ts';
import { peopleAskedAbout, resolveGuests } from './people.ts';
import { eventText, failedText, joined, listed, quoted, sentence, slotText, spanText, whichPerson } from './reply.ts';
import {
  busyIn,
  calendarsIn,
  eventsIn,
  type FoundEvent,
  type Interval,
  isPartial,
  type JsonObject,
  slotsIn,
  type ToolAnswer,
  unreadableIn,
} from './results.ts';
import { boundArguments, type Slot, toSlot, workingHours } from './slots.ts';
import { searchTerm, subjectOf } from './subject.ts';
import { type Run, type Setting, type Task, zoneOf } from './task.ts';
import { DAY, MINUTE, partsOf, startOfDay } from './wall.ts';
import { daysOf, type Window, windowsOf } from './when.ts';
import { wallAt } from './zones.ts';

// The questions: free or busy, what is on, when is there time.

/** As many separate times as one question may ask about. */
const MAX_WINDOWS = 6;
/** How far ahead a time is looked for when none was said. */
const SEARCH_DAYS = 7;

interface Asked {
  readonly calendars: JsonObject;
  readonly addresses: readonly string[];
  readonly unknown: readonly string[];
  readonly question: string | undefined;
}

export function othersIn(task: Task, setting: Setting): Asked {
  const people = resolveGuests(peopleAskedAbout(task.words, takenBy(task.words, task.located)), setting.contacts);
  if (!people.ok)
    return { calendars: {}, addresses: [], unknown: [], question: whichPerson(people.name, people.choices) };
  const { addresses, unknown } = people;
  const alone =
    addresses.length > 0 &&
    /^(?:is|are|has|have|when is|when are|will|can|could|does|what is|check if|check whether)\b/.test(
      spelledOut(task.words),
    ) &&
    !/\b(?:i|me|we|us|our|my|with)\b/.test(spelledOut(task.words));
  const calendars = addresses.length === 0 ? {} : { calendars: alone ? addresses : ['primary', ...addresses] };
  return { calendars, addresses, unknown, question: undefined };
}

const notSeen = (unknown: readonly string[]): string =>
  unknown.length === 0 ? '' : `I know no address for ${joined(unknown)}, so only your own calendar was looked at.`;

export function freeWindows(task: Task, setting: Setting): readonly Window[] {
  const { context } = setting;
  const windows = windowsOf(task.timing, context);
  if (windows.length > 0) return windows.slice(0, MAX_WINDOWS);
  const from = Math.floor(context.now / MINUTE) * MINUTE;
  const minutes = task.timing.length?.minutes;
  if (minutes !== undefined) return [{ from, to: from + minutes * MINUTE, timed: true, minutes }];
  return [{ from: context.today, to: context.today + DAY, timed: false }];
}

export function freebusyCalls(slots: readonly Slot[], calendars: JsonObject) {
  return slots.map((slot) => ({ name: 'freebusy', arguments: { ...boundArguments(slot), ...calendars } }));
}

export function* askFree(task: Task, setting: Setting): Run {
  const asked = othersIn(task, setting);
  if (asked.question !== undefined) return asked.question;
  const zone = zoneOf(task, setting);
  const windows = freeWindows(task, setting);
  const slots = windows.map((window) => toSlot(window, zone));
  const answers = yield freebusyCalls(slots, asked.calendars);
  return sentence(
    ...slots.map((slot, index) => freeText(slot, answers[index], windows[index]?.hours)),
    notSeen(asked.unknown),
    ...slots.flatMap(({ notes }) => notes),
  );
}

/** What a free/busy answer says about one stretch; within hours of the day where only those were asked about. */
export function freeText(slot: Slot, answer: ToolAnswer | undefined, hours: Window['hours']): string {
  if (answer === undefined) return '';
  if (answer.failed) return failedText('Looking at the calendar', answer);
  const all = busyIn(answer).filter((period) => period.start < slot.end && period.end > slot.start);
  const busy = hours === undefined ? all : all.filter((period) => touchesHours(period, hours, slot.zone));
  const unread = unreadableIn(answer);
  const unknown = unread.length === 0 ? '' : `Not known: ${joined(unread)}.`;
  const when =
    hours === undefined ? slotText(slot) : `${slotText(slot)}, ${clock(hours.from)}–${clock(hours.to)} each day`;
  if (busy.length === 0) return sentence(`Free: ${when}.`, unknown);
  const several = new Set(busy.map(({ calendar }) => calendar)).size > 1;
  const lines = busy.map((period) => `${several ? `${period.calendar}: ` : ''}${spanText(period, slot.zone)}`);
  const covered = busy.some((period) => period.start <= slot.start && period.end >= slot.end);
  return sentence(`${covered ? 'Not free' : 'Partly busy'}: ${when}. Busy:${listed(lines)}\n`, unknown);
}

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

function touchesHours(
  { start, end }: Interval,
  hours: { readonly from: number; readonly to: number },
  zone: string,
): boolean {
  const from = wallAt(start, zone);
  const to = wallAt(end, zone);
  for (let day = startOfDay(from); day < to; day += DAY) {
    if (from < day + hours.to * MINUTE && to > day + hours.from * MINUTE) return true;
  }
  return false;
}

export function* findTime(task: Task, setting: Setting): Run {
  if (task.timing.clock !== undefined || task.timing.moment !== undefined) return yield* askFree(task, setting);
  const asked = othersIn(task, setting);
  if (asked.question !== undefined) return asked.question;
  const search = searchFor(task, setting);
  const [answer] = yield [{ name: 'suggesttime', arguments: { ...search, ...asked.calendars } }];
  if (answer === undefined || answer.failed)
    return answer === undefined ? '' : failedText('Looking for a time', answer);
  const zone = zoneOf(task, setting);
  const slots = slotsIn(answer).slice(0, 5);
  const found =
    slots.length === 0
      ? 'No such time is free then.'
      : `Free (${zone}):${listed(slots.map((slot) => spanText(slot, zone)))}\n`;
  return sentence(found, notSeen(asked.unknown));
}

/** Arguments of a search: never in the past, over the days that were said or else the coming week. */
export function searchFor(task: Task, setting: Setting, found?: Window): JsonObject {
  const { context } = setting;
  const now = Math.floor(context.now / MINUTE) * MINUTE;
  const window = found ??
    joinWindows(windowsOf(task.timing, context)) ?? {
      from: now,
      to: startOfDay(now) + (SEARCH_DAYS + 1) * DAY,
      timed: false,
    };
  const from = window.to > now ? Math.max(window.from, now) : window.from;
  const days = daysOf(task.timing);
  const only = days !== undefined && days.length > 1 ? days.map(({ day }) => partsOf(day).weekday) : undefined;
  return {
    ...boundArguments(toSlot({ ...window, from }, zoneOf(task, setting))),
    durationMinutes: Math.min(task.timing.length?.minutes ?? 60, 1440),
    ...workingHours(window, setting.workingHours, { only, except: task.timing.except }),
  };
}

function joinWindows(windows: readonly Window[]): Window | undefined {
  const [first] = windows;
  if (first === undefined) return undefined;
  const from = Math.min(...windows.map((window) => window.from));
  const to = Math.max(...windows.map((window) => window.to));
  return windows.length === 1 ? first : { ...first, from, to };
}

export function* askEvents(task: Task, setting: Setting): Run {
  const { context } = setting;
  const zone = zoneOf(task, setting);
  const text = spelledOut(task.words);
  const subject = subjectOf(task.words, task.located);
  const query = searchTerm(subject);
  const next =
    /\b(?:next|coming up|upcoming)\b/.test(text) || /^(?:when|what time|at what time|where|how long)\b/.test(text);
  const windows = windowsOf(task.timing, context);
  const now = Math.floor(context.now / MINUTE) * MINUTE;
  const open = windows.length === 0 && (next || query !== undefined);
  const fallback: Window = /\b(?:upcoming|coming up|meetings|appointments|events)\b/.test(text)
    ? { from: now, to: context.today + (SEARCH_DAYS + 1) * DAY, timed: false }
    : { from: context.today, to: context.today + DAY, timed: false };
  const slots = (windows.length === 0 ? [fallback] : windows.slice(0, MAX_WINDOWS)).map((window) =>
    toSlot(window, zone),
  );
  const search = query === undefined ? {} : { query };
  const onward = boundArguments(
    toSlot({ from: now, to: now + DAY, timed: true, instant: Math.floor(context.nowMs / MINUTE) * MINUTE }, zone),
  );
  const calls = open
    ? [{ timeMin: onward['timeMin'], timeZone: zone, ...search, maxResults: 10 }]
    : slots.map((slot) => ({ ...boundArguments(slot), ...search }));
  const answers = yield calls.map((args) => ({ name: 'listevents', arguments: args }));
  const failure = answers.find(({ failed }) => failed);
  if (failure !== undefined) return failedText('Looking at the calendar', failure);
  const events = uniqueEvents(answers.flatMap(eventsIn));
  const about = query === undefined ? '' : ` with ${quoted(query)}`;
  const partly = answers.some(isPartial);
  if (open) {
    const coming = events
      .filter((event) => event.start >= context.nowMs || query !== undefined)
      .slice(0, next && query === undefined ? 1 : 3);
    if (coming.length === 0) return partly ? nothingYet(about) : `Nothing${about} is coming up in your calendar.`;
    return sentence(`Next${about}:${listed(coming.map((event) => eventText(event, zone)))}\n`);
  }
  const when = slots.map(slotText).join(' and ');
  if (events.length === 0) return partly ? nothingYet(about) : `Nothing${about} is in your calendar: ${when}.`;
  const more = partly ? 'There are more than these.' : '';
  return sentence(`In your calendar${about}, ${when}:${listed(events.map((event) => eventText(event, zone)))}\n`, more);
}

const nothingYet = (about: string): string =>
  `I looked at a part of your calendar only and found nothing${about} there. Ask about a shorter time.`;

function uniqueEvents(events: readonly FoundEvent[]): readonly FoundEvent[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}

export function* askCalendars(): Run {
  const [answer] = yield [{ name: 'listcalendars', arguments: {} }];
  if (answer === undefined || answer.failed)
    return answer === undefined ? '' : failedText('Listing the calendars', answer);
  const names = calendarsIn(answer);
  return names.length === 0 ? 'There are no calendars on your list.' : `Your calendars:${listed(names.map(quoted))}`;
}
