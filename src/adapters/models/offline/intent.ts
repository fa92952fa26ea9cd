import type { Word } from './words.ts';

// What a clause asks for. The patterns are tried in order over the lower-case words, contractions spelled out; the first that fits wins.

export type Intent =
  | 'free'
  | 'events'
  | 'find'
  | 'book'
  | 'change'
  | 'cancel'
  | 'calendars'
  | 'detail'
  | 'never'
  | 'unclear';

const CONTRACTIONS: readonly (readonly [RegExp, string])[] = [
  [/\bi'm\b/g, 'i am'],
  [/\bi've\b/g, 'i have'],
  [/\bi'll\b/g, 'i will'],
  [/\bi'd\b/g, 'i would'],
  [/\bwe're\b/g, 'we are'],
  [/\bwe've\b/g, 'we have'],
  [/\bthey're\b/g, 'they are'],
  [/\b(what|when|where|who|how|there|here|that|it|she|he) 's\b/g, '$1 is'],
  [/\b(what|when|where|who|how)s\b/g, '$1 is'],
  [/\bcan't\b/g, 'can not'],
];

export function spelledOut(words: readonly Word[]): string {
  let text = words.map((word) => (word.kind === 'quote' ? '"' : word.lower)).join(' ');
  for (const [short, long] of CONTRACTIONS) text = text.replace(short, long);
  return text;
}

const OWNED = String.raw`(?:my|the|our|this|that|today 's|tomorrow 's|tonight 's|(?:mon|tues|wednes|thurs|fri|satur|sun)day 's|next \w+ 's)`;
const CALENDAR = '(?:calendar|diary|schedule|agenda|planner)';
const EVENTS =
  '(?:meetings?|appointments?|events?|calls?|plans?|bookings?|commitments?|engagements?|things?|reminders?|interviews?|classes|lessons?|sessions?|birthdays?|lunch(?:es)?|dinners?|standups?|reviews?)';
const SLOT = '(?:slots?|time|times|gaps?|openings?|windows?|space|room|availability|moment)';
const ADJECTIVE =
  '(?:free|busy|available|unavailable|open|booked(?: up)?|occupied|clear|tied up|empty|taken|engaged|double booked|around|in a meeting|blocked|doing anything|doing something|conflicted)';

const DAY_WORD =
  '(?:today|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)day|next|this|the|whole|all|of|rest|following|day|after|days?|weeks?|weekend|month|morning|afternoon|a|an|one|two|three|couple|half|from|to|until|till|through|and|between|on|for|january|february|march|april|may|june|july|august|september|october|november|december|st|nd|rd|th|,|-|\\d+)';
/** `I can't make the interview`, `we no longer need the room`. */
const DECLINES =
  /^(?!.*\b(?:cancel|delete|remove|move|reschedule|postpone|push)\b)(?:i|we) (?:will |would )?(?:can not|cannot|could not|will not|won't|couldn't|am not able to|am unable to|no longer|do not|don't)(?: (?:be able to|have to|need to|want to))? (?:make|attend|go|come|join|need|want|be (?:at|in|there)|do)\b/u;

const pattern = (text: string): RegExp => new RegExp(text, 'u');

const PATTERNS: readonly (readonly [Intent, RegExp])[] = [
  ['never', pattern(`^(?:do not|don't|never|please don't) `)],
  [
    'calendars',
    pattern(
      String.raw`^(?:(?:which|what) (?:\w+ )?calendars|(?:list|show|tell me|give me|display) (?:me )?(?:all )?(?:of )?(?:my |the )?calendars\b|do i have (?:more than one|several|multiple|other|any other) calendars?|how many calendars)`,
    ),
  ],
  ['book', /^(?:calendar|event|appointment|meeting|reminder|new event) :/u],
  // A condition that nobody here can judge, and what may mean `cancel` as well as `do not mind`.
  [
    'unclear',
    /^(?:cancel|delete|remove|move|reschedule|postpone|push|shift|drop|scrap|call off)\b.* (?:unless|if|in case|provided|as long as|depending)\b|^(?:book|schedule|put|add) .* (?:unless|provided|depending)\b|^forget\b/u,
  ],
  // Greetings and wishes.
  [
    'unclear',
    /^(?:(?:good )?(?:morning|afternoon|evening|night)|have an? (?:nice|good|great|lovely|wonderful|pleasant|safe) .*)(?: (?:all|everyone|everybody|there|to you|sallyport))?$/u,
  ],
  // A wish, though it is put as a question.
  ['change', pattern(`^(?:can|could) (?:(?:i|we) (?:make|have|do|start) )?${OWNED} .+ (?:instead|earlier|later)\\b`)],
  ['change', pattern(String.raw`^(?:make|have|let|get) .+ (?:start|begin|end|finish) (?:at|by|on|earlier|later)\b`)],
  // Days off are entered; things are taken off the calendar.
  [
    'book',
    pattern(String.raw`^(?:take|have|get|book|request|put|mark) (?:${DAY_WORD} )+off\b(?! (?:my|the|our|of)\b)`),
  ],
  // What cannot be attended is told, not asked for.
  ['unclear', DECLINES],
  // "Let's do lunch": a question with "do" has a subject.
  [
    'book',
    /^(?:do|have) (?:a|an|some|another|breakfast|brunch|lunch|dinner|drinks|coffee)\b(?!.*\b(?:have|clash|overlap|conflict|work)\b)/u,
  ],
  // Changes before bookings: "make my 2pm an hour long", "add bob@… to the standup".
  // A part of an event is not the event.
  [
    'unclear',
    /^(?:cancel|delete|drop|scrap|clear|wipe|erase|bin) (?:\S+ ){0,3}?(?:guests?|attendees|description|notes?|location|room|venue|invitations?|invites?|link|title|attachments?) (?:of|from|to|for (?:my|the|our))\b/u,
  ],
  // Somebody is taken off an event, an event off the calendar.
  [
    'change',
    pattern(
      String.raw`^(?:take|get|strike|cross) .+ (?:off|out of) (?!(?:my |the |our )?(?:${CALENDAR}|list)\b|on\b|for\b|today|tomorrow|next\b|this\b|\w+day\b)`,
    ),
  ],
  [
    'change',
    pattern(
      String.raw`^(?:drop|delete|cut|scratch) .+ (?:from|off(?= (?:my|the|our)\b)) (?!(?:my |the |our )?(?:${CALENDAR}|series|\d|first|end|start|beginning|week|month|next|last|this|now|then|here|today|tomorrow|noon|\w+day|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*)\b)`,
    ),
  ],
  [
    'cancel',
    pattern(
      String.raw`^(?:cancel|delete|drop(?! (?:off|by|in|round)\b|.* off (?:at|to|in|by)\b)|scrap|call off|get rid of|clear(?! out\b)|wipe|erase|bin|ditch|unbook|kill|nuke|axe|trash|unschedule|discard|cancel out|skip|free up)\b(?! (?:if|whether))`,
    ),
  ],
  ['cancel', pattern(String.raw`^(?:take|call|get|strike|cross) .+ (?:off|out of)\b`)],
  [
    'cancel',
    pattern(
      String.raw`^remove (?!.+ from (?!my ${CALENDAR}|the ${CALENDAR}|${CALENDAR}|(?:next|this|the|on|to)?\s*\w+day\b|today|tomorrow|\d))`,
    ),
  ],
  [
    'cancel',
    pattern(
      `^(?:i (?:no longer|do not|don't) (?:need|want)|i can not make|i will not make|we no longer need) ${OWNED}`,
    ),
  ],
  [
    'change',
    pattern(
      String.raw`^(?:move|reschedule|re - schedule|shift|push|postpone|prepone|delay|defer|bump|slide|change|update|edit|modify|alter|adjust|extend|lengthen|prolong|shorten|trim|rename|retitle|relocate|rearrange|swap|switch|uninvite|convert|turn|advance|remove)\b`,
    ),
  ],
  ['change', pattern(String.raw`^(?:bring|pull|put|set|take) .+ (?:forward|back|off|earlier|later|ahead)\b`)],
  ['change', pattern(`^(?:bring forward|pull forward|put back|put off|cut|start|end|finish) ${OWNED}`)],
  ['change', pattern(`^(?:bring|pull) ${OWNED}`)],
  ['change', pattern(`^(?:call|name|title|label) ${OWNED} .+ "(?: instead)?$`)],
  ['change', pattern(String.raw`^(?:make|set|have|get|let) ${OWNED} (?!.*\b(?:reminder|aside|up) )`)],
  [
    'change',
    pattern(String.raw`^(?:add|invite|include|put|attach|give) (?!in |down ).+ to ${OWNED} (?!.*${CALENDAR}\b)`),
  ],
  [
    'change',
    pattern(
      String.raw`^(?:add|invite|include) .+ to (?:\w+ )?(?:today|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)day) 's`,
    ),
  ],
  [
    'change',
    pattern(
      String.raw`^(?:add|include) .+ to (?:lunch|dinner|breakfast|brunch|coffee|drinks|\w+ ?(?:review|sync|standup|meeting|call|retro|workshop))\b(?!.*\b${CALENDAR}\b)`,
    ),
  ],
  [
    'events',
    pattern(
      String.raw`^(?:share|send|mail|give|tell|get|show|read|run through|pull up) (?:(?:me|us|out|with me) )*(?:my|the|our) (?:\w+ )?(?:${CALENDAR}|meetings|appointments|events|plans|bookings)\b(?! (?:invite|invitation|link|to\b|with\b))`,
    ),
  ],
  [
    'events',
    /^(?:do|have) (?:i|we) (?:have |got )*(?:an?|the|my|any) .*\b(?:booked|scheduled|planned|lined up|coming up)\b/u,
  ],
  [
    'detail',
    pattern(
      String.raw`^(?:make it|call it|name it|title it|label it|it is|it will|it should|invite|inviting|location|include|send|do it|put it(?! (?:in|on|into) (?:my|the|our) ${CALENDAR})|same|with|without|no |at |for |duration|title|subject|description|notes?|it lasts|add (?:a )?(?:google )?(?:meet|video)|should be|repeat|(?:the )?(?:location|title|topic|place) (?:is|should))\b`,
    ),
  ],
  ['change', pattern(String.raw`^${OWNED} .+ should (?:be|start|begin|end|finish) (?:at|on|by)\b`)],
  [
    'change',
    /^(?!(?:has|have|what|when|why|who|where|how)\b).*\b(?:has|have) been (?:moved|rescheduled|postponed|pushed|shifted|changed) to\b/,
  ],
  [
    'change',
    /\b(?:needs|need|has|have|wants|must|should|got) to (?:be )?(?:move|moved|rescheduled|reschedule|postponed|pushed|shifted|changed|start|begin|end)\b/u,
  ],
  // Finding a time.
  [
    'find',
    /^(?:which|what) (?:day|days|time|times|morning|afternoon|evening|slots?)\b.*\b(?:work|works|suit|suits|best|good|better)\b/u,
  ],
  ['find', /^when (?:is |would be |might be |could be )?(?:good|best|better|convenient|possible|works?|suits?)\b/u],
  ['find', /^when can (?:i|we) (?:next )?see\b/u],
  ['find', /\b(?:earliest|soonest|first time|next time|quickest)\b.*\b(?:can|could|free|available|both|for)\b/u],
  [
    'find',
    pattern(
      String.raw`^(?:find|look for|suggest|propose|recommend|search for|offer|identify|figure out|work out)\b(?=.*\b(?:${SLOT}|minutes?|mins?|hours?|hrs?|half|when|free|date)\b|.*\d\s?(?:m|h)\b)(?! (?:out )?(?:if|whether))`,
    ),
  ],
  ['find', pattern(`^(?:find|suggest|propose) (?:a |an |some )`)],
  [
    'find',
    pattern(
      String.raw`^(?:(?:i|we) (?:need|want) )?(?:any |an? |some )?(?:\w+ )?(?:slots?|gaps?|openings?|windows?)\b(?! (?:and|with the)\b)`,
    ),
  ],
  [
    'find',
    pattern(
      String.raw`\b(?:when|what time|what day|which day|what times|which times|where)\b.* (?:can|could|should|might|would|shall|do|does|will|are|is|am) .*\b(?:meet|get together|both|all of us|everyone|everybody|have time|fit|squeeze|schedule|book|talk|chat|catch up|free for|available for|work for|works for|suit|suits|both free|do|sit down|speak|have (?:an?|some) )\b(?!ing)`,
    ),
  ],
  [
    'find',
    pattern(
      String.raw`\b(?:best|good|better|suitable|possible|free|open|available|earliest|first|soonest|convenient|any|empty|mutual|common)\b(?: \w+)? (?:slots?|time|times|gaps?|openings?|windows?|availability)\b(?!.*\bam i\b)(?=.*\b(?:for|to|with|when|slot|slots|next|between|of|find|gap|gaps|opening|openings)\b)`,
    ),
  ],
  [
    'find',
    pattern(
      String.raw`^(?:give|get|show|tell|offer) (?:me|us) .*\b(?:slots?|openings?|gaps?|options for|some times|times (?:that|when|to|for))\b`,
    ),
  ],
  [
    'find',
    pattern(
      String.raw`\bnext (?:available|free|open)\b|\b(?:first|earliest) (?:available|free|open)\b|\bwhen am i next (?:free|available)\b|\bwhen is my next (?:free|open|available)\b|^(?:is|are) there (?:a|an|any|some) .*\b(?:slots?|gaps?|openings?|window)\b|^(?:squeeze|fit) (?:in )?`,
    ),
  ],
  [
    'find',
    pattern(
      String.raw`^(?:when|what time|what times|which times)\b.*\b(?:am i|are we|is|are) .*\bfree\b.*\bfor (?:a|an|\d+|half|one|two|three|\w+ (?:minutes|hours))\b`,
    ),
  ],
  [
    'find',
    pattern(
      String.raw`^(?:when|what time|which day|what day) (?:are|is) .*\band (?:i|me)\b.*\b(?:free|available)\b|^when (?:are|is) we .*\b(?:free|available)\b`,
    ),
  ],
  // "I'm away on Friday" is told, not asked.
  [
    'book',
    /^(?:i|we) (?:am|are|will be) (?:busy|unavailable|away|booked|out|off|on (?:holiday|leave|vacation)|engaged|travelling|traveling|working|in a)\b/u,
  ],
  // Free or busy.
  [
    'free',
    pattern(
      String.raw`^(?!(?:book|schedule|put|add|create|make|set|arrange|block|mark|reserve|plan|organi[sz]e|remind)\b).*\b(?:am|are|is|will|would|be|being|look|looking|if|whether|was|were|do)\b.*\b${ADJECTIVE}\b`,
    ),
  ],
  ['free', pattern(String.raw`\bfree (?:/|or) busy\b|\bavailability\b|^how (?:busy|free|booked|full)\b`)],
  [
    'free',
    pattern(
      String.raw`^(?:do|does|will|would|did) (?:.{1,80} and )?(?:i|we|\S+) (?:\w+ )?have (?:got )?(?:anything|something|any (?:plans|conflicts?|commitments|clash(?:es)?|time|free time|availability|gaps?|obligations)|a (?:conflict|clash|gap|minute|moment)|time|plans|stuff|much|room|some time|free time|conflicts|an hour|half an hour|\d+ (?:minutes|hours))\b(?!.*\b(?:on|in) (?:my|the) ${CALENDAR})`,
    ),
  ],
  [
    'free',
    pattern(
      String.raw`^(?:have|has) (?:i|we|\S+) (?:got )?(?:anything|something|time|(?:an? |any |some |half )*(?:free|spare)|any (?:plans|time|conflicts?|commitments))\b(?!.*\b(?:on|in) (?:my|the) ${CALENDAR})`,
    ),
  ],
  [
    'free',
    pattern(String.raw`^(?:anything|something|any conflicts?|any plans|any clash(?:es)?) (?!.*\b${CALENDAR}\b)`),
  ],
  ['events', pattern('^(?:anything|something|any meetings|any events|any appointments|any calls)\\b')],
  ['free', pattern('^(?:free|busy|available)\\b')],
  [
    'free',
    pattern(
      String.raw`^(?:is|are) there (?:anything|something|any conflicts?|a conflict|a clash)\b(?!.*\b${CALENDAR}\b)|^(?:is|are) there (?:any |still |some )?(?:room|time|space|free time|availability)\b|\b(?:conflict|clash)(?:s|es|ing)? with\b|\bany conflicts?\b`,
    ),
  ],
  [
    'free',
    pattern(
      String.raw`^(?:does|do|would|will|is|how about|what about|can|could) .*\b(?:work|suit|suits|works|okay|ok|good|possible|fit|do|make|make it)\b(?: me| us)?(?: for (?:me|us|\w+))?(?: (?:at|on|for|tomorrow|today|\w+day).*)?$`,
    ),
  ],
  [
    'free',
    pattern(
      String.raw`^(?:check|see|verify|confirm|tell me|let me know|find out|know) (?:if|whether|that) (?:i|we|i am|my|\w+) .*`,
    ),
  ],
  ['book', pattern(String.raw`^(?:get|put|have) .+ (?:on|in|into|onto|to) (?:my|the|our) ${CALENDAR}\b(?!.*\?)`)],
  ['free', /^(?:can|could) .+ and (?:i|me) (?:meet|talk|speak)\b/u],
  ['free', /^(?:can|could|might) (?:i|we) (?:meet|fit|squeeze|do|make|manage|take|have)\b/u],
  // What is there.
  [
    'events',
    pattern(String.raw`^(?:what|which|who|whom|where|how many|how long|how much|how does|how do|how is|whose)\b`),
  ],
  ['events', pattern(String.raw`^(?:when|at what time|what time|on which day|on what day)\b`)],
  [
    'events',
    pattern(
      String.raw`^(?:show|list|display|read|view|see(?= (?:my|what|all|if|when|the (?:calendar|schedule|agenda|diary)))|open|pull up|bring up|print|look up|look at|check|get|give|tell|run me|walk me|talk me|take me|brief|summarize|summarise|search|find|remind me (?:what|when|about my|of my)|fetch|recap|go over|go through|overview)\b`,
    ),
  ],
  ['events', pattern(String.raw`^(?:do|does|did|will|have|has|am|are|is|was|were)\b`)],
  [
    'events',
    pattern(
      String.raw`^(?:my )?(?:next |upcoming |today 's |tomorrow 's |weekly |daily )?(?:calendar|diary|agenda|day|week|schedule(?= (?:for|on|today|tomorrow|this|next)\b)|upcoming|meetings|appointments|events)\b(?! (?:with|about|at|from))(?!.*\b(?:a|an) \w)`,
    ),
  ],
  [
    'book',
    pattern(
      String.raw`^(?:book|schedule|put|add|create|make|set|arrange|organi[sz]e|plan|block|reserve|hold|enter|pencil|remind|log|note|mark|jot|save|fix|throw|stick|pop|send|slot|squeeze|get|insert|keep|lock in|setup|plug|place|fill|register|record|drop|start|invite|meet|new|mark|ring|call|have|i have|i am|i will|i have got|i would|i need|i want|we have|we are|we will|we need|there is|there are|event|appointment|sign me up|give)\b`,
    ),
  ],
];

const CALENDAR_WORDS = pattern(
  String.raw`\b(?:${CALENDAR}|${EVENTS}|busy|available|availability|conflicts?|slots?|appointment|(?:my|our) (?:day|week|month|weekend))\b`,
);
const SELF = /\b(?:i|my|me|we|our|us|mine)\b/u;
const OTHER_TOPIC =
  /\b(?:weather|forecast|temperature|rain|sunny|news|stocks?|prices?|jokes?|poems?|story|stories|capital of|president|translate|translation|recipes?|e-?mails?|song|songs|exchange rate|bitcoin|meaning of|define|definition|population|how are you|who are you|your name|homework|code|essay)\b/u;
const ASKS_WHAT_IS_ON =
  /\b(?:on|looks?|looking|shaping up|happening|planned|up|scheduled|going on|doing|there|left|next|coming|booked|ahead|remaining|in store)\b|^(?:show|list|display|when|at what time|what time|where|how long)\b/u;

/** A question that is not about the calendar must not be answered from it. */
function concernsCalendar(intent: Intent, text: string, said: Said): boolean {
  if (CALENDAR_WORDS.test(text)) return true;
  if (OTHER_TOPIC.test(text) && intent !== 'change' && intent !== 'cancel') return intent === 'book' && said.timed;
  switch (intent) {
    case 'events':
      return said.timed
        ? SELF.test(text) || ASKS_WHAT_IS_ON.test(text)
        : /^(?:when|what time|at what time|where|how long) (?:is|are|am|does|do|was|will|did)\b/u.test(text) ||
            (/\b(?:next|coming up|upcoming|scheduled|planned|booked|lined up)\b/u.test(text) && SELF.test(text)) ||
            /^what is (?:on|up next|next|happening|coming up)$/u.test(text);
    case 'free':
      return said.timed || said.length || /\bfree\b/u.test(text);
    case 'find':
      return said.timed || said.length || /\b(?:time|times|meet|free|gap|opening|when)\b/u.test(text);
    case 'change':
      // Other things can be converted and swapped, too.
      return (
        said.timed || said.length || !/^(?:convert|turn|swap|switch|adjust|alter)\b/u.test(text) || SELF.test(text)
      );
    default:
      return true;
  }
}

export interface Said {
  /** A time is said: then a bare noun (`lunch with Tom Friday 12:30`) is a booking. */
  readonly timed: boolean;
  readonly length: boolean;
  /** A time of day is said. */
  readonly clock: boolean;
  /** It ends with a question mark. */
  readonly asked: boolean;
}

export function intentOf(words: readonly Word[], said: Said): Intent {
  const text = spelledOut(words);
  if (text === '') return 'unclear';
  if (said.length && /^(?:get|give) (?:me|us)\b/u.test(text)) return 'book';
  // "How does Thursday at two look?" asks whether it is free; "how does my Thursday look" what is on.
  if (said.clock && /^how (?:does|is|about|would)\b/u.test(text)) return 'free';
  const found = PATTERNS.find(([, expression]) => expression.test(text))?.[0];
  if (found !== undefined) return concernsCalendar(found, text, said) ? found : 'unclear';
  return said.timed &&
    !/^(?:how|why|what|who|you|thanks|thank|hi|no|yes|if|nice|it|can|could|should|shall|would|may|might|must|see you|(?:i|we|he|she|they) (?:could|might|may|should))\b|\b(?:maybe|perhaps|not sure|dunno|can not|cannot|won't|couldn't|cancelled|canceled|(?:asked|said|says|told|wondered|wants|thinks|mentioned|suggested) (?:me|us|if|whether|that|to|about))\b/u.test(
      text,
    ) &&
    !OTHER_TOPIC.test(text)
    ? // "Coffee on Friday at three?" asks; only what is told is booked.
      said.asked
      ? 'free'
      : 'book'
    : 'unclear';
}
