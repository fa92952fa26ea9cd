import { AppError } from '../../../kernel/app-error.ts';
import type { Clock } from '../../../ports/clock.ts';
import { answering } from '../answering.ts';
import { optionalText } from '../arguments.ts';
import type { Tool, ToolDeclaration } from '../tool.ts';

// Two tools that need nothing: one to see that calls arrive, one that knows what time it is, which a model does not.

const TEXT = { type: 'string' } as const;
const HARMLESS = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;
const shared = { annotations: HARMLESS, scopes: ['aws.read'], toolset: 'aws' } as const;

const helloDeclaration: ToolDeclaration = {
  name: 'hello_world',
  title: 'Say hello',
  description: 'Answers with a greeting, to see that calls arrive.',
  inputSchema: {
    type: 'object',
    properties: { name: { type: 'string', maxLength: 100 } },
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: { greeting: TEXT },
    required: ['greeting'],
    additionalProperties: false,
  },
  ...shared,
};

const timeDeclaration: ToolDeclaration = {
  name: 'get_time',
  title: 'Tell the time',
  description: 'The time now.',
  inputSchema: {
    type: 'object',
    properties: { timeZone: { type: 'string', maxLength: 64, description: 'IANA; default UTC.' } },
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: { utc: TEXT, local: TEXT, timeZone: TEXT },
    required: ['utc', 'local', 'timeZone'],
    additionalProperties: false,
  },
  ...shared,
};

export function createHelloWorld(): Tool {
  return {
    declaration: helloDeclaration,
    run: answering(async (args) => {
      const greeting = `Hello, ${optionalText(args, 'name') ?? 'world'}!`;
      return { structuredContent: { greeting }, text: greeting };
    }),
  };
}

function inZone(nowMs: number, timeZone: string): string {
  try {
    // The Swedish form is ISO 8601 with a space.
    return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(nowMs);
  } catch (cause) {
    throw new AppError('invalid_request', `No time zone is called "${timeZone}". Name one such as Europe/Berlin.`, {
      cause,
    });
  }
}

export function createGetTime({ clock }: { readonly clock: Clock }): Tool {
  return {
    declaration: timeDeclaration,
    run: answering(async (args) => {
      const nowMs = clock.nowMs();
      const timeZone = optionalText(args, 'timeZone') ?? 'UTC';
      const local = inZone(nowMs, timeZone).replace(' ', 'T');
      return {
        structuredContent: { utc: new Date(nowMs).toISOString(), local, timeZone },
        text: `${local} (${timeZone})`,
      };
    }),
  };
}
