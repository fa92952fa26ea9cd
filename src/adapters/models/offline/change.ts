import { resolveRange } from './clocks.ts';
import { spelledOut } from './intent.ts';
import { searchFor } from './look.ts';
import { type Change, readChange, type Shift, withoutVerb } from './read-change.ts';
import { type Chosen, choose, isNothing, lookupArguments, type Reference, readReference } from './reference.ts';
import { eventText, failedText, listed, sentence, spanText } from './reply.ts';
import { busyIn, eventIn, eventsIn, type FoundEvent, isPartial, type JsonObject, slotsIn } from './results.ts';
import { scopeIn, withoutScope } from './scope.ts';
import { eventArguments, type Slot, toSlot, wholeDays } from './slots.ts';
import type { Asking, Run, Setting, Task } from './task.ts';
import { addMonths, DAY, MINUTE, partsOf, startOfDay, startOfWeek } from './wall.ts';
import { dayFor, daysOf, hintsOf, placeClock, type Timing, windowsOf } from './when.ts';
import { wallAt } from './zones.ts';

// Changing and cancelling: first the event is looked up, then changed by its id. Several that fit: the person is asked. None: said.

interface Times {
  readonly slot: Slot;
}

function lengthOf(event: FoundEvent): number {
  return Math.max(MINUTE, event.end - event.start);
}

/** Where the event moves to; what was not said stays as it is. */
function movedTo(event: FoundEvent, timing: Timing, setting: Setting): Times | 'search' | undefined {
  const zone = timing.zone ?? setting.zone;
  const { context } = setting;
  const start = event.allDay ? event.start : wallAt(event.start, zone);
  const own = startOfDay(start);
  const minutes = lengthOf(event) / MINUTE;
  const days = daysOf(timing);
  const timed = (from: number, to?: number): Times => ({
    slot: toSlot(
      {
        from,
        to: to ?? from,
        timed: true,
        ...(to === undefined ? { minutes: timing.length?.minutes ?? minutes } : {}),
      },
      zone,
    ),
  });
  if (timing.moment !== undefined) {
    return { slot: toSlot({ from: start, to: start, timed: true, instant: timing.moment, minutes }, zone) };
  }
  const day = days?.[0];
  if (timing.span !== undefined) {
    const [window] = windowsOf(timing, context);
    return window === undefined ? undefined : timed(window.from, window.to);
  }
  const target = day?.day ?? (timing.stretch === undefined ? own : inStretch(own, timing));
  if (timing.clocks !== undefined) {
    const range = resolveRange(timing.clocks, hintsOf(timing.part));
    const on = dayFor(day ?? { day: target }, range.from, context, range.to);
    return timed(on + range.from * MINUTE, on + range.to * MINUTE);
  }
  if (timing.clock !== undefined)
    return timed(placeClock(clockLike(timing, start), day ?? { day: target }, timing.part, context));
  if (timing.part !== undefined || timing.after !== undefined) return 'search';
  if (day === undefined && timing.stretch === undefined) return undefined;
  if (event.allDay) return { slot: wholeDays(target, target + lengthOf(event), zone) };
  // "To Sunday", said on a Sunday when that hour is over, is a week later.
  return timed(dayFor(day ?? { day: target }, (start - own) / MINUTE, context) + (start - own));
}

/** A bare hour stays in the half of the day where the event is: the 9am standup moved to 7 is at seven in the morning. */
function clockLike(timing: Timing, start: number): NonNullable<Timing['clock']> {
  const clock = timing.clock ?? { hour: 9, minute: 0, half: 'bare' };
  if (clock.half !== 'bare' || timing.part !== undefined) return clock;
  const { hour } = partsOf(start);
  const near = (clock.hour % 12) + (clock.hour % 12 < 6 ? 12 : 0);
  const morning = hour < 12 && clock.hour >= 6 && clock.hour < 12;
  return morning
    ? { ...clock, half: 'am' }
    : hour >= 18 && clock.hour >= 6 && clock.hour < 12
      ? { ...clock, half: 'pm' }
      : near >= 0
        ? clock
        : clock;
}

/** The same weekday in the week that was named, the same day in the month. */
function inStretch(own: number, timing: Timing): number {
  const { stretch } = timing;
  if (stretch === undefined || (own >= stretch.from && own < stretch.to)) return own;
  const moved = stretch.from + (own - startOfWeek(own));
  return stretch.to - stretch.from === 7 * DAY
    ? moved
    : Math.min(addMonths(own, monthsBetween(own, stretch.from)), stretch.to - DAY);
}

