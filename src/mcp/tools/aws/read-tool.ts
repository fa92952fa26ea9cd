import { AppError } from '../../../kernel/app-error.ts';
import type { Clock } from '../../../ports/clock.ts';
import { canonicalJson } from '../../../trust/canonical-json.ts';
import { answering } from '../answering.ts';
import { flag, optionalText, optionalTexts, text } from '../arguments.ts';
import { createRemembered } from '../remembered.ts';
import type { JsonObject, Tool, ToolContext } from '../tool.ts';
import { emptyFields, pickFields, shorten, toPlain } from './answer-shape.ts';
import { type AwsFailure, describeAwsFailure } from './aws-failure.ts';
import type { AwsReader } from './aws-reader.ts';
import { type AwsServiceData, actionsOf } from './aws-service.ts';
import { cursorAfter, pagingOf, readCursor } from './pages.ts';
import { type AwsPlaces, type Place, readPlaces } from './places.ts';
import { declareReadTool } from './read-declaration.ts';
import { redact } from './redact.ts';
import { shareQuestions } from './shared-answers.ts';

// `<service>_read_operations`: one read of one service, in one or several regions and accounts. What is not on the service's list is no
// value of `operation`, has no command in the bundle and no right in IAM.

export interface ReadToolDeps {
  readonly reader: AwsReader;
  readonly places: AwsPlaces;
  readonly clock: Clock;
  /** How long an answer is good, seconds. */
  readonly ttlSeconds: number;
}

interface Found extends Place {
  readonly data: JsonObject;
  readonly cursor?: string;
  readonly leftOut?: number;
  readonly cut?: boolean;
}
type Failed = Place & AwsFailure;

interface Read {
  readonly found: Found;
  readonly words: string;
}

interface Answer {
  readonly reads: readonly Read[];
  readonly errors: readonly Failed[];
  readonly readAt: string;
}

/** A region that hangs must not use up the whole call. */
const PLACE_TIMEOUT_MS = 18_000;
const MAX_ANSWER_BYTES = 60_000;
/** For what stands around the data. */
const MARGIN_BYTES = 2000;
const MAX_ENTRIES = 300;
const MAX_PARAMETERS_CHARACTERS = 16_384;
const MAX_LISTED_CHARACTERS = 500;

const placeInWords = ({ region, account }: Place): string =>
  account === undefined ? region : `${region} of ${account}`;

/** How many of what the longest list holds. */
function countInWords(data: JsonObject): string {
  const lists = Object.entries(data).filter((entry): entry is [string, readonly unknown[]] => Array.isArray(entry[1]));
  const [name, items] = lists.sort((left, right) => right[1].length - left[1].length)[0] ?? [];
  return name === undefined || items === undefined ? 'answered' : `${items.length} ${name}`;
}

/** What an answer lacks, and how to have it: a cursor leads on behind what was left out. */
function lessInWords({ leftOut, cut, cursor }: Found): string {
  const passed = cursor === undefined ? '' : ', which the cursor passes over';
  const fewer = 'ask for fewer with fields or parameters (limit, MaxResults, as the API names it)';
  const items = leftOut === undefined ? '' : `, ${leftOut} left out${passed}: ${fewer}`;
  return cut === true ? `${items}, long texts cut: ask for less with fields or parameters` : items;
}

/** Fields that are nowhere in the answer, and what there is: a wrong name must not look like an empty account. */
function missedInWords(all: JsonObject, fields: readonly string[]): string {
  const empty = emptyFields(all, fields);
  const names = Object.keys(all);
  if (empty.length === 0 || names.length === 0) return '';
  const listed = (texts: readonly string[]): string => texts.join(', ').slice(0, MAX_LISTED_CHARACTERS);
  return `, nothing in ${listed(empty)} (the answer has ${listed(names)})`;
}

function inWords(operation: string, { reads, errors }: Answer): string {
  const found = reads.map(({ found, words }) => `${operation} in ${placeInWords(found)}: ${words}.`);
  const failed = errors.map(
    (error) => `${operation} in ${placeInWords(error)} failed (${error.code}): ${error.message}`,
  );
  return [...found, ...failed].join('\n');
}

