import { resolveRange } from './clocks.ts';
import { capital, takenBy } from './details.ts';
import { spelledOut } from './intent.ts';
import { searchFor } from './look.ts';
import { guestList, resolveGuests } from './people.ts';
import {
  type Chosen,
  choose,
  introduceClocks,
  isNothing,
  lookupArguments,
  type Reference,
  readReference,
} from './reference.ts';
import { eventText, failedText, nobodyInvited, sentence, whichPerson } from './reply.ts';
import { eventIn, eventsIn, type FoundEvent, type JsonObject, slotsIn } from './results.ts';
import { findFirst, says } from './rules.ts';
import { eventArguments, type Slot, toSlot, wholeDays } from './slots.ts';
import type { Asking, Run, Setting, Task } from './task.ts';
import { addMonths, DAY, MINUTE, partsOf, startOfDay, startOfWeek } from './wall.ts';
import { daysOf, hintsOf, mergeMentions, placeClock, type Timing, windowsOf } from './when.ts';
import { textOf, type Word } from './words.ts';
import { wallAt } from './zones.ts';

// Changing and cancelling: first the event is looked up, then changed by its id. Several that fit: the person is asked. None: said.

interface Shift {
  readonly minutes: number;
  readonly days: number;
  readonly months: number;
}

/** What is to become of the event. */
type Change =
  | { readonly kind: 'time'; readonly timing: Timing }
  | { readonly kind: 'shift'; readonly by: Shift }
  | { readonly kind: 'length'; readonly minutes: number; readonly relative: boolean }
  | { readonly kind: 'end'; readonly timing: Timing }
  | { readonly kind: 'set'; readonly values: JsonObject; readonly note: string }
  | { readonly kind: 'invite'; readonly addresses: readonly string[]; readonly note: string }
  | { readonly kind: 'uninvite'; readonly addresses: readonly string[] }
  | { readonly kind: 'ask'; readonly question: string };

interface ChangeRequest {
  readonly reference: readonly Word[];
  readonly change: Change;
}

const TO = says(
  'to | until | till | for | onto | into | to start at | start at | starts at | begin at | to begin at | at | on | to be on | to be at',
);
const LEFTOVER =
  /^(?:instead|please|the|a|same|time|at|on|,|start|starting|begin|beginning|of|in|and|-|then|now|rather|be|that|day|around|about|it|both|for)$/;

export function readChange(words: readonly Word[], setting: Setting): ChangeRequest {
  return (
    readRename(words) ??
    readPlace(words, setting) ??
    readGuests(words, setting) ??
    readLength(words, setting) ??
    readShift(words, setting) ??
    readMove(words, setting) ?? {
      reference: withoutVerb(words),
      change: { kind: 'ask', question: 'What should change about it? Tell me the new day or time.' },
    }
  );
}

const VERB = says(
  'move | reschedule | shift | push back | push out | push | postpone | delay | defer | bump | slide | change the time of | change the date of | change the start of | change the start time of | change | update | edit | modify | adjust | extend | lengthen | prolong | shorten | trim | rename | retitle | bring forward | bring | pull forward | pull | put back | put off | put | make | set | turn | have | get | cut | end | finish | start | advance | swap | switch | relocate | rearrange | convert | cancel | delete | remove | drop | scrap | call off | get rid of | clear | wipe | erase | bin | ditch | unbook | kill | axe | trash | take | skip | free up | let | give | alter | unschedule | discard',
);

export function withoutVerb(words: readonly Word[]): readonly Word[] {
  const found = VERB(words, 0);
  return found === undefined ? words : words.slice(found.end);
}

