import { randomBytes } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createGoogleCalendar } from '../../src/adapters/google/google-calendar.ts';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import { createCalendarTools } from '../../src/mcp/tools/calendar/calendar-tools.ts';
import type { JsonObject, Preparation, Tool, ToolContext, ToolResult } from '../../src/mcp/tools/tool.ts';
import { calendarScopes } from '../../src/oauth/settings.ts';
import type { CalendarPort } from '../../src/ports/calendar.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { GoogleTokens } from '../../src/ports/google-tokens.ts';
import type { OutsideClient } from '../../src/ports/outside-client.ts';
import { accessTokenOf, type TestGoogle } from './google-stand-in.ts';
import { createTestLog, type TestLog } from './log.ts';

// The calendar tools as a server would run them: arguments and answers are held against the schemas on every call.

export const CONNECT_URL = 'https://oauth.example.com/connections';

export interface ToolBench {
  readonly tools: readonly Tool[];
  readonly log: TestLog;
  call(name: string, args: JsonObject, over?: Partial<ToolContext>): Promise<ToolResult>;
  prepare(name: string, args: JsonObject): Promise<Preparation | undefined>;
}

const ajv = new Ajv2020({ strict: true, allErrors: true });

function check(schema: JsonObject, value: unknown, what: string): void {
  if (!ajv.validate(schema, value)) throw new Error(`${what}: ${ajv.errorsText()} in ${JSON.stringify(value)}`);
}

export function createToolBench(calendar: CalendarPort, clock: Clock, log = createTestLog()): ToolBench {
  const tools = createCalendarTools({ calendar, clock, random: { bytes: (count) => randomBytes(count) } });
  const find = (name: string): Tool => {
    const tool = tools.find((candidate) => candidate.declaration.name === name);
    if (tool === undefined) throw new Error(`there is no tool ${name}`);
    return tool;
  };
  const context: ToolContext = {
    person: 'p_01K00000000000000000000000',
    agent: 'agent/assistant',
    requestId: 'a-request',
    signal: new AbortController().signal,
    log,
  };
  return {
    tools,
    log,
    async call(name, args, over = {}) {
      const tool = find(name);
      check(tool.declaration.inputSchema, args, `arguments of ${name}`);
      const result = await tool.run(args, { ...context, ...over });
      if (result.isError === true) {
        if (result.structuredContent !== undefined || result.code === undefined) throw new Error(`${name} fails badly`);
      } else check(tool.declaration.outputSchema ?? {}, result.structuredContent, `answer of ${name}`);
      return result;
    },
    prepare: async (name, args) => find(name).prepare?.(args, context),
  };
}

/** An outside client that may reach the machine itself. */
export function createLoopbackClient(log = createTestLog()): OutsideClient & { close(): void } {
  return createOutsideClient({
    clock: { nowMs: Date.now },
    random: { bytes: (count) => new Uint8Array(count) },
    log,
    allow: { hosts: ['127.0.0.1', 'localhost'] },
  });
}

export interface GoogleBench extends ToolBench {
  readonly http: OutsideClient & { close(): void };
  /** The port below the tools. */
  readonly calendar: CalendarPort;
}

/** The tools over Google's REST API at that address. */
export function createGoogleBench(options: {
  readonly baseUrl: string;
  readonly tokens: GoogleTokens;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}): GoogleBench {
  const { clock, ...google } = options;
  const log = createTestLog();
  const http = createLoopbackClient(log);
  const calendar = createGoogleCalendar({ http, connectUrl: CONNECT_URL, ...google });
  return { ...createToolBench(calendar, clock, log), http, calendar };
}

/** What a person is asked for when connecting, and nothing more: the tools must do with that. */
const ASKED_SCOPES = Object.values(calendarScopes)
  .flatMap((meaning) => (meaning.google ?? []).map((google) => google.scope))
  .join(' ');

/** What the vault would do: the newest token, and a new one when Google rejected it. */
export function createStandInTokens(
  stand: TestGoogle,
  account: string,
  scope: string = ASKED_SCOPES,
): GoogleTokens & { issued(): number } {
  let current: string | undefined;
  let issued = 0;
  return {
    issued: () => issued,
    access: async (_person, options = {}) => {
      if (current === undefined || options.rejected === current) {
        issued += 1;
        current = await accessTokenOf(stand.google, account, scope);
      }
      return { accessToken: current, scopes: scope.split(' ') };
    },
  };
}

/** What a tool answered; throws with its words where it did not. */
export function contentOf(result: ToolResult): JsonObject {
  if (result.structuredContent === undefined) throw new Error(`${result.code}: ${result.text}`);
  return result.structuredContent;
}

export const eventOf = (result: ToolResult): JsonObject => contentOf(result)['event'] as JsonObject;