interface Reading {
  readonly data: AwsServiceData;
  readonly operation: string;
  readonly parameters: JsonObject;
  readonly fields: readonly string[];
  /** How long it may be. */
  readonly bytes: number;
}

/** Prepares one answer for its reader: hidden secrets, the fields asked for, as much as fits. */
function shape(answer: object, { data, operation, parameters, fields, bytes }: Reading, where: Place): Read {
  const { sent, next, keep } = pagingOf(data, operation, parameters);
  // A token goes back to AWS as it came, whatever it looks like.
  const { [next]: token, ...rest } = toPlain(answer) as JsonObject;
  const cursor = cursorAfter(operation, token, parameters[sent]);
  const all = redact(rest) as JsonObject;
  // What AWS leads on by may be long itself; something of the answer is told all the same.
  const room = Math.max(bytes - (cursor?.length ?? 0), bytes / 4);
  const { value, leftOut, cut } = shorten(pickFields(all, fields), room, keep);
  const found = {
    ...where,
    data: value,
    ...(cursor !== undefined && { cursor }),
    ...(leftOut > 0 && { leftOut }),
    ...(cut && { cut }),
  };
  const more = cursor === undefined ? '' : ', more with the cursor';
  return { found, words: `${countInWords(value)}${missedInWords(all, fields)}${lessInWords(found)}${more}` };
}

export function createReadTool(data: AwsServiceData, deps: ReadToolDeps): Tool {
  const { reader, clock } = deps;
  const keep = ({ errors }: Answer): boolean => errors.length === 0;
  const { ttlSeconds } = deps;
  const answers = shareQuestions(createRemembered<Answer>({ clock, maxEntries: MAX_ENTRIES, ttlSeconds, keep }));

  async function readOne(reading: Reading, where: Place): Promise<Read | Failed> {
    const { operation, parameters } = reading;
    try {
      const signal = AbortSignal.timeout(PLACE_TIMEOUT_MS);
      return shape(await reader.read({ data, operation, parameters, signal, ...where }), reading, where);
    } catch (error) {
      return { ...where, ...describeAwsFailure(error, { actions: actionsOf(data, operation), ...where }) };
    }
  }

  async function readAll(reading: Reading, places: readonly Place[]): Promise<Answer> {
    const all = await Promise.all(places.map((where) => readOne(reading, where)));
    return {
      reads: all.filter((one): one is Read => 'found' in one),
      errors: all.filter((one): one is Failed => 'code' in one),
      readAt: new Date(clock.nowMs()).toISOString(),
    };
  }

  async function run(args: JsonObject, { person, agent }: ToolContext) {
    const operation = text(args, 'operation');
    const given = (args['parameters'] ?? {}) as JsonObject;
    if (JSON.stringify(given).length > MAX_PARAMETERS_CHARACTERS) {
      throw new AppError('invalid_request', 'These parameters are too long.');
    }
    const places = readPlaces(args, deps.places, data);
    const cursor = optionalText(args, 'cursor');
    if (cursor !== undefined && places.length > 1)
      throw new AppError('invalid_request', 'A cursor goes with one region.');
    const { sent } = pagingOf(data, operation, given);
    const parameters = cursor === undefined ? given : { ...given, [sent]: readCursor(operation, cursor) };
    const fields = optionalTexts(args, 'fields') ?? [];
    const bytes = Math.floor((MAX_ANSWER_BYTES - MARGIN_BYTES) / places.length);
    // Nobody is answered from what somebody else asked: rights may differ.
    const key = canonicalJson({
      person,
      agent,
      operation,
      parameters,
      fields: [...fields],
      places: places.map(placeInWords),
    });
    const ask = () => readAll({ data, operation, parameters, fields, bytes }, places);
    const answer = await answers.get(key, ask, { refresh: flag(args, 'refresh') });
    const words = inWords(operation, answer);
    const { reads, errors, readAt } = answer;
    // Some places may have failed; that none answered is a failure.
    if (reads.length === 0) return { isError: true, code: errors[0]?.code ?? 'upstream_failed', text: words };
    return { structuredContent: { operation, readAt, results: reads.map(({ found }) => found), errors }, text: words };
  }

  return { declaration: declareReadTool(data), run: answering(run) };
}
