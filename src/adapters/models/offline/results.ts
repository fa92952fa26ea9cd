import { isJsonObject } from '../../../kernel/json-object.ts';
import type { ModelMessage } from '../../../ports/model.ts';

// Reads what tools answered. It is data: whatever its texts say, nothing in it is taken for a request.

export type JsonObject = Readonly<Record<string, unknown>>;

export interface ToolAnswer {
  readonly failed: boolean;
  readonly data: JsonObject;
  /** One line of what the tool said, for failures. */
  readonly text: string;
}

type ToolMessage = Extract<ModelMessage, { role: 'tool' }>;

export function readAnswer(message: ToolMessage): ToolAnswer {
  return {
    failed: message.isError,
    data: message.data ?? objectIn(message.text) ?? {},
    text: plainLine(message.text),
  };
}

/** The first JSON object in a text, whatever stands around it. */
function objectIn(text: string): JsonObject | undefined {
  const end = text.lastIndexOf('}');
  for (
    let at = text.indexOf('{'), tries = 0;
    at !== -1 && at < end && tries < 20;
    at = text.indexOf('{', at + 1), tries += 1
  ) {
    try {
      const value: unknown = JSON.parse(text.slice(at, end + 1));
      if (isJsonObject(value)) return isJsonObject(value['structuredContent']) ? value['structuredContent'] : value;
    } catch {
      // Not here: try the next brace.
    }
  }
  return undefined;
}

/** Without the fence that marks it as data; short enough for an answer. */
function plainLine(text: string): string {
  const inside = /<data>\s*([\s\S]*?)\s*<\/data>/u.exec(text)?.[1] ?? text;
  const line = inside.replaceAll('\\u003c', '<').replace(/\s+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
const listIn = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

export interface Interval {
  readonly start: number;
  readonly end: number;
}

export interface FoundEvent extends Interval {
  readonly id: string;
  readonly title: string;
  readonly allDay: boolean;
  readonly location: string;
  readonly guests: readonly string[];
  readonly seriesId: string | undefined;
  readonly link: string | undefined;
}

const instantOf = (value: unknown): number => Date.parse(textIn(value));

export function busyIn({ data }: ToolAnswer): readonly (Interval & { readonly calendar: string })[] {
  return listIn(data['busy'])
    .map((entry) => ({
      calendar: textIn(entry['calendar']),
      start: instantOf(entry['start']),
      end: instantOf(entry['end']),
    }))
    .filter(({ start, end }) => end > start);
}

export function unreadableIn({ data }: ToolAnswer): readonly string[] {
  return listIn(data['errors']).map((entry) => textIn(entry['calendar']));
}

export function slotsIn({ data }: ToolAnswer): readonly Interval[] {
  return listIn(data['slots'])
    .map((entry) => ({ start: instantOf(entry['start']), end: instantOf(entry['end']) }))
    .filter(({ start, end }) => end > start);
}

export function eventIn({ data }: ToolAnswer): FoundEvent | undefined {
  return isJsonObject(data['event']) ? readEvent(data['event']) : undefined;
}

export function eventsIn({ data }: ToolAnswer): readonly FoundEvent[] {
  return listIn(data['events']).flatMap((entry) => readEvent(entry) ?? []);
}

/** The list goes on: what is not in it may still be in the calendar. */
export const isPartial = ({ data }: ToolAnswer): boolean => typeof data['cursor'] === 'string';

function readEvent(entry: JsonObject): FoundEvent | undefined {
  const allDay = entry['allDay'] === true || /^\d{4}-\d{2}-\d{2}$/.test(textIn(entry['start']));
  const start = instantOf(entry['start']);
  const end = instantOf(entry['end']);
  const id = textIn(entry['id']);
  if (id === '' || Number.isNaN(start) || entry['status'] === 'cancelled') return undefined;
  return {
    id,
    title: textIn(entry['summary']) || textIn(entry['title']),
    start,
    end: Number.isNaN(end) ? start : end,
    allDay,
    location: textIn(entry['location']),
    guests: listIn(entry['attendees']).map((guest) => textIn(guest['email'])),
    seriesId: textIn(entry['seriesId']) || undefined,
    link: textIn(entry['meetLink']) || undefined,
  };
}

export function calendarsIn({ data }: ToolAnswer): readonly string[] {
  return listIn(data['calendars']).map((entry) => textIn(entry['summary']) || textIn(entry['id']));
}