function readRename(words: readonly Word[]): ChangeRequest | undefined {
  const text = spelledOut(words);
  const renaming =
    /^(?:rename|retitle)\b/.test(text) ||
    /^(?:change|set|update|edit|make) (?:the )?(?:title|name|subject)\b/.test(text);
  if (!renaming) return undefined;
  const open = findFirst(says('rename | retitle | title of | name of | subject of | title for | name for'), words);
  const joint = lastIndex(words, says('to | as | into'), open?.end ?? 1);
  const quote = words.findIndex(({ kind }, at) => kind === 'quote' && at > (open?.end ?? 0));
  const at = quote !== -1 ? quote : joint === undefined ? -1 : joint + 1;
  if (at <= 0 || at >= words.length) return undefined;
  const title = quote !== -1 ? (words[quote]?.text ?? '') : capital(textOf(words.slice(at)));
  const end = joint !== undefined && joint < at ? joint : at;
  return { reference: words.slice(open?.end ?? 1, end), change: { kind: 'set', values: { summary: title }, note: '' } };
}

function lastIndex(words: readonly Word[], rule: ReturnType<typeof says>, from: number): number | undefined {
  let found: number | undefined;
  for (let at = from; at < words.length; at += 1) if (rule(words, at) !== undefined) found = at;
  return found;
}

function readPlace(words: readonly Word[], setting: Setting): ChangeRequest | undefined {
  const text = spelledOut(words);
  const said = /^(?:change|set|update|edit|make) (?:the )?(?:location|place|venue|room)\b/.test(text);
  const description = /^(?:change|set|update|edit) (?:the )?(?:description|notes?)\b/.test(text);
  const joint = lastIndex(words, says('to | into'), 1);
  if (joint === undefined || joint + 1 >= words.length) return undefined;
  const target = words.slice(joint + 1);
  const value = textOf(target.filter(({ lower }, at) => !(at === 0 && lower === 'the')));
  if (said || description) {
    const of = findFirst(says('of | for'), words);
    const name = description ? 'description' : 'location';
    const quote = target.find(({ kind }) => kind === 'quote')?.text;
    return {
      reference: words.slice((of?.at ?? 2) + 1, joint),
      change: { kind: 'set', values: { [name]: quote ?? value }, note: '' },
    };
  }
  const moving = /^(?:move|relocate|change|switch)\b/.test(text) && setting.read([at(words), ...target]).length === 0;
  const place =
    /^\p{Lu}/u.test(target[0]?.text ?? '') ||
    /\b(?:room|office|boardroom|cafe|café|zoom|teams|online)\b/.test(textOf(target).toLowerCase());
  if (!moving || !place) return undefined;
  return {
    reference: withoutVerb(words.slice(0, joint)),
    change: { kind: 'set', values: { location: value }, note: '' },
  };
}

function readGuests(words: readonly Word[], setting: Setting): ChangeRequest | undefined {
  const text = spelledOut(words);
  const adding = /^(?:add|invite|include|put|attach|give) .+ to\b/.test(text);
  const removing = /^(?:remove|uninvite|drop|take) .+ (?:from|off)\b/.test(text);
  if (!adding && !removing) return undefined;
  const joint = lastIndex(words, says(adding ? 'to' : 'from | off'), 1);
  if (joint === undefined) return undefined;
  const reference = words.slice(joint + 1);
  const what = textOf(words.slice(1, joint)).toLowerCase();
  if (adding && /\b(?:meet|video|conference|call link|hangout)\b/.test(what)) {
    return { reference, change: { kind: 'set', values: { meet: true }, note: '' } };
  }
  const list = guestList(words.slice(0, joint), 1, []);
  const people = resolveGuests(list?.value ?? [], setting.contacts);
  if (!people.ok) return { reference, change: { kind: 'ask', question: whichPerson(people.name, people.choices) } };
  if (people.addresses.length === 0) {
    const question = `I know no address for ${people.unknown.join(', ') || 'that person'}, so nothing was changed. Which address is it?`;
    return { reference, change: { kind: 'ask', question } };
  }
  const { addresses } = people;
  return {
    reference,
    change: adding
      ? { kind: 'invite', addresses, note: nobodyInvited(people.unknown, true) }
      : { kind: 'uninvite', addresses },
  };
}

