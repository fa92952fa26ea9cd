import { AppError } from '../../../kernel/app-error.ts';
import { flag, optionalText, optionalTexts } from '../arguments.ts';
import { oneLine, quoted } from '../plain-line.ts';
import type { JsonObject } from '../tool.ts';
import { readSendUpdates } from './arguments.ts';
import { readEventTime, readEventTimes, readZone } from './event-times.ts';
import { spanWithZone } from './words.ts';

// One line in words for the person who approves a write. It is made of the arguments alone and says nothing they do not say;
// arguments that make no sense are shown as they are, since the person must still be able to say no to them.

function timesInWords(args: JsonObject): string {
  const start = optionalText(args, 'start') ?? '';
  const end = optionalText(args, 'end') ?? '';
  try {
    const times = readEventTimes({ start, end, timeZone: optionalText(args, 'timeZone') }, false);
    return spanWithZone(times, times.zone);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return `${start} to ${end}`;
  }
}

/** One changed side of an event. */
function timeInWords(args: JsonObject, name: 'start' | 'end'): string {
  const given = optionalText(args, name) ?? '';
  try {
    const { instantMs, allDay, zone } = readEventTime(name, given, readZone(optionalText(args, 'timeZone')));
    if (allDay) return spanWithZone({ startMs: instantMs, endMs: instantMs + 86_400_000, allDay }, zone);
    return spanWithZone({ startMs: instantMs, endMs: instantMs, allDay }, zone).replace(/–\d\d:\d\d/, '');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return given;
  }
}

function inCalendar(args: JsonObject): string {
  const calendar = optionalText(args, 'calendar') ?? 'primary';
  return calendar === 'primary' ? '' : ` in calendar ${calendar}`;
}

const MAIL = { all: '', externalOnly: ', mail to outside guests only', none: ', without mail to guests' } as const;

export function summarizeCreate(args: JsonObject): string {
  const attendees = optionalTexts(args, 'attendees') ?? [];
  const recurrence = optionalTexts(args, 'recurrence') ?? [];
  const description = optionalText(args, 'description') ?? '';
  const line = [
    `Create ${quoted(optionalText(args, 'summary') ?? '')} on ${timesInWords(args)}`,
    recurrence.length === 0 ? '' : `, repeating (${recurrence.join(' ')})`,
    inCalendar(args),
    optionalText(args, 'location') === undefined ? '' : `, at ${quoted(optionalText(args, 'location') ?? '')}`,
    flag(args, 'meet') ? ', with a Meet link' : '',
    description === '' ? '' : `, described as ${quoted(description)}`,
    attendees.length === 0 ? '' : `, inviting ${attendees.join(', ')}`,
    attendees.length === 0 ? '' : MAIL[readSendUpdates(args, true)],
  ];
  return oneLine(line.join(''));
}

const PART = {
  this: ' (only this occurrence)',
  following: ' (this and all following occurrences)',
  all: ' (the whole series)',
} as const;

/** What the arguments name, once it has been looked up. */
export interface KnownTarget {
  readonly words: string;
  readonly part: 'single' | keyof typeof PART;
  readonly hasGuests: boolean;
}

function whichEvent(args: JsonObject, known: KnownTarget | undefined): string {
  if (known !== undefined) {
    return `${known.words}${inCalendar(args)}${known.part === 'single' ? '' : PART[known.part]}`;
  }
  const scope = optionalText(args, 'scope');
  const part = scope === 'this' || scope === 'following' || scope === 'all' ? PART[scope] : '';
  return `event ${optionalText(args, 'eventId') ?? ''}${inCalendar(args)}${part}`;
}

function changesInWords(args: JsonObject): readonly string[] {
  const changes: string[] = [];
  const note = (name: string, words: (value: string) => string): void => {
    const value = optionalText(args, name);
    if (value !== undefined) changes.push(words(value));
  };
  note('summary', (value) => `title ${quoted(value)}`);
  if (args['start'] !== undefined && args['end'] !== undefined) changes.push(`time ${timesInWords(args)}`);
  else {
    note('start', () => `start ${timeInWords(args, 'start')}`);
    note('end', () => `end ${timeInWords(args, 'end')}`);
  }
  note('location', (value) => (value === '' ? 'no place' : `place ${quoted(value)}`));
  note('description', (value) => (value === '' ? 'no description' : `description ${quoted(value)}`));
  const attendees = optionalTexts(args, 'attendees');
  if (attendees !== undefined) changes.push(attendees.length === 0 ? 'no guests' : `guests ${attendees.join(', ')}`);
  const recurrence = optionalTexts(args, 'recurrence');
  if (recurrence !== undefined) changes.push(`repeating ${recurrence.join(' ')}`);
  if (flag(args, 'meet')) changes.push('a Meet link');
  return changes;
}

/** Mail is a matter only where there are guests, or may be. */
function mailInWords(args: JsonObject, known: KnownTarget | undefined): string {
  const guests = known === undefined || known.hasGuests || (optionalTexts(args, 'attendees') ?? []).length > 0;
  return guests ? MAIL[readSendUpdates(args, true)] : '';
}

export function summarizeUpdate(args: JsonObject, known?: KnownTarget): string {
  const changes = changesInWords(args);
  const what = changes.length === 0 ? 'nothing' : changes.join('; ');
  return oneLine(`Change ${whichEvent(args, known)}: ${what}${mailInWords(args, known)}`);
}

export function summarizeDelete(args: JsonObject, known?: KnownTarget): string {
  return oneLine(`Delete ${whichEvent(args, known)}${mailInWords(args, known)}`);
}
