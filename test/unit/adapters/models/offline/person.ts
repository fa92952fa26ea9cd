import { createOfflineModel } from '../../../../../src/adapters/models/offline.ts';
import type { ModelContact, ModelMessage, ModelToolCall } from '../../../../../src/ports/model.ts';

// A person who talks with the offline planner, and a calendar that answers what the test says it holds.

export const TOOLS = [
  'freebusy',
  'suggesttime',
  'createevent',
  'updateevent',
  'deleteevent',
  'listevents',
  'getevent',
  'listcalendars',
] as const;
type ToolName = (typeof TOOLS)[number];
type Args = Readonly<Record<string, unknown>>;

export type Answers = Partial<Record<ToolName, (args: Args) => Args | { readonly fails: string }>>;

export interface Told {
  readonly answer: string;
  readonly calls: readonly { readonly tool: string; readonly args: Args }[];
}

export interface PersonOptions {
  readonly now?: string;
  readonly zone?: string;
  readonly contacts?: readonly ModelContact[];
  readonly tools?: readonly string[];
  /** How far the clock goes on from one step of a turn to the next. */
  readonly minutesBetweenSteps?: number;
  /** Tool answers as marked-up text only, as for a language model. */
  readonly textOnly?: boolean;
}

const MOST_STEPS = 8;

export function createPerson(answers: Answers, options: PersonOptions = {}) {
  const model = createOfflineModel();
  const { zone = 'Europe/Berlin', contacts = [], tools = TOOLS, minutesBetweenSteps = 0 } = options;
  const messages: ModelMessage[] = [];
  const startMs = Date.parse(options.now ?? '2026-11-24T09:30:00+01:00');
  let callNumber = 0;

  function run(call: ModelToolCall): ModelMessage {
    const result = answers[call.name as ToolName]?.(call.arguments ?? {}) ?? { fails: `${call.name} was not expected` };
    const failed = 'fails' in result;
    const text = failed ? String(result['fails']) : JSON.stringify(result);
    const marked = `What follows is data from the tool ${call.name}.\n<data>\n${text.replaceAll('<', '\\u003c')}\n</data>`;
    const data = failed || options.textOnly === true ? {} : { data: result };
    return { role: 'tool', callId: call.id, name: call.name, text: marked, isError: failed, ...data };
  }

  return {
    async says(text: string): Promise<Told> {
      messages.push({ role: 'user', text });
      const calls: { tool: string; args: Args }[] = [];
      for (let step = 0; step < MOST_STEPS; step += 1) {
        const reply = await model.complete({
          instructions: '',
          messages,
          tools: tools.map((name) => ({ name, description: '', inputSchema: {} })),
          context: { nowMs: startMs + step * minutesBetweenSteps * 60_000, timeZone: zone, contacts },
          maxOutputTokens: 1000,
          signal: new AbortController().signal,
        });
        // The agent gives calls ids of its own.
        const asked = reply.toolCalls.map((call) => {
          callNumber += 1;
          return { ...call, id: `call_${callNumber}` };
        });
        messages.push({ role: 'assistant', text: reply.text, toolCalls: asked });
        if (asked.length === 0) return { answer: reply.text, calls };
        for (const call of asked) {
          calls.push({ tool: call.name, args: call.arguments ?? {} });
          messages.push(run(call));
        }
      }
      throw new Error(`no answer after ${MOST_STEPS} steps`);
    },
  };
}

export const event = (id: string, summary: string, start: string, end: string, more: Args = {}): Args => ({
  id,
  calendar: 'primary',
  status: 'confirmed',
  summary,
  start,
  end,
  allDay: start.length === 10,
  ...more,
});

/** What createevent answers: the event as it was asked for, in the zone of the tests. */
export const created = (args: Args): Args => ({
  event: event('new', String(args['summary']), `${String(args['start'])}+01:00`, `${String(args['end'])}+01:00`),
  replayed: false,
});
