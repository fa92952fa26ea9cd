import { describe, expect, it } from '@jest/globals';
import { writeInstructions } from '../../../src/agent/instructions.ts';
import { toModelMessage, toModelMessages } from '../../../src/agent/model-messages.ts';
import type { StoredMessage } from '../../../src/agent/turn-record.ts';

const EMOJI = '😀';
const HALF = EMOJI.charAt(0);

describe('what a model is sent', () => {
  it.each<[string, StoredMessage]>([
    ['a question', { role: 'user', text: `lunch ${HALF}` }],
    ['an answer', { role: 'assistant', text: `booked ${HALF}`, calls: [] }],
    ['what was cut when it was kept', { role: 'tool', call_id: 'c', name: 't', text: `note ${HALF}`, is_error: false }],
    [
      'what is cut on its way',
      { role: 'tool', call_id: 'c', name: 't', text: `x${EMOJI.repeat(10_000)}`, is_error: false },
    ],
  ])('holds no half of a character: %s', (_what, message) => {
    expect(toModelMessage(message).text.isWellFormed()).toBe(true);
  });

  it('holds none in its instructions, which quote people and earlier turns', () => {
    const written = writeInstructions({
      nowMs: 0,
      timeZone: 'UTC',
      contacts: [{ name: `x${EMOJI.repeat(60)}`, address: 'x@example.com' }],
      unresolved: [],
      earlier: `Asked: "${HALF} …".`,
    });
    expect(written.isWellFormed()).toBe(true);
  });
});

describe('calls of several turns', () => {
  const step = (ids: readonly string[]): readonly StoredMessage[] => [
    {
      role: 'assistant',
      text: '',
      calls: ids.map((id) => ({ id, name: 't', arguments: {} })),
    },
    ...ids.map((id): StoredMessage => ({ role: 'tool', call_id: id, name: 't', text: `of ${id}`, is_error: false })),
  ];
  const said = (text: string): StoredMessage => ({ role: 'user', text });
  const idsIn = (messages: readonly StoredMessage[]) =>
    toModelMessages(messages).flatMap((message): (string | string[])[] => {
      if (message.role === 'tool') return [message.callId];
      return message.role === 'assistant' ? [message.toolCalls.map(({ id }) => id)] : [];
    });

  it('have ids that no other call of the conversation has, and so have their results', () => {
    const turns = [said('a'), ...step(['call_1', 'call_2']), said('b'), ...step(['call_1']), ...step(['call_2'])];
    expect(idsIn(turns)).toEqual([
      ['call_1', 'call_2'],
      'call_1',
      'call_2',
      ['call_3'],
      'call_3',
      ['call_4'],
      'call_4',
    ]);
  });

  it('keep them when the conversation goes on', () => {
    const before = [said('a'), ...step(['call_1']), said('b'), ...step(['call_1'])];
    expect(idsIn([...before, said('c'), ...step(['call_1'])]).slice(0, 4)).toEqual(idsIn(before));
  });
});

describe('a call of a tool that a model invented', () => {
  it.each([
    ['listevents', 'listevents'],
    ['functions.list events', 'functions_list_events'],
    ['', 'unnamed'],
    ['é'.repeat(100), '_'.repeat(64)],
    ['a'.repeat(128), 'a'.repeat(128)],
  ])('is told of by a name that every provider takes: %j', (name, shown) => {
    const call = { id: 'call_1', name, arguments: {} };
    expect(toModelMessage({ role: 'assistant', text: '', calls: [call] })).toMatchObject({
      toolCalls: [{ name: shown }],
    });
    expect(toModelMessage({ role: 'tool', call_id: 'call_1', name, text: '', is_error: true })).toMatchObject({
      name: shown,
    });
  });
});
