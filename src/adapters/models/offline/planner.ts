import type { ModelReply, ModelRequest } from '../../../ports/model.ts';
import { book, bookIfFree, mealHalf, mealPart } from './book.ts';
import { cancelEvent, changeEvent } from './change.ts';
import { type Clause, splitClauses } from './clauses.ts';
import { readDetails, takenBy } from './details.ts';
import { requestAt } from './dialog.ts';
import { impossibleIn } from './impossible.ts';
import { type Intent, intentOf, spelledOut } from './intent.ts';
import { intentBehind, isOnlyTime, readLead } from './lead.ts';
import type { SecondReader } from './library.ts';
import { askCalendars, askEvents, askFree, findTime, freeWindows, othersIn } from './look.ts';
import { createMentionReader, type MentionReader, type TimeContext } from './mentions.ts';
import { isNaming } from './names.ts';
import { namingThem, peopleAskedAbout } from './people.ts';
import { withoutVerb } from './read-change.ts';
import { replay, say } from './replay.ts';
import { HELP, joined, NOT_UNDERSTOOD, sentence, WHICH_IT } from './reply.ts';
import { says } from './rules.ts';
import { toSlot } from './slots.ts';
import type { Run, Setting, Task } from './task.ts';
import { startOfDay } from './wall.ts';
import { hasTime, mergeMentions, type Timing } from './when.ts';
import { readWords, type Word } from './words.ts';
import { isZone, wallAt } from './zones.ts';

// From a conversation to the next step: reads what the person asked, runs it over the answers that are already there, and gives the
// calls that come next, or the answer. It keeps no state: the same messages always lead to the same step.

/** Longer messages are letters, not requests. */
const MAX_WORDS = 200;
/** As many things as one message may ask for. */
const MAX_TASKS = 6;

export interface PlannerOptions {
  readonly workingHours: { readonly start: string; readonly end: string } | undefined;
  /** Loads the second reader of days; called only for a request in which the grammar found no time. */
  readonly loadLibrary: () => Promise<SecondReader>;
}

export async function planStep(request: ModelRequest, options: PlannerOptions): Promise<ModelReply> {
  const { messages } = request;
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const asked = messages[last];
  if (asked?.role !== 'user') return say(HELP);
  const done = messages.slice(last + 1);
  const { text, earlier, choice } = requestAt(messages, last);
  const start = async (nowMs: number): Promise<Run> => {
    const setting = settingFor(request, { nowMs, choice, workingHours: options.workingHours });
    const tasks = await readAll(text, setting, options);
    const before = earlier === undefined ? [] : readTasks(readWords(earlier).slice(0, MAX_WORDS), setting);
    return runAll(takenUp(tasks, before.at(-1)), setting);
  };
  return replay(start, done, { nowMs: request.context.nowMs, tools: new Set(request.tools.map(({ name }) => name)) });
}

/** "Book it", "an hour with Ana then": the time is the one that was asked about before. */
function takenUp(tasks: readonly Task[], before: Task | undefined): readonly Task[] {
  const [first, ...rest] = tasks;
  if (first?.intent !== 'book' || before === undefined || hasTime(first.timing) || !hasTime(before.timing))
    return tasks;
  const pointing = /\b(?:then|it|that|this|there)\b/.test(spelledOut(first.words));
  const exact = before.timing.clock ?? before.timing.clocks ?? before.timing.moment;
  return pointing || (before.intent === 'free' && exact !== undefined) ? [inherit(first, before), ...rest] : tasks;
}

type Variable = Pick<Setting, 'choice' | 'workingHours'> & { readonly nowMs: number };

function settingFor(request: ModelRequest, { nowMs, choice, workingHours }: Variable): Setting {
  const { timeZone, contacts } = request.context;
  const zone = isZone(timeZone) ? timeZone : 'UTC';
  const now = wallAt(nowMs, zone);
  const context: TimeContext = { now, nowMs, today: startOfDay(now), dayFirst: !zone.startsWith('America/') };
  return {
    context,
    zone,
    contacts: contacts ?? [],
    read: createMentionReader(context),
    workingHours,
    choice,
  };
}

