// Cuts a request into words that remember where they stood, so that a grammar can read them and a title can be taken from the
// original text. It knows nothing of calendars.

export interface Word {
  /** `quote` is the text between quotation marks, `mark` one character of punctuation. */
  readonly kind: 'word' | 'number' | 'mark' | 'address' | 'quote';
  /** As written; for a quote, without its marks. */
  readonly text: string;
  /** What the grammar compares: lower case, common misspellings and abbreviations of spelling put right. */
  readonly lower: string;
  readonly start: number;
  readonly end: number;
  /** No white space before it: `3pm` is `3` and a glued `pm`. */
  readonly glued: boolean;
}

const SPELLING: Readonly<Record<string, string>> = {
  tmrw: 'tomorrow',
  tmr: 'tomorrow',
  tmw: 'tomorrow',
  tomo: 'tomorrow',
  tommorow: 'tomorrow',
  tommorrow: 'tomorrow',
  tomorow: 'tomorrow',
  '2moro': 'tomorrow',
  tonite: 'tonight',
  '2day': 'today',
  wensday: 'wednesday',
  wednsday: 'wednesday',
  wendesday: 'wednesday',
  thrusday: 'thursday',
  thurday: 'thursday',
  tuseday: 'tuesday',
  teusday: 'tuesday',
  firday: 'friday',
  saterday: 'saturday',
  febuary: 'february',
  shedule: 'schedule',
  schedual: 'schedule',
  calender: 'calendar',
  meating: 'meeting',
  meetin: 'meeting',
  appt: 'appointment',
  apt: 'appointment',
  appointement: 'appointment',
  reshedule: 'reschedule',
  til: 'till',
  thru: 'through',
  oclock: "o'clock",
  dont: "don't",
  pls: 'please',
  plz: 'please',
  w: 'with',
  'w/': 'with',
};

/** Longest alternatives first. A quotation needs a space (or the start) before it, or every apostrophe would open one. */
const PIECES =
  /(?<address>[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)|(?<=^|[\s(:,])(?:"(?<double>[^"\n]+)"|'(?<single>[^'\n]*[^'\n\s])'(?![\p{L}\p{N}]))|(?<number>\d+)|(?<word>w\/(?![co]\b)|[\p{L}\p{M}]+(?:'(?!s\b)[\p{L}\p{M}]+)*)|(?<genitive>'s\b)|(?<mark>\S)/giu;

/** Typographic quotes, dashes and spaces become the plain ones, one character for one, so that positions stay true. */
export function plainText(text: string): string {
  return text
    .replace(/[‘’‛′`´]/g, "'")
    .replace(/[“”„‟″«»]/g, '"')
    .replace(/[‐‑‒–—−]/g, '-')
    .replace(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, ' ')
    .replace(/…/g, '.');
}

export function readWords(text: string): readonly Word[] {
  const words: Word[] = [];
  let previousEnd = -1;
  for (const match of plainText(text).matchAll(PIECES)) {
    const start = match.index;
    const end = start + match[0].length;
    const groups = match.groups ?? {};
    const quoted = groups['double'] ?? groups['single'];
    const written = quoted ?? text.slice(start, end);
    const lower = (quoted ?? match[0]).toLowerCase();
    const kind =
      groups['address'] !== undefined
        ? 'address'
        : quoted !== undefined
          ? 'quote'
          : groups['number'] !== undefined
            ? 'number'
            : groups['mark'] !== undefined
              ? 'mark'
              : 'word';
    const spelled = kind === 'word' && Object.hasOwn(SPELLING, lower) ? SPELLING[lower] : undefined;
    words.push({ kind, text: written, lower: spelled ?? lower, start, end, glued: start === previousEnd });
    previousEnd = end;
  }
  return words;
}

/** The words as the person wrote them, spaces and hyphens between neighbours included. */
export function textOf(words: readonly Word[]): string {
  let text = '';
  for (const word of words) {
    if (text !== '' && !word.glued) text += ' ';
    text += word.text;
  }
  return text;
}
