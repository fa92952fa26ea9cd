import { isJsonObject } from '../../../../kernel/json-object.ts';
import { toPlain } from '../answer-shape.ts';
import { type AwsFailure, describeAwsFailure } from '../aws-failure.ts';
import type { AwsReader } from '../aws-reader.ts';
import { actionsOf } from '../aws-service.ts';
import type { Place } from '../places.ts';
import { redact } from '../redact.ts';
import { awsService } from '../services.ts';
import { type Json, objectsIn, textIn } from './plain-json.ts';

// Many reads for one answer. One that fails takes nothing else down: it is noted, with the mend, and what was found without it is still told.

export interface PartFailure extends Place, AwsFailure {
  /** What was asked, such as `ecs DescribeServices`. */
  readonly part: string;
  /** How often: the same refusal for each of a hundred buckets is one. */
  readonly times: number;
}

export interface Asking {
  /** The first page, secrets hidden. `undefined`: failed and noted. */
  ask(service: string, operation: string, parameters: Json, where: Place): Promise<Json | undefined>;
  /** The same where AWS says by an error that there is none. */
  find(service: string, operation: string, parameters: Json, where: Place): Promise<Json | 'absent' | undefined>;
  /** What a list holds, over several pages. */
  all(
    service: string,
    operation: string,
    list: { readonly parameters?: Json; readonly member: string },
    where: Place,
  ): Promise<readonly Json[]>;
  failures(): readonly PartFailure[];
  /** Whether AWS answered anything at all. */
  answered(): boolean;
}

/** More at once only makes AWS throttle. */
const MAX_AT_ONCE = 10;
const MAX_PAGES = 20;

/** Runs what it is given, so many at a time. */
function createTurnstile(width: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return async (work) => {
    if (inside >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else inside += 1;
    try {
      return await work();
    } finally {
      // A place that is left goes to the next in line, else it is free.
      const next = waiting.shift();
      if (next === undefined) inside -= 1;
      else next();
    }
  };
}

export interface AskingDeps {
  readonly reader: AwsReader;
  readonly signal: AbortSignal;
  /** Told how many questions AWS has answered by now. */
  readonly onAnswer?: (answers: number) => void;
}

export function createAsking({ reader, signal, onAnswer }: AskingDeps): Asking {
  const noted = new Map<string, PartFailure>();
  const inTurn = createTurnstile(MAX_AT_ONCE);
  let answers = 0;

  function note(part: string, failure: AwsFailure, where: Place): void {
    const key = `${part} ${where.region} ${where.account ?? ''} ${failure.code}`;
    noted.set(key, { part, ...where, ...failure, times: (noted.get(key)?.times ?? 0) + 1 });
  }

  function count(): void {
    answers += 1;
    onAnswer?.(answers);
  }

  const find: Asking['find'] = (service, operation, parameters, where) =>
    inTurn(async () => {
      const data = awsService(service);
      try {
        const answer = await reader.read({ data, operation, parameters, signal, ...where });
        count();
        const plain = redact(toPlain(answer));
        return isJsonObject(plain) ? plain : {};
      } catch (error) {
        const failure = describeAwsFailure(error, { actions: actionsOf(data, operation), ...where });
        if (failure.code === 'not_found') {
          count();
          return 'absent';
        }
        note(`${service} ${operation}`, failure, where);
        return undefined;
      }
    });

  const ask: Asking['ask'] = async (service, operation, parameters, where) => {
    const found = await find(service, operation, parameters, where);
    if (found !== 'absent') return found;
    const message = `There is no such thing in ${where.region}: check the names.`;
    note(`${service} ${operation}`, { code: 'not_found', message }, where);
    return undefined;
  };

  return {
    ask,
    find,
    async all(service, operation, { parameters = {}, member }, where) {
      const data = awsService(service);
      const [tokenIn, tokenOut] = data.operations[operation]?.page ?? data.page;
      const items: Json[] = [];
      let token: string | undefined;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const given = token === undefined ? parameters : { ...parameters, [tokenIn]: token };
        const answer = await ask(service, operation, given, where);
        items.push(...objectsIn(answer, member));
        token = textIn(answer, tokenOut);
        if (token === undefined) return items;
      }
      const message = `There are more than ${items.length}: the rest was not looked at. Ask for it with ${service}_read_operations.`;
      note(`${service} ${operation}`, { code: 'upstream_failed', message }, where);
      return items;
    },
    failures: () => [...noted.values()],
    answered: () => answers > 0,
  };
}
