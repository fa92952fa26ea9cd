import { describe, expect, it } from '@jest/globals';
import { claimsChange, finishAnswer } from '../../../src/agent/answer.ts';
import { newTurn, type TurnCall, type TurnRecord } from '../../../src/agent/turn-record.ts';

const base = newTurn({
  person: 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  scopes: [],
  conversationId: 'c_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  message: 'x',
  timeZone: 'UTC',
  nowMs: 0,
  random: new Uint8Array(10),
});

function call(changes: Partial<TurnCall>): TurnCall {
  return {
    id: 'call_1',
    tool: 'createevent',
    arguments: { summary: 'Lunch' },
    outcome: 'completed',
    writes: true,
    ...changes,
  };
}
const having = (...calls: readonly TurnCall[]): TurnRecord => ({ ...base, calls: [...calls] });

describe('the last word', () => {
  it.each([
    ['I have booked lunch.', true],
    ['I’ve just added it.', true],
    ['Lunch has been moved to 3 pm.', true],
    ['Your meeting is now scheduled for noon.', true],
    ['I can book that. Shall I?', false],
    ['You have lunch at noon.', false],
    ['Was it cancelled?', false],
  ])('“%s” claims a change: %s', (text, expected) => {
    expect(claimsChange(text)).toBe(expected);
  });

  it('is the model’s own when all went well', () => {
    expect(finishAnswer('I have booked lunch.', having(call({})), [])).toBe('I have booked lunch.');
  });

  it('says nothing of reads that failed', () => {
    expect(finishAnswer('I could not look.', having(call({ writes: false, outcome: 'failed' })), [])).toBe(
      'I could not look.',
    );
  });

  it('keeps words meant for the model out', () => {
    const wrong = call({ outcome: 'refused', code: 'invalid_call', message: 'arguments must have required property' });
    expect(finishAnswer('When?', having(wrong), [])).toBe('When?\ncreateevent was not done.');
    expect(finishAnswer('Booked.', having(wrong, call({ arguments: { summary: 'Other' } })), [])).toBe('Booked.');
  });

  it('takes a write with another key for the same write', () => {
    const failed = call({ outcome: 'failed', message: 'Busy', arguments: { summary: 'Lunch', idempotencyKey: 'a' } });
    const done = call({ arguments: { summary: 'Lunch', idempotencyKey: 'b' } });
    expect(finishAnswer('Booked.', having(failed, done), [])).toBe('Booked.');
  });

  it('does not repeat that nobody was invited', () => {
    expect(finishAnswer('Booked; nobody was invited.', having(call({})), ['Bob'])).toBe('Booked; nobody was invited.');
    expect(finishAnswer('Booked.', having(call({})), ['Bob'])).toContain(
      'Nobody was invited: there is no address for Bob.',
    );
    expect(finishAnswer('You are free.', having(), ['Bob'])).toBe('You are free.');
  });
});