const monthsBetween = (from: number, to: number): number =>
  (partsOf(to).year - partsOf(from).year) * 12 + partsOf(to).month - partsOf(from).month;

function shifted(event: FoundEvent, by: Shift, zone: string): Slot {
  const start = event.allDay ? event.start : wallAt(event.start, zone);
  const moved = addMonths(start, by.months) + by.days * DAY;
  if (event.allDay) return wholeDays(moved, moved + lengthOf(event), zone);
  const minutes = lengthOf(event) / MINUTE;
  if (by.days === 0 && by.months === 0) {
    const instant = event.start + by.minutes * MINUTE;
    return toSlot({ from: moved, to: moved, timed: true, instant, minutes }, zone);
  }
  return toSlot({ from: moved + by.minutes * MINUTE, to: moved, timed: true, minutes }, zone);
}

function valuesFor(event: FoundEvent, change: Exclude<Change, { kind: 'ask' | 'time' }>, setting: Setting): JsonObject {
  const zone = setting.zone;
  switch (change.kind) {
    case 'shift':
      return eventArguments(shifted(event, change.by, zone));
    case 'length': {
      const minutes = Math.max(5, change.relative ? lengthOf(event) / MINUTE + change.minutes : change.minutes);
      return eventArguments(toSlot({ from: 0, to: 0, timed: true, instant: event.start, minutes }, zone));
    }
    case 'end': {
      const start = wallAt(event.start, zone);
      const clock = change.timing.clock ?? { hour: 17, minute: 0, half: 'exact' };
      const { hour, minute } = partsOf(start);
      const range = resolveRange({ from: { hour, minute, half: 'exact' }, to: clock }, hintsOf(change.timing.part));
      const minutes = range.to - hour * 60 - minute;
      return eventArguments(toSlot({ from: 0, to: 0, timed: true, instant: event.start, minutes }, zone));
    }
    case 'set':
      return change.values;
    case 'invite':
      return { attendees: [...new Set([...event.guests, ...change.addresses])], sendUpdates: 'all' };
    case 'uninvite': {
      const out = new Set(change.addresses);
      return { attendees: event.guests.filter((guest) => !out.has(guest.toLowerCase())), sendUpdates: 'all' };
    }
  }
}

const NOTHING_NAMED = 'Which event do you mean? Tell me its name, or its day and time.';

function* lookUp(reference: Reference, setting: Setting): Asking<Chosen> {
  if (isNothing(reference)) return { kind: 'answer', text: NOTHING_NAMED };
  const [answer] = yield [{ name: 'listevents', arguments: lookupArguments(reference, setting) }];
  if (answer === undefined) return { kind: 'answer', text: '' };
  if (answer.failed)
    return { kind: 'answer', text: sentence(failedText('Looking for the event', answer), 'Nothing was changed.') };
  return choose(eventsIn(answer), reference, { ...setting, partly: isPartial(answer) });
}

const scopeOf = (reference: Reference, event: FoundEvent): JsonObject =>
  reference.scope === undefined || event.seriesId === undefined ? {} : { scope: reference.scope };

function partText(reference: Reference, event: FoundEvent): string {
  if (reference.scope === undefined || event.seriesId === undefined) return '';
  return reference.scope === 'all' ? ' (the whole series)' : ' (this one and all that follow)';
}

export function* changeEvent(task: Task, setting: Setting): Run {
  const { reference: words, change } = readChange(withoutScope(task.words), setting);
  const front = task.front ?? [];
  const named = readReference([...words, ...withoutScope(front)], setting);
  // What is said behind the "to" counts, too: `to 10 for the whole series`. One event is changed at a time.
  const scope = scopeIn([...task.words, ...front], false, named.several) ?? named.scope;
  const reference = { ...named, scope, every: false };
  const chosen = yield* lookUp(reference, setting);
  if (chosen.kind === 'answer') return chosen.text;
  if (change.kind === 'ask') return change.question;
  const [event] = chosen.events;
  if (event === undefined) return '';
  const values = yield* newValues(event, change, setting);
  if (typeof values === 'string') return values;
  const refusal = task.ifFree !== undefined ? yield* refusalIfTaken(values, event, setting) : undefined;
  if (refusal !== undefined) return refusal;
  const [answer] = yield [
    { name: 'updateevent', arguments: { eventId: event.id, ...values, ...scopeOf(reference, event) } },
  ];
  if (answer === undefined) return '';
  if (answer.failed)
    return sentence(failedText('The change', answer), `Not changed: ${eventText(event, setting.zone)}.`);
  const now = eventIn(answer);
  const only = chosen.next && reference.scope === undefined ? 'Only the next one of the series was changed.' : '';
  const note = change.kind === 'set' || change.kind === 'invite' ? change.note : '';
  return sentence(`Changed${partText(reference, event)}: ${eventText(now ?? event, setting.zone)}.`, only, note);
}