/** Words of dates that our grammar may not put together by itself. */
const DATE_LIKE =
  /\b(?:quarter|q[1-4]|spring|summer|autumn|fall|winter|festival|ramadan|(?!birthday|holiday|everyday|someday|workday)\w+day|day|week|month|year|\w+mas|eve|19\d\d|20\d\d)\b/i;
function namesDay({ days, stretch, span, repeat, moment, aheadMinutes, restOfDay, after, before }: Timing): boolean {
  const said = [days, stretch, span, repeat, moment, aheadMinutes, after?.day, before?.day];
  return restOfDay || said.some((piece) => piece !== undefined);
}

async function readAll(text: string, setting: Setting, options: PlannerOptions): Promise<readonly Task[]> {
  const words = readWords(text).slice(0, MAX_WORDS);
  const tasks = readTasks(words, setting);
  const saysDay = tasks.some(({ timing }) => namesDay(timing));
  if (saysDay || !DATE_LIKE.test(text)) return tasks;
  const library = await options.loadLibrary();
  const read: MentionReader = (part) => {
    const own = setting.read(part);
    const more = library(text, part, setting.context).filter((one) => !isNaming(one, part));
    const kept = own.filter((one) => !more.some((other) => one.at < other.end && other.at < one.end));
    return [...kept, ...more].sort((left, right) => left.at - right.at);
  };
  return readTasks(words, { ...setting, read });
}

const DETAIL_OPENING = says(
  'make it | do it | put it | it is | it should be | it lasts | should be | it will be | it should last | same | have it',
);

function readTasks(words: readonly Word[], setting: Setting): readonly Task[] {
  const tasks: Task[] = [];
  for (const clause of timesJoined(splitClauses(words), setting)) {
    const previous = tasks.at(-1);
    const task = readTask(clause, setting, previous);
    const joins = previous !== undefined && ['book', 'change', 'find'].includes(previous.intent);
    if (task.intent === 'find' && !hasTime(task.timing) && previous !== undefined && isWish(previous)) {
      tasks[tasks.length - 1] = { ...previous, intent: 'find' };
    } else if (task.intent === 'detail' && joins) {
      const opening = DETAIL_OPENING(clause.words, 0)?.end ?? 0;
      tasks[tasks.length - 1] = {
        ...readTask(
          { ...clause, words: [...previous.words, comma(clause.words[0]), ...clause.words.slice(opening)] },
          setting,
        ),
        intent: previous.intent,
        ifFree: previous.ifFree,
        who: previous.who,
      };
    } else if (task.intent === 'detail') {
      const pointing = DETAIL_OPENING(task.words, 0)?.end;
      const rest = task.words.slice(pointing);
      // `make it 5pm` names nothing that could be booked.
      if (pointing !== undefined && previous === undefined && isOnlyTime(rest, setting.read(rest))) tasks.push(task);
      else tasks.push({ ...task, intent: hasTime(task.timing) && previous === undefined ? 'book' : 'unclear' });
    } else {
      tasks.push(previous === undefined ? task : inherit(another(task, previous), previous));
    }
  }
  const last = tasks.at(-1);
  if (last !== undefined && RETRACTS.test(spelledOut(last.words))) return [{ ...last, intent: 'never' }];
  const clear = tasks.filter(({ intent }) => intent !== 'unclear');
  return (clear.length > 0 ? clear : tasks).slice(0, MAX_TASKS);
}

