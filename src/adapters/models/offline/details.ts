import type { Located } from './mentions.ts';
import { namesOccasion } from './names.ts';
import { type Guest, guestList } from './people.ts';
import { either, findFirst, type Rule, says, unless } from './rules.ts';
import { textOf, type Word } from './words.ts';

// What an event is besides its time: its title, place, guests. Everything that says something else is taken out of the words; what is
// left is the title.

export interface Details {
  readonly title: string | undefined;
  readonly location: string | undefined;
  readonly guests: readonly Guest[];
  readonly meet: boolean;
  /** Guests' mail was refused: `without sending invitations`. */
  readonly quiet: boolean;
  readonly description: string | undefined;
}

/** Which words are taken up by mentions of time. */
export function takenBy(words: readonly Word[], located: readonly Located[]): boolean[] {
  const taken = words.map(() => false);
  for (const { at, end } of located) taken.fill(true, at, end);
  return taken;
}

const MEET = says(
  'with a google meet link | with a meet link | with a google meet | with google meet | with a video link | with a meet | with a video call link | with video conferencing | with video | with a link to google meet | add a google meet link | add a meet link | add google meet | add a google meet | add meet | add a video link | add a video call | include a meet link | include a google meet link | include a google meet | and a meet link | and a google meet link | and a google meet | plus a meet link | on google meet | via google meet | over google meet | on meet | via meet | with a meeting link | a google meet link | a meet link | google meet link | meet link | with a call link | with a conference link | using google meet | through google meet',
);
const QUIET = says(
  "without sending invitations | without sending invites | without inviting anyone | without inviting anybody | don't send invitations | don't send invites | do not send invitations | do not send invites | no invitations | no invites | without notifying anyone | don't notify anyone | without notifying guests | quietly | don't send an invite | without an invite | without invites",
);
const NAMING = says(
  'called | titled | entitled | named | labelled | labeled | with the title | with the subject | with title | with subject | with the name | title | subject | title : | subject : | title is | call it | name it | title it | label it | and call it | and name it | and title it | under the name | under the title | the title is | the title should be',
);
const DESCRIBING = says(
  'with the description | with description | description | description : | with the note | with a note | with a note saying | with notes | notes : | note : | with the notes',
);
const INVITING = says(
  'invite | inviting | and invite | with | and | including | guests : | attendees : | attendees | guests | together with | along with | cc | plus | between me and | between | for me and | for',
);
const PLACING = says(', | at | in | @ | location | location : | location is | over | on | via | from');

const VERBS: Rule<string> = says(
  "do a | do an | book in | book | schedule in | schedule | put in | put down | put | add in | add | create | make | set up | setup | set aside | set | arrange for | arrange | organise | organize | plan for | plan | block off | block out | block | reserve | hold | enter | pencil in | pencil me in for | pencil | log | note down | note | mark down | mark | jot down | save | fix up | fix | throw in | throw | stick | pop in | pop | send out | send | slot in | slot | squeeze in | squeeze | fit in | get | insert | keep | lock in | plug in | place | remind me to | remind me about | remind me of | remind me that | remind me i have to | remind me | register | record | start | new | i have got | i've got | i have | i am having | i'm having | i'm | i am | i'll be | i will be | i'll | i need | i want | i'd like | we have | we're having | we are having | we're | we've got | we are | there is | there 's | there's | have | give me | sign me up for | invite | find me | find us | find | event | new event | calendar event | insert | an event | look for",
);
const FILLER: Rule<string> = says(
  'a | an | the | some | me | us | my | in | for | to | new | event | calendar event | calendar entry | entry | slot | out | of | up | off | time | down | : | - | , | on | about | that | with | one | another | reminder | it | is | at | by | as | our | appointment for | slot for | time for | room for | and',
);
const ON_CALENDAR = says(
  'to my calendar | in my calendar | on my calendar | into my calendar | onto my calendar | to the calendar | on the calendar | in the calendar | in my diary | to my diary | into my diary | on my schedule | to my schedule | in my schedule | on my agenda | to my agenda | in my agenda | in the diary | to the diary | calendar | on to my calendar | for my calendar | please | thanks | thank you | off | as busy | out',
);
/** `for me and Tom` is about two. */
const FOR_ME = unless(says('for me'), says('and/,/plus'));
/** Here `off` and `out` are no part of a verb. */
const ABSENT = says(
  'out of office | out of the office | out of town | day off | days off | time off | week off | weeks off | drop off | dropping off | kick off | sign off | send off',
);
const TRAILING = says(
  'at | on | in | for | from | and | , | - | with | to | by | of | the | a | an | : | starting | . | ! | ? | lasting | as | then | please | is | that | it | called | about | ; | until | every | each | repeating | recurring | instead',
);