function readLength(words: readonly Word[], setting: Setting): ChangeRequest | undefined {
  const text = spelledOut(words);
  const longer = /^(?:extend|lengthen|prolong)\b|^(?:make|set) .*\blonger\b/.test(text);
  const shorter = /^(?:shorten|trim|cut)\b|^(?:make|set) .*\bshorter\b/.test(text);
  const making = /^(?:make|set|change|have|let|get|update|adjust|turn|convert)\b/.test(text);
  const ending = /^(?:end|finish)\b|\b(?:end|ends|finish|finishes|ending) (?:at|by|earlier|later)\b/.test(text);
  if (!longer && !shorter && !making && !ending) return undefined;
  const located = setting.read(words);
  const last = located.findLast(({ mention }) => mention.kind === 'length' || mention.kind === 'whole');
  if (ending || (longer && last === undefined)) {
    const end = endTime(words, setting);
    if (end !== undefined) return end;
  }
  if (last?.mention.kind !== 'length' || last.mention.length.minutes === 0) return undefined;
  // "make it 30 minutes later" shifts; it does not last 30 minutes.
  if (
    /\b(?:later|earlier)\b/.test(text) ||
    (making &&
      !/\b(?:long|last|duration|length|longer|shorter|for|into|just|only|be)\b/.test(text) &&
      last.end < words.length - 1)
  )
    return undefined;
  const reference = withoutVerb(words.slice(0, last.at)).filter(
    ({ lower }) => !/^(?:length|duration|of|to|by|last|be|only|just|into|down|longer|shorter)$/.test(lower),
  );
  const by =
    (longer || shorter) && words.slice(Math.max(0, last.at - 1), last.end).every(({ lower }) => lower !== 'to');
  return {
    reference,
    change: { kind: 'length', minutes: last.mention.length.minutes * (by && shorter ? -1 : 1), relative: by },
  };
}

function endTime(words: readonly Word[], setting: Setting): ChangeRequest | undefined {
  const joint = lastIndex(words, says('until | till | to | at | by'), 1);
  if (joint === undefined) return undefined;
  const timing = mergeMentions(setting.read([at(words), ...words.slice(joint + 1)]));
  if (timing.clock === undefined) return undefined;
  const reference = withoutVerb(words.slice(0, joint)).filter(
    ({ lower }) => !/^(?:end|ends|finish|finishes|ending)$/.test(lower),
  );
  return { reference, change: { kind: 'end', timing } };
}

const at = (words: readonly Word[]): Word => ({
  kind: 'word',
  text: 'at',
  lower: 'at',
  start: words[0]?.start ?? 0,
  end: 0,
  glued: false,
});

const EARLIER = /\b(?:forward|earlier|ahead|up|sooner|advance)\b/;

function readShift(words: readonly Word[], setting: Setting): ChangeRequest | undefined {
  const text = spelledOut(words);
  const located = setting.read(words);
  const found = located.findLast(({ mention }) => mention.kind === 'length');
  if (found?.mention.kind !== 'length') return undefined;
  const lead = words[found.at - 1]?.lower ?? '';
  const directed =
    /\b(?:back|later|forward|earlier|ahead|up|sooner)\b/.test(text) ||
    words.slice(found.at, found.end).some(({ lower }) => lower === 'by') ||
    lead === 'by' ||
    /^(?:push|postpone|delay|defer|bring|pull|bump|slide|advance)\b/.test(text);
  if (!directed || lead === 'to' || lead === 'in') return undefined;
  const sign = EARLIER.test(text) || /^(?:bring|pull|advance)\b/.test(text) ? -1 : 1;
  const { minutes, days, months } = found.mention.length;
  const reference = withoutVerb([...words.slice(0, found.at), ...words.slice(found.end)]).filter(
    ({ lower }) => !/^(?:back|later|forward|earlier|ahead|by|up|sooner|start|out|off|down)$/.test(lower),
  );
  return {
    reference,
    change: { kind: 'shift', by: { minutes: sign * minutes, days: sign * days, months: sign * months } },
  };
}

