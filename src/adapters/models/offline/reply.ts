import type { ModelContact } from '../../../ports/model.ts';
import type { FoundEvent, Interval, ToolAnswer } from './results.ts';
import type { Slot } from './slots.ts';
import { DAY, partsOf } from './wall.ts';
import { wallAt } from './zones.ts';

// The planner's sentences. Short, in the zone that was asked in, and never more than what a tool has answered.

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export const HELP =
  'I am the offline planner: I work without a language model and understand plain English requests about your calendar. ' +
  'I can say when you are free ("am I free tomorrow at three?"), show what is on ("what do I have next week?"), ' +
  'book ("book an hour with Ana tomorrow at 3pm"), find a time ("find 30 minutes next week"), ' +
  'move ("move my 3pm to 4") and cancel ("cancel my dentist appointment on Friday").';

export const NOT_UNDERSTOOD = `I did not understand that, so I did nothing. ${HELP}`;

/** `make it 5pm`: what was asked for before may still wait for a yes, and this planner cannot see whether. */
export const WHICH_IT =
  'I cannot tell which event that is about, so I did nothing. Name it ("move the dentist to 5pm"); ' +
  'what still waits for your yes I cannot change: refuse it and ask anew.';

export function dayText(wall: number): string {
  const { weekday, day, month, year } = partsOf(wall);
  return `${DAYS[weekday - 1]} ${day} ${MONTHS[month - 1]} ${year}`;
}

const clockText = (wall: number): string => new Date(wall).toISOString().slice(11, 16);

export function spanText({ start, end }: Interval, zone: string): string {
  const from = wallAt(start, zone);
  const to = wallAt(end, zone);
  const wholeDays = from % DAY === 0 && to % DAY === 0 && to > from;
  if (wholeDays) return daysText({ start: from, end: to });
  const sameDay = Math.floor(from / DAY) === Math.floor(to / DAY);
  const until = sameDay
    ? clockText(to)
    : to % DAY === 0 && to - from <= DAY
      ? '24:00'
      : ` ${dayText(to)}, ${clockText(to)}`;
  return `${dayText(from)}, ${clockText(from)}–${until.trimStart()}`;
}

/** Whole days, the end exclusive. */
export function daysText({ start, end }: Interval): string {
  const last = Math.max(start, end - DAY);
  return last === start ? dayText(start) : `${dayText(start)} to ${dayText(last)}`;
}

export function slotText(slot: Slot): string {
  return slot.allDay ? `${daysText(slot)} (whole day)` : `${spanText(slot, slot.zone)} (${slot.zone})`;
}

export function eventText(event: FoundEvent, zone: string): string {
  const title = quoted(event.title);
  if (event.allDay) return `${title}, ${daysText(event)} (whole day)`;
  return `${title}, ${spanText(event, zone)}${event.location === '' ? '' : `, ${oneLine(event.location)}`}`;
}

const oneLine = (text: string): string => text.replace(/\s+/gu, ' ').trim().slice(0, 120);

/** A title is somebody's text: quoted, on one line. */
export function quoted(title: string): string {
  const line = oneLine(title);
  return line === '' ? 'an event without a title' : `“${line}”`;
}

export function listed(lines: readonly string[]): string {
  return lines.map((line) => `\n- ${line}`).join('');
}

export function joined(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

export function failedText(what: string, answer: ToolAnswer): string {
  return `${what} did not work: ${answer.text === '' ? 'the tool gave no reason' : answer.text}`;
}

/** How a question for a time ends: the next message is then read as its answer. */
export const WHEN_TELL = 'Tell me the';

export const WHICH_PERSON = 'Which one do you mean?';

export function whichPerson(name: string, choices: readonly ModelContact[]): string {
  return `Several people are called ${name}: ${joined(choices.map((contact) => `${contact.name} (${contact.address})`))}. ${WHICH_PERSON}`;
}

export function nobodyInvited(unknown: readonly string[], someInvited: boolean): string {
  if (unknown.length === 0) return '';
  return ` I know no address for ${joined(unknown)}, so ${someInvited ? 'they were not invited' : 'nobody was invited'}.`;
}

/** Sentences one after the other; behind a list the next begins on a line of its own. */
export function sentence(...parts: readonly string[]): string {
  let text = '';
  for (const part of parts.map((one) => one.replace(/ {2,}/g, ' ').trim())) {
    if (part === '') continue;
    text += text === '' ? part : `${text.includes('\n') || part.includes('\n- ') ? '\n' : ' '}${part}`;
  }
  return text;
}