const PLACES =
  /^(?:room|office|boardroom|cafe|café|restaurant|bar|pub|hotel|station|airport|clinic|hospital|school|library|gym|park|studio|street|road|building|floor|hall|house|bank|church|cinema|theatre|theater|museum|lobby|canteen|kitchen|hq|headquarters|surgery|salon|club|centre|center|lab|zoom|teams|skype|webex|slack|phone|reception|garage|court|pool|beach|campus|auditorium|lounge|terrace|town|dentist|doctor|doctors|place|home|work)$/;

export function readDetails(all: readonly Word[], located: readonly Located[]): Details {
  const words = all;
  const taken = takenBy(
    words,
    located.filter((one) => !namesOccasion(one, words, located)),
  );
  const free = (at: number, end: number): boolean =>
    words.slice(at, end).every((_, index) => taken[at + index] === false);
  const takeFirst = (rule: Rule<unknown>): boolean => {
    for (let from = 0; ; ) {
      const found = findFirst(rule, words, from);
      if (found === undefined) return false;
      if (found.end > found.at && free(found.at, found.end)) {
        taken.fill(true, found.at, found.end);
        return true;
      }
      from = found.at + 1;
    }
  };
  const meet = takeFirst(MEET);
  const quiet = takeFirst(QUIET);
  const description = takeDescription(words, taken);
  const named = takeName(words, taken);
  const absent = findFirst(ABSENT, words);
  const absence = absent !== undefined && free(absent.at, absent.end) ? absent : undefined;
  if (absence !== undefined) taken.fill(true, absence.at, absence.end);
  while (takeFirst(either(ON_CALENDAR, FOR_ME)));
  if (absence !== undefined) taken.fill(false, absence.at, absence.end);
  const guests = takeGuests(words, taken);
  const location = takePlace(words, taken);
  const rest = titleFrom(words, taken);
  return { title: named ?? rest, location, guests, meet, quiet, description };
}

function takeDescription(words: readonly Word[], taken: boolean[]): string | undefined {
  const found = findFirst(DESCRIBING, words);
  if (found === undefined || taken[found.at] === true) return undefined;
  const quote = words[found.end];
  if (quote?.kind !== 'quote') return undefined;
  taken.fill(true, found.at, found.end + 1);
  return quote.text;
}

/** The title as the person gives it: in quotation marks, or behind "called". */
function takeName(words: readonly Word[], taken: boolean[]): string | undefined {
  const quote = words.findIndex((word, at) => word.kind === 'quote' && taken[at] === false);
  const naming = findFirst(NAMING, words);
  if (quote !== -1) {
    const at = naming !== undefined && naming.end === quote ? naming.at : quote;
    taken.fill(true, at, quote + 1);
    return words[quote]?.text.trim();
  }
  if (naming === undefined || taken[naming.at] === true) return undefined;
  let end = naming.end;
  while (
    end < words.length &&
    taken[end] === false &&
    !/^(?:[,.;]|with|and invite|inviting)$/.test(words[end]?.lower ?? '')
  )
    end += 1;
  if (end === naming.end) return undefined;
  taken.fill(true, naming.at, end);
  return capital(textOf(words.slice(naming.end, end)));
}

/** Guests stay in the title where they stand behind "with"; addresses after "invite" do not. */
function takeGuests(words: readonly Word[], taken: boolean[]): readonly Guest[] {
  const guests: Guest[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const opener = taken[at] === false ? INVITING(words, at) : undefined;
    if (opener === undefined) continue;
    const list = guestList(words, opener.end, taken);
    if (list === undefined || list.value.length === 0) continue;
    const invited = /invit|guests|attendees|cc|including/.test(opener.value);
    // "for Ana and me" is about people, "for deep work" is not.
    const shared =
      opener.value === 'for me and' ||
      (opener.value === 'for' && words.slice(opener.end, list.end).some(({ lower }) => /^(?:me|i|us)$/.test(lower)));
    if (opener.value === 'for' && !shared) continue;
    const loose = /^(?:and|plus|between)$/.test(opener.value);
    if (loose && !list.value.every(({ address }) => address !== undefined)) continue;
    guests.push(...list.value);
    if (invited || shared) taken.fill(true, at, list.end);
    at = list.end - 1;
  }
  for (const [at, word] of words.entries()) {
    if (word.kind === 'address' && taken[at] === false && !guests.some(({ address }) => address === word.lower)) {
      guests.push({ name: word.text, address: word.lower });
    }
  }
  return guests;
}

