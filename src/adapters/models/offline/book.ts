import { readDetails, takenBy } from './details.ts';
import { spelledOut } from './intent.ts';
import { readLead } from './lead.ts';
import { freebusyCalls, freeText, searchFor } from './look.ts';
import type { Part } from './parts.ts';
import { resolveGuests } from './people.ts';
import { eventText, failedText, joined, nobodyInvited, sentence, slotText, whichPerson } from './reply.ts';
import { busyIn, eventIn, type JsonObject, slotsIn, unreadableIn } from './results.ts';
import { type BookingStyle, bookingOf, eventArguments, type Slot } from './slots.ts';
import { type Asking, type Run, type Setting, type Task, zoneOf } from './task.ts';

// Bookings. What is said is booked as said; a day without a time is one in which the first free time is taken. The person's own
// approval comes after, and shows what will be written.

const WHOLE_DAY =
  /\b(?:vacation|vacations|holidays?|(?:\w*days?|today|tomorrow|weeks?|weekend|fortnight|time) off|birthday|anniversary|pto|annual leave|leave|out of office|ooo|conference|trip|sick|retreat|offsite|deadline|due|travel|travelling|traveling|away|staycation|festival|bank holiday|wfh|working from home|work from home)\b/;
/** Time off is entered where it is said, not looked for. */
const TIME_OFF =
  /\b(?:\w*days?|today|tomorrow|weeks?|weekend|fortnight|time|morning|afternoon|mornings|afternoons) off\b(?! (?:my|the|our|of)\b)/;
/** Verbs that leave it to the planner to find a time; whatever else is said is entered as said. */
const ARRANGES =
  /^(?:book|schedule|arrange|organi[sz]e|plan|set|get|find|fit|squeeze|meet|invite|give|slot|sort|i need|i want|we need|let)\b/;
/** What takes an hour of a day, not whole days. */
const HOURLY = /\b(?:meeting|call|chat|sync|1 : 1|one on one|session|appointment|interview|coffee|time|slot)\b/;
const BLOCKS = /^(?:block|reserve|hold|keep|set aside|book off|book out|mark)\b|\b(?:focus time|block)\b/;
/** Conventions for meals without a time. */
const CUSTOM: readonly (readonly [RegExp, number])[] = [
  [/\bbreakfast\b/, 8 * 60],
  [/\bbrunch\b/, 11 * 60],
  [/\blunch\b/, 12 * 60],
  [/\bdinner\b|\bsupper\b/, 19 * 60],
];
const MEAL_HALF: readonly (readonly [RegExp, 'am' | 'pm'])[] = [
  [/\bbreakfast\b/, 'am'],
  [/\b(?:dinner|supper|drinks|cinema|movie|concert|theatre|theater|party|nightcap|gig)\b/, 'pm'],
];

export function styleOf({ words, located }: Pick<Task, 'words' | 'located'>): BookingStyle {
  // `Tomorrow book a call`: the verb stands behind the time.
  const text = spelledOut(readLead(words, located)?.rest ?? words);
  // In `after lunch` lunch is a time, and not what is booked.
  const taken = takenBy(words, located);
  const about = spelledOut(words.filter((_, at) => taken[at] === false));
  return {
    enters: !ARRANGES.test(text) || TIME_OFF.test(text),
    hourly: HOURLY.test(text),
    blocks: BLOCKS.test(text),
    wholeDay: WHOLE_DAY.test(text),
    customMinute: CUSTOM.find(([meal]) => meal.test(about))?.[1],
  };
}

/** Breakfast at seven is in the morning, dinner at eight in the evening. */
export function mealHalf(words: Task['words']): 'am' | 'pm' | undefined {
  const text = spelledOut(words);
  return MEAL_HALF.find(([meal]) => meal.test(text))?.[1];
}

/** `am I free for lunch on Thursday?` asks about its usual hour; a time for lunch is looked for around it. */
export function mealPart(words: Task['words'], searching: boolean): Part | undefined {
  const text = spelledOut(words);
  const minute = CUSTOM.find(([meal]) => meal.test(text))?.[1];
  if (minute === undefined) return undefined;
  return { from: minute, to: minute + (searching ? 120 : 60), half: minute < 12 * 60 ? 'am' : 'pm' };
}

interface Draft {
  readonly details: JsonObject;
  readonly note: string;
}

/** `take Monday off` leaves only the verb, which is no title. */
const bare = (title: string | undefined, timeOff: boolean): string | undefined =>
  timeOff && /^(?:take|have|get|request|want)$/i.test(title ?? '') ? undefined : title;

function draftOf(task: Task, setting: Setting): Draft | { readonly question: string } {
  const details = readDetails(task.words, task.located);
  const people = resolveGuests(details.guests, setting.contacts);
  if (!people.ok) return { question: whichPerson(people.name, people.choices) };
  const style = styleOf(task);
  const names = details.guests.map(({ name }) => name);
  const timeOff = TIME_OFF.test(spelledOut(task.words));
  const plain = timeOff
    ? 'Time off'
    : style.blocks
      ? 'Blocked'
      : names.length > 0
        ? `Meeting with ${joined(names)}`
        : 'Meeting';
  const invited = people.addresses.length > 0;
  return {
    details: {
      summary: (bare(task.title ?? details.title, timeOff) ?? plain).slice(0, 1000),
      ...(details.location === undefined ? {} : { location: details.location }),
      ...(details.description === undefined ? {} : { description: details.description }),
      ...(invited ? { attendees: people.addresses, sendUpdates: details.quiet ? 'none' : 'all' } : {}),
      ...(details.meet ? { meet: true } : {}),
    },
    note: nobodyInvited(people.unknown, invited),
  };
}

