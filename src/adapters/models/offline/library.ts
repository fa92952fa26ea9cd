import { Culture, recognizeDateTime } from '@microsoft/recognizers-text-date-time';
import type { Located, Mention, TimeContext } from './mentions.ts';
import { DAY, dayOf, MINUTE, partsOf, startOfDay, type Wall } from './wall.ts';
import type { Word } from './words.ts';

// A second reading by Microsoft's recognizers, for what our own grammar does not know (`the third week of March`, `Labor Day`). Only
// days and stretches of days are taken from it: its times of day offer both halves, and it knows no time zone. Of several values the
// first that is not over counts. It takes 300 ms to load: imported only when needed.

interface LibraryValue {
  readonly type?: unknown;
  readonly value?: unknown;
  readonly start?: unknown;
  readonly end?: unknown;
}

export type SecondReader = (text: string, words: readonly Word[], context: TimeContext) => readonly Located[];

export const readByLibrary: SecondReader = (text, words, { today }) => {
  const { year, month, day } = partsOf(today);
  const found = recognizeDateTime(text, Culture.English, 0, new Date(year, month - 1, day, 9));
  return found.flatMap((result): readonly Located[] => {
    const values: readonly LibraryValue[] = Array.isArray(result.resolution?.['values'])
      ? result.resolution['values']
      : [];
    const mention = values.map((value) => mentionOf(value, today)).find((candidate) => candidate !== undefined);
    const at = words.findIndex((word) => word.end > result.start);
    const end = words.findLastIndex((word) => word.start <= result.end) + 1;
    return mention === undefined || at === -1 || end <= at ? [] : [{ mention, at, end }];
  });
};

function wallOf(text: unknown): Wall | undefined {
  const match = typeof text === 'string' ? /^(\d{4})-(\d{2})-(\d{2})(?: (\d{2}):(\d{2}))?/.exec(text) : null;
  const day = match === null ? undefined : dayOf(Number(match[1]), Number(match[2]), Number(match[3]));
  return day === undefined ? undefined : day + (Number(match?.[4] ?? 0) * 60 + Number(match?.[5] ?? 0)) * MINUTE;
}

function mentionOf(value: LibraryValue, today: Wall): Mention | undefined {
  if (value.type === 'date' || value.type === 'datetime') {
    const wall = wallOf(value.value);
    if (wall === undefined || wall < today) return undefined;
    return { kind: 'days', days: [{ day: startOfDay(wall) }] };
  }
  if (value.type !== 'daterange') return undefined;
  const from = wallOf(value.start);
  const to = wallOf(value.end);
  if (from === undefined || to === undefined || to <= Math.max(from, today)) return undefined;
  return { kind: 'stretch', stretch: { from: startOfDay(from), to: startOfDay(to - 1) + DAY }, starting: false };
}