/** `at Café Rosa`, `in room 4`, `over Zoom`. */
function takePlace(words: readonly Word[], taken: boolean[]): string | undefined {
  // The "in" of "pencil in" opens no place.
  for (let at = says('lock/pencil/put/pop/slot/throw/fit/squeeze in')(words, 0)?.end ?? 0; at < words.length; at += 1) {
    const opener = taken[at] === false ? PLACING(words, at) : undefined;
    if (opener === undefined) continue;
    let end = opener.end;
    while (end < words.length && taken[end] === false && !stopsPlace(words, end)) end += 1;
    const place = words.slice(opener.end, end);
    if (place.length === 0 || !isPlace(opener.value, place)) continue;
    taken.fill(true, at, end);
    return textOf(place).replace(/^the (?=\p{Lu})/u, '');
  }
  return undefined;
}

const stopsPlace = (words: readonly Word[], at: number): boolean => {
  const word = words[at];
  if (word?.kind === 'mark')
    return (
      !/^['&/#-]$/.test(word.text) &&
      !(word.text === '.' && words[at + 1]?.glued === true) &&
      !(word.text === ',' && /^\p{Lu}/u.test(words[at + 1]?.text ?? ''))
    );
  return /^(?:with|for|about|on|from|to|at|every|called|titled|named|regarding|re|invite|please|until)$/.test(
    word?.lower ?? '',
  );
};

function isPlace(opener: string, place: readonly Word[]): boolean {
  const first = place.find(({ lower }) => !/^(?:the|a|an|my|our|her|his|their)$/.test(lower));
  if (first === undefined) return false;
  if (opener.startsWith('location')) return true;
  if (opener === ',')
    return (
      place.length <= 4 &&
      PLACES.test(first.lower) &&
      /^(?:room|boardroom|office|zoom|teams|hq|building|floor|hall|studio|cafe|café)$/.test(first.lower)
    );
  const capitalised = /^\p{Lu}/u.test(first.text);
  const known = place.some(({ lower }) => PLACES.test(lower));
  const online = /^(?:zoom|teams|skype|webex|slack|phone|microsoft|facetime|whatsapp)$/.test(first.lower);
  if (opener === 'over' || opener === 'on' || opener === 'via')
    return online || (opener === 'on' && known && !capitalised && false);
  if (opener === 'from') return first.lower === 'home';
  if (opener === 'at' || opener === '@') return first.kind !== 'number' || known;
  return capitalised || known;
}

function titleFrom(words: readonly Word[], taken: readonly boolean[]): string | undefined {
  const all = words.filter((_, at) => taken[at] === false);
  // `…, book a call`: what stood before the comma said when.
  const left = all.slice(
    Math.max(
      0,
      all.findIndex(({ kind }) => kind !== 'mark'),
    ),
  );
  let at = 0;
  const verb = says('book club/fair/launch/signing/group')(left, 0) === undefined ? VERBS(left, 0) : undefined;
  if (verb !== undefined && (verb.end < left.length || verb.value !== 'event')) at = verb.end;
  // "Meet Ana" and "call Mum" keep their verb: it is what the event is.
  for (let filler = FILLER(left, at); filler !== undefined && at < left.length; filler = FILLER(left, at)) {
    const topic = left[at]?.lower === 'with' || left[at]?.lower === 'about';
    if (topic || ABSENT(left, at) !== undefined) break;
    at = filler.end;
  }
  let end = left.length;
  while (end > at && TRAILING(left, end - 1)?.end === end) end -= 1;
  const rest = tidy(left.slice(at, end));
  const text = textOf(rest)
    .replace(/\bw\/\s?/gu, 'with ')
    .trim();
  if (text === '') return undefined;
  if (/^(?:with|w)$/.test(rest[0]?.lower ?? '')) return `Meeting ${text.replace(/^w\/?\s/, 'with ')}`;
  if (/^(?:about|re|regarding)$/.test(rest[0]?.lower ?? '')) return `Meeting ${text}`;
  return capital(text);
}

/** Drops doubled prepositions that taken words have left behind: `lunch with Tom at for`. */
function tidy(words: readonly Word[]): readonly Word[] {
  const loose = /^(?:at|on|in|for|from|by|of|until|to|and|,|-|with|about)$/;
  return words.filter((word, at) => {
    const next = words[at + 1];
    return !(loose.test(word.lower) && (next === undefined || (loose.test(next.lower) && word.lower !== 'with')));
  });
}

export function capital(text: string): string {
  return /^\p{Ll}[\p{Ll}'-]*(?:\s|$|:)/u.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