function createArguments(draft: Draft, slot: Slot): JsonObject {
  const recurrence = slot.recurrence === undefined ? {} : { recurrence: [slot.recurrence] };
  return { ...draft.details, ...eventArguments(slot), ...recurrence };
}

export function* book(task: Task, setting: Setting): Run {
  const draft = draftOf(task, setting);
  if ('question' in draft) return draft.question;
  const zone = zoneOf(task, setting);
  const booking = bookingOf(task.timing, styleOf(task), setting.context, zone);
  if (booking.kind === 'missing')
    return `When should ${String(draft.details['summary'])} be? Tell me the day and the time.`;
  if (booking.kind === 'search') {
    const timing = { ...task.timing, length: { minutes: booking.minutes, days: 0, months: 0 } };
    const others = draft.details['attendees'];
    const calendars = Array.isArray(others) ? { calendars: ['primary', ...others] } : {};
    return yield* bookFirstFree({ ...task, timing }, setting, { draft, calendars, zone });
  }
  if (task.ifFree !== undefined) {
    const calendars = calendarsAsked(task, draft, setting);
    if (calendars === undefined) return 'I cannot see whether everybody is free, so nothing was booked.';
    const refusal = yield* refusalIfBusy(booking.slots, calendars);
    if (refusal !== undefined) return refusal;
  }
  return yield* create(draft, booking.slots, zone);
}

/** Whose calendars a condition is about; nothing where one of them has no known address. */
function calendarsAsked({ ifFree, who = [] }: Task, { details }: Draft, { contacts }: Setting): JsonObject | undefined {
  if (ifFree !== 'everybody') return {};
  const named = resolveGuests(who, contacts);
  const guests: unknown = details['attendees'] ?? [];
  if (!named.ok || named.unknown.length > 0 || !Array.isArray(guests)) return undefined;
  const others = [...new Set([...guests, ...named.addresses])];
  return others.length === 0 ? undefined : { calendars: ['primary', ...others] };
}

interface Search {
  readonly draft: Draft;
  readonly calendars: JsonObject;
  readonly zone: string;
}

function* bookFirstFree(task: Task, setting: Setting, { draft, calendars, zone }: Search): Run {
  const [answer] = yield [{ name: 'suggesttime', arguments: { ...searchFor(task, setting), ...calendars } }];
  if (answer === undefined) return '';
  if (answer.failed) return sentence(failedText('Looking for a free time', answer), 'Nothing was booked.');
  const [first] = slotsIn(answer);
  if (first === undefined) return 'No such time is free then, so nothing was booked.';
  const text = yield* create(draft, [{ ...first, allDay: false, zone, notes: [] }], zone);
  return sentence(text, 'It is the first free time.');
}

/** Why nothing is booked, or nothing when the time is free. */
export function* refusalIfBusy(slots: readonly Slot[], calendars: JsonObject = {}): Asking<string | undefined> {
  const placed = slots.map((slot) => (slot.allDay ? { ...slot, allDay: false } : slot));
  const answers = yield freebusyCalls(placed, calendars);
  const failed = answers.find((answer) => answer.failed);
  if (failed !== undefined) return sentence(failedText('Looking at the calendar', failed), 'Nothing was booked.');
  const unknown = new Set(answers.flatMap(unreadableIn));
  if (unknown.size > 0) return `I cannot see whether ${joined([...unknown])} is free, so nothing was booked.`;
  const taken = placed.flatMap((slot, index) => {
    const answer = answers[index];
    const busy =
      answer === undefined ? [] : busyIn(answer).filter(({ start, end }) => start < slot.end && end > slot.start);
    return busy.length > 0 ? [freeText(slot, answer, undefined)] : [];
  });
  return taken.length === 0 ? undefined : sentence(...taken, 'Nothing was booked.');
}

export function* create(draft: Draft, slots: readonly Slot[], zone: string): Run {
  const answers = yield slots.map((slot) => ({ name: 'createevent', arguments: createArguments(draft, slot) }));
  const lines = slots.map((slot, index) => {
    const answer = answers[index];
    if (answer === undefined) return '';
    if (answer.failed) return sentence(failedText('Booking', answer), `Not booked: ${slotText(slot)}.`);
    const event = eventIn(answer);
    const what =
      event === undefined ? `“${String(draft.details['summary'])}”, ${slotText(slot)}` : eventText(event, zone);
    const link = event?.link === undefined ? '' : ` Meet: ${event.link}`;
    return sentence(`Booked: ${what}${slot.recurrence === undefined ? '' : ', repeating'}.`, link);
  });
  const booked = answers.some(({ failed }) => !failed);
  return sentence(...lines, booked ? draft.note : '', ...slots.flatMap(({ notes }) => notes));
}

/** `am I free tomorrow at three? book an hour with Ana`: looks first, books only if everybody asked about is free. */
export function* bookIfFree(
  question: Task,
  task: Task,
  setting: Setting,
  calendars: JsonObject,
  slots: readonly Slot[],
): Run {
  const draft = draftOf(task, setting);
  if ('question' in draft) return draft.question;
  const refusal = yield* refusalIfBusy(slots, calendars);
  if (refusal !== undefined) return refusal;
  const zone = zoneOf(question, setting);
  const booking = bookingOf(task.timing, styleOf(task), setting.context, zone);
  if (booking.kind !== 'slots') return yield* book(task, setting);
  const asked = calendars['calendars'];
  const who = Array.isArray(asked) && !asked.includes('primary') ? 'They are' : 'You are';
  return sentence(`${who} free then.`, yield* create(draft, booking.slots, zone));
}
