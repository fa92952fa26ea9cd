import { capital, takenBy } from './details.ts';
import { spelledOut } from './intent.ts';
import { guestList, resolveGuests } from './people.ts';
import { introduceClocks } from './reference.ts';
import { nobodyInvited, whichPerson } from './reply.ts';
import type { JsonObject } from './results.ts';
import { findFirst, says } from './rules.ts';
import type { Setting } from './task.ts';
import { mergeMentions, type Timing } from './when.ts';
import { textOf, type Word } from './words.ts';

// Reads a request for a change: which words name the event, and what is to become of it.

export interface Shift {
  readonly minutes: number;
  readonly days: number;
  readonly months: number;
}

/** What is to become of the event. */
export type Change =
  | { readonly kind: 'time'; readonly timing: Timing }
  | { readonly kind: 'shift'; readonly by: Shift }
  | { readonly kind: 'length'; readonly minutes: number; readonly relative: boolean }
  | { readonly kind: 'end'; readonly timing: Timing }
  | { readonly kind: 'set'; readonly values: JsonObject; readonly note: string }
  | { readonly kind: 'invite'; readonly addresses: readonly string[]; readonly note: string }
  | { readonly kind: 'uninvite'; readonly addresses: readonly string[] }
  | { readonly kind: 'ask'; readonly question: string };

export interface ChangeRequest {
  readonly reference: readonly Word[];
  readonly change: Change;
}

const TO = says(
  'to | until | till | for | onto | into | to start at | start at | starts at | begin at | to begin at | at | on | to be on | to be at',
);
const LEFTOVER =
  /^(?:instead|please|the|a|same|time|at|on|,|start|starting|begin|beginning|of|in|and|-|then|now|rather|be|that|day|around|about|it|both|for)$/;

const ASKED = says('can/could i/we');

export function readChange(said: readonly Word[], setting: Setting): ChangeRequest {
  const words = said.slice(ASKED(said, 0)?.end ?? 0);
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
  'move | reschedule | shift | push back | push out | push | postpone | prepone | delay | defer | bump | slide | change the time of | change the date of | change the start of | change the start time of | change | update | edit | modify | adjust | extend | lengthen | prolong | shorten | trim | rename | retitle | bring forward | bring | pull forward | pull | put back | put off | put | make | set | turn | have | get | cut | end | finish | start | advance | swap | switch | relocate | rearrange | convert | cancel | delete | remove | drop | scrap | call off | get rid of | clear | wipe | erase | bin | ditch | unbook | kill | nuke | axe | trash | take | skip | free up | let | give | alter | unschedule | discard',
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
  // `Call the vet appointment "Check-up" instead`.
  const naming = /^(?:call|name|title|label)\b.* "/.test(text) ? { end: 1 } : undefined;
  if (!renaming && naming === undefined) return undefined;
  const open =
    naming ?? findFirst(says('rename | retitle | title of | name of | subject of | title for | name for'), words);
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
  const removing = /^(?:remove|uninvite|drop|delete|cut|scratch|take|get|strike|cross) .+ (?:from|off|out of)\b/.test(
    text,
  );
  if (!adding && !removing) return undefined;
  const joint = lastIndex(words, says(adding ? 'to' : 'from | off | out of'), 1);
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

/** Counted from where the event is, not from today. */
const ONWARD = says('to the next/following day/week | to the day/week after');

function readShift(words: readonly Word[], setting: Setting): ChangeRequest | undefined {
  const text = spelledOut(words);
  const onward = findFirst(ONWARD, words);
  if (onward !== undefined && onward.end === words.length) {
    const by = { minutes: 0, days: /week/.test(onward.value) ? 7 : 1, months: 0 };
    return { reference: withoutVerb(words.slice(0, onward.at)), change: { kind: 'shift', by } };
  }
  const located = setting.read(words);
  const found = located.findLast(({ mention }) => mention.kind === 'length');
  if (found?.mention.kind !== 'length') return undefined;
  const lead = words[found.at - 1]?.lower ?? '';
  const directed =
    /\b(?:back|later|forward|earlier|ahead|up|sooner)\b/.test(text) ||
    words.slice(found.at, found.end).some(({ lower }) => lower === 'by') ||
    lead === 'by' ||
    /^(?:push|postpone|prepone|delay|defer|bring|pull|bump|slide|advance)\b/.test(text);
  if (!directed || lead === 'to' || lead === 'in') return undefined;
  const sign = EARLIER.test(text) || /^(?:bring|pull|advance|prepone)\b/.test(text) ? -1 : 1;
  const { minutes, days, months } = found.mention.length;
  const reference = withoutVerb([...words.slice(0, found.at), ...words.slice(found.end)]).filter(
    ({ lower }) => !/^(?:back|later|forward|earlier|ahead|by|up|sooner|start|out|off|down)$/.test(lower),
  );
  return {
    reference,
    change: { kind: 'shift', by: { minutes: sign * minutes, days: sign * days, months: sign * months } },
  };
}

/** `from 10` in `from 10 to 11` is when the event is; `from Monday on` says how much of it. */
function withoutOrigin(words: readonly Word[], setting: Setting): readonly Word[] {
  const onward = mergeMentions(setting.read(words)).after?.side === 'from';
  if (onward) return words;
  // A bare hour is no part of the name: it is when the event is.
  const bare = words.at(-1)?.kind === 'number' && words.at(-2)?.lower === 'from';
  return bare ? [...words.slice(0, -2), at(words), ...words.slice(-1)] : words.filter(({ lower }) => lower !== 'from');
}

/** What is moved to a day keeps its time anyway. */
const SAME_TIME = says('[at] [the] same time/hour/slot');

/** More prepositions than any request for a change has. */
const MAX_SPLITS = 5;

/** Splits at the first "to" behind which nothing but a time stands. */
function readMove(said: readonly Word[], setting: Setting): ChangeRequest | undefined {
  const same = findFirst(SAME_TIME, said);
  const words = same === undefined ? said : [...said.slice(0, same.at), ...said.slice(same.end)];
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
      reference: withoutOrigin(withoutVerb(words.slice(0, index)), setting),
      change: { kind: 'time', timing },
    };
    if (request.reference.length === 0) continue;
    const weak = /^(?:at|on|for)$/.test(found.value);
    if (rest.length === 0 && !weak) return request;
    if (rest.length === 0 || !weak) loose ??= request;
  }
  return loose;
}