/** More prepositions than any request for a change has. */
const MAX_SPLITS = 5;

/** Splits at the first "to" behind which nothing but a time stands. */
function readMove(words: readonly Word[], setting: Setting): ChangeRequest | undefined {
  let loose: ChangeRequest | undefined;
  let tries = 0;
  for (let index = 1; index < words.length - 1 && tries < MAX_SPLITS; index += 1) {
    const found = TO(words, index);
    if (found === undefined) continue;
    tries += 1;
    const target = introduceClocks([at(words), ...words.slice(found.end)]);
    const located = setting.read(target);
    if (located[0]?.at !== 0 && located[0]?.at !== 1) continue;
    const timing = mergeMentions(located);
    const taken = takenBy(target, located);
    const rest = target.filter((word, place) => taken[place] === false && !LEFTOVER.test(word.lower));
    const request: ChangeRequest = {
      reference: withoutVerb(words.slice(0, index)).filter(({ lower }) => lower !== 'from'),
      change: { kind: 'time', timing },
    };
    if (request.reference.length === 0) continue;
    const weak = /^(?:at|on|for)$/.test(found.value);
    if (rest.length === 0 && !weak) return request;
    if (rest.length === 0 || !weak) loose ??= request;
  }
  return loose;
}

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
    return timed(target + range.from * MINUTE, target + range.to * MINUTE);
  }
  if (timing.clock !== undefined)
    return timed(placeClock(clockLike(timing, start), { day: target }, timing.part, context));
  if (timing.part !== undefined || timing.after !== undefined) return 'search';
  if (day === undefined && timing.stretch === undefined) return undefined;
  if (event.allDay) return { slot: wholeDays(target, target + lengthOf(event), zone) };
  return timed(target + (start - own));
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
  return choose(eventsIn(answer), reference, setting);
}

const scopeOf = (reference: Reference, event: FoundEvent): JsonObject =>
  reference.scope === undefined || event.seriesId === undefined ? {} : { scope: reference.scope };

function partText(reference: Reference, event: FoundEvent): string {
  if (reference.scope === undefined || event.seriesId === undefined) return '';
  return reference.scope === 'all' ? ' (the whole series)' : ' (this one and all that follow)';
}

export function* changeEvent(task: Task, setting: Setting): Run {
  const { reference: words, change } = readChange(task.words, setting);
  const reference = readReference(words, setting);
  const chosen = yield* lookUp(reference, setting);
  if (chosen.kind === 'answer') return chosen.text;
  if (change.kind === 'ask') return change.question;
  const [event] = chosen.events;
  if (event === undefined) return '';
  const values = yield* newValues(event, change, setting);
  if (typeof values === 'string') return values;
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
  const search: Task = { intent: 'find', words: [], located: [], timing, ifFree: false };
  const [answer] = yield [{ name: 'suggesttime', arguments: searchFor(search, setting) }];
  if (answer === undefined) return '';
  if (answer.failed) return sentence(failedText('Looking for a free time', answer), 'Nothing was changed.');
  const [first] = slotsIn(answer);
  if (first === undefined) return 'No such time is free then, so nothing was changed.';
  return eventArguments({ ...first, allDay: false, zone, notes: [] });
}

export function* cancelEvent(task: Task, setting: Setting): Run {
  const reference = readReference(withoutVerb(task.words), setting);
  const whole = readReference(task.words, setting);
  const chosen = yield* lookUp({ ...reference, every: whole.every, scope: whole.scope ?? reference.scope }, setting);
  if (chosen.kind === 'answer') return chosen.text;
  const scoped = { ...reference, scope: whole.scope ?? reference.scope };
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
  return sentence(...lines, only);
}
