import { describe, expect, it } from '@jest/globals';
import { doneLine } from '../../../src/agent/answer.ts';
import { newTurn, type TurnCall, type TurnRecord } from '../../../src/agent/turn-record.ts';
import { rememberedMessages } from '../../../src/agent/turn-remembered.ts';

const base = newTurn({
  person: 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  scopes: [],
  conversationId: 'c_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  message: 'Book lunch',
  timeZone: 'UTC',
  nowMs: 0,
  random: new Uint8Array(10),
});

const having = (outcome: TurnCall['outcome'], more: Partial<TurnRecord> = {}): TurnRecord => ({
  ...base,
  ...more,
  calls: [{ id: 'call_1', tool: 'createevent', arguments: {}, outcome, writes: true }],
});

describe('a turn that was stopped while a write was under way', () => {
  it.each(['sent', 'unclear'] as const)('is not said to have changed nothing (%s)', (outcome) => {
    const said = rememberedMessages(having(outcome, { status: 'cancelled' })).at(-1);
    expect(said).toMatchObject({
      text: 'You stopped this before it was done. Nothing is known to have been changed. It is not known whether createevent went through: look before you try again.',
    });
  });

  it.each([
    ['waiting', 'Nothing was changed.'],
    ['refused', 'Nothing was changed.'],
    ['completed', 'Done before that: createevent.'],
  ] as const)('is said to have done what is known (%s)', (outcome, words) => {
    expect(doneLine(having(outcome))).toBe(words);
  });
});