/** `move it to 3 if I'm free`: why it stays, or nothing when only the event itself stands there. */
function* refusalIfTaken(values: JsonObject, event: FoundEvent, setting: Setting): Asking<string | undefined> {
  const { start, end, timeZone = setting.zone } = values;
  if (typeof start !== 'string' || start.length === 10)
    return 'I cannot tell whether that is free, so nothing was changed.';
  const [answer] = yield [{ name: 'freebusy', arguments: { timeMin: start, timeMax: end, timeZone } }];
  if (answer === undefined || answer.failed)
    return sentence(answer === undefined ? '' : failedText('Looking at the calendar', answer), 'Nothing was changed.');
  const others = busyIn(answer).filter((busy) => busy.start < event.start || busy.end > event.end);
  return others.length === 0
    ? undefined
    : sentence(`Not free then:${listed(others.map((busy) => spanText(busy, setting.zone)))}\n`, 'Nothing was changed.');
}

function* newValues(
  event: FoundEvent,
  change: Exclude<Change, { kind: 'ask' }>,
  setting: Setting,
): Asking<JsonObject | string> {
  if (change.kind !== 'time') return valuesFor(event, change, setting);
  const target = movedTo(event, change.timing, setting);
  if (target === undefined) return `When should ${eventText(event, setting.zone)} be? Tell me the new day or time.`;
  if (target !== 'search') return eventArguments(target.slot);
  const minutes = Math.round(lengthOf(event) / MINUTE);
  const zone = setting.zone;
  const stay = change.timing.days === undefined && change.timing.stretch === undefined;
  const day = { day: startOfDay(wallAt(event.start, zone)) };
  const timing: Timing = {
    ...change.timing,
    length: { minutes, days: 0, months: 0 },
    ...(stay ? { days: [day] } : {}),
  };
  const search: Task = { intent: 'find', words: [], located: [], timing, ifFree: undefined };
  const [answer] = yield [{ name: 'suggesttime', arguments: searchFor(search, setting) }];
  if (answer === undefined) return '';
  if (answer.failed) return sentence(failedText('Looking for a free time', answer), 'Nothing was changed.');
  const [first] = slotsIn(answer);
  if (first === undefined) return 'No such time is free then, so nothing was changed.';
  return eventArguments({ ...first, allDay: false, zone, notes: [] });
}

/** What is to stay cannot be told from what is to go by words alone. */
const LEAVES_OUT =
  /\b(?:except|apart from|aside from|other than|excluding|besides|all but|everything but|(?:but|and) (?:not|keep|leave|spare))\b/;
const LEAVING_OUT = 'I cannot leave something out, so I cancelled nothing. Name what is to go.';

export function* cancelEvent(task: Task, setting: Setting): Run {
  const said = [...task.words, ...(task.front ?? [])];
  if (LEAVES_OUT.test(spelledOut(said))) return LEAVING_OUT;
  if (task.ifFree !== undefined) return 'I cannot make that depend on anything, so I cancelled nothing.';
  const words = withoutScope(said);
  const reference = readReference(withoutVerb(words), setting);
  const whole = readReference(words, setting);
  const scope = scopeIn(said) === 'following' ? 'following' : (whole.scope ?? reference.scope);
  const chosen = yield* lookUp({ ...reference, every: whole.every, scope }, setting);
  if (chosen.kind === 'answer') return chosen.text;
  const scoped = { ...reference, scope };
  const answers = yield chosen.events.map((event) => ({
    name: 'deleteevent',
    arguments: { eventId: event.id, ...scopeOf(scoped, event) },
  }));
  const lines = chosen.events.map((event, index) => {
    const answer = answers[index];
    if (answer === undefined) return '';
    const text = eventText(event, setting.zone);
    return answer.failed
      ? sentence(failedText('Cancelling', answer), `Not cancelled: ${text}.`)
      : `Cancelled${partText(scoped, event)}: ${text}.`;
  });
  const only = chosen.next && scoped.scope === undefined ? 'Only the next one of the series was cancelled.' : '';
  return sentence(...lines, only, chosen.rest ?? '');
}