/** `Cancel the vet? No, leave it.` */
const RETRACTS = /^(?:no )?(?:, )?(?:leave it|never mind|scratch that|forget (?:it|that|about it)|don't bother)\b/;

/** `Tomorrow, please cancel the standup`: a time that stands alone in front belongs to what follows. */
function timesJoined(clauses: readonly Clause[], setting: Setting): readonly Clause[] {
  const [first, second, ...rest] = clauses;
  if (first === undefined || second === undefined || !isOnlyTime(first.words, setting.read(first.words)))
    return clauses;
  return [{ ...second, words: [...first.words, ...second.words] }, ...rest];
}

/** `cancel the coffee with Liam and book one on Friday`: one of the same name. */
function another(task: Task, previous: Task): Task {
  if (task.intent !== 'book' || previous.intent !== 'cancel' || ANOTHER(task.words, 0) === undefined) return task;
  const named = withoutVerb(previous.words);
  const verb = previous.words.length - named.length;
  const located = previous.located.map((one) => ({ ...one, at: Math.max(0, one.at - verb), end: one.end - verb }));
  return { ...task, title: readDetails(named, located).title };
}

const ANOTHER = says('book/schedule/add/make/arrange/create one/another [one]');

/** `I need an hour on Monday. When works?`: what is wished for is looked for. */
const isWish = ({ intent, words }: Task): boolean =>
  intent === 'book' && /^(?:i|we) (?:need|want|would like|have)\b/.test(spelledOut(words));

const comma = (near: Word | undefined): Word => ({
  kind: 'mark',
  text: ',',
  lower: ',',
  start: near?.start ?? 0,
  end: near?.start ?? 0,
  glued: true,
});

/** `previous`: what was asked for before, which tells who `him` is. */
function readTask(said: Clause, setting: Setting, previous?: Task): Task {
  const { who } = said;
  const named =
    previous === undefined ? [] : peopleAskedAbout(previous.words, takenBy(previous.words, previous.located));
  const words = namingThem(said.words, who.length > 0 ? who : named);
  return { ...readWith({ ...said, words }, setting), who };
}

function readWith(clause: Clause, setting: Setting): Task {
  const located = setting.read(clause.words);
  const said = withMeal(mergeMentions(located), clause.words);
  const spoken = {
    timed: hasTime(said),
    length: said.length !== undefined,
    clock: said.clock !== undefined || said.clocks !== undefined,
    asked: clause.asked,
  };
  const lead = readLead(clause.words, located);
  const behind = lead === undefined ? undefined : intentBehind(lead, spoken);
  if (lead !== undefined && (behind === 'cancel' || behind === 'change')) {
    const { front, rest } = lead;
    return { intent: behind, words: rest, located: setting.read(rest), timing: said, ifFree: clause.ifFree, front };
  }
  const intent = behind ?? intentOf(clause.words, spoken);
  const timing = intent === 'free' || intent === 'find' ? atMeal(said, clause.words, intent) : said;
  return {
    intent,
    words: clause.words,
    located,
    timing,
    ifFree: clause.ifFree,
  };
}

function atMeal(timing: Timing, words: readonly Word[], intent: Intent): Timing {
  const { clock, clocks, part: own, moment, span, after, before } = timing;
  const placed = [clock, clocks, own, moment, span, after, before].some((piece) => piece !== undefined);
  const part = placed ? undefined : mealPart(words, intent === 'find');
  return part === undefined ? timing : { ...timing, part };
}

/** "dinner at 8" and "breakfast at 7" say by themselves which half of the day. */
function withMeal(timing: Timing, words: readonly Word[]): Timing {
  const half = mealHalf(words);
  if (half === undefined || timing.part !== undefined) return timing;
  const settle = <Clock extends { half: string; hour: number }>(clock: Clock): Clock =>
    clock.half === 'bare' && clock.hour >= 5 && clock.hour < 12 ? { ...clock, half } : clock;
  return {
    ...timing,
    ...(timing.clock === undefined ? {} : { clock: settle(timing.clock) }),
    ...(timing.clocks === undefined ? {} : { clocks: { ...timing.clocks, from: settle(timing.clocks.from) } }),
  };
}

/** A second request that says no day means the first one's; one that says no time at all means its time, too. */
function inherit(task: Task, previous: Task): Task {
  if (!['book', 'free', 'find', 'events'].includes(task.intent)) return task;
  const own = task.timing;
  const length = own.length ?? previous.timing.length;
  if (!hasTime(own)) {
    return { ...task, timing: { ...previous.timing, ...(length === undefined ? {} : { length }) } };
  }
  const placed = own.days ?? own.stretch ?? own.moment ?? own.span ?? own.repeat ?? own.aheadMinutes;
  const { days, stretch } = previous.timing;
  if (placed !== undefined || (days === undefined && stretch === undefined)) return task;
  return {
    ...task,
    timing: { ...own, ...(days === undefined ? {} : { days }), ...(stretch === undefined ? {} : { stretch }) },
  };
}

function* runAll(tasks: readonly Task[], setting: Setting): Run {
  const texts: string[] = [];
  const impossible = tasks.map(({ words, located }) => impossibleIn(words, located)).find((said) => said !== undefined);
  if (impossible !== undefined) return `There is no ${impossible}, so I did nothing.`;
  for (let index = 0; index < tasks.length; index += 1) {
    const task = tasks[index];
    const next = tasks[index + 1];
    if (task === undefined) break;
    if (task.intent === 'free' && next?.intent === 'book' && sameTime(task, next)) {
      texts.push(yield* freeThenBook(task, next, setting));
      index += 1;
    } else if (task.intent === 'find' && next?.intent === 'book' && next.located.length === 0) {
      texts.push(
        yield* book(
          {
            ...next,
            words: [...task.words, comma(next.words[0]), ...next.words.slice(BOOK_IT(next.words, 0)?.end ?? 0)],
            located: task.located,
            timing: searchOnly(task.timing),
            title: readDetails(next.words, []).title,
          },
          setting,
        ),
      );
      index += 1;
    } else {
      texts.push(yield* runOne(task, setting));
    }
  }
  return texts.length === 0 ? NOT_UNDERSTOOD : sentence(...texts);
}

/** What was found: it names nothing. */
const BOOK_IT = says('book/schedule/put/add/reserve/block/take it/that/one [in]');

const searchOnly = (timing: Timing): Timing =>
  timing.length === undefined ? { ...timing, length: { minutes: 60, days: 0, months: 0 } } : timing;

/** The booking is at the time that was asked about, or says only how long. */
function sameTime(question: Task, task: Task): boolean {
  return (
    task.ifFree !== undefined ||
    JSON.stringify({ ...question.timing, length: 0 }) === JSON.stringify({ ...task.timing, length: 0 })
  );
}

function* freeThenBook(question: Task, task: Task, setting: Setting): Run {
  const asked = othersIn(question, setting);
  if (asked.question !== undefined) return asked.question;
  if (asked.unknown.length > 0 && task.ifFree !== undefined)
    return `I know no address for ${joined(asked.unknown)}, so I cannot see who is free, and nothing was booked.`;
  const length = question.timing.length ?? task.timing.length;
  const timed = { ...question, timing: { ...question.timing, ...(length === undefined ? {} : { length }) } };
  const windows = freeWindows(timed, setting);
  const exact =
    windows.length === 1 &&
    windows.every(({ timed: sure, hours }) => sure && hours === undefined) &&
    question.timing.part === undefined;
  const zone = question.timing.zone ?? setting.zone;
  if (exact)
    return yield* bookIfFree(
      timed,
      task,
      setting,
      asked.calendars,
      windows.map((window) => toSlot(window, zone)),
    );
  return yield* book({ ...task, ifFree: asked.addresses.length > 0 ? 'everybody' : 'me' }, setting);
}

function* runOne(task: Task, setting: Setting): Run {
  switch (task.intent) {
    case 'free':
      return yield* askFree(task, setting);
    case 'events':
      return yield* askEvents(task, setting);
    case 'find':
      return yield* findTime(task, setting);
    case 'book':
      return yield* book(task, setting);
    case 'change':
      return yield* changeEvent(task, setting);
    case 'cancel':
      return yield* cancelEvent(task, setting);
    case 'calendars':
      return yield* askCalendars();
    case 'never':
      return 'All right, I did nothing.';
    case 'detail':
      return WHICH_IT;
    case 'unclear':
      return NOT_UNDERSTOOD;
  }
}
