import { describe, expect, it } from '@jest/globals';
import { finishAnswer } from '../../../src/agent/answer.ts';
import { claimsChange } from '../../../src/agent/claims.ts';
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
    expect(finishAnswer('I have booked lunch.', having(call({})))).toBe('I have booked lunch.');
  });

  it('says nothing of reads that failed', () => {
    expect(finishAnswer('I could not look.', having(call({ writes: false, outcome: 'failed' })))).toBe(
      'I could not look.',
    );
  });

  it('keeps words meant for the model out', () => {
    const wrong = call({ outcome: 'refused', code: 'invalid_call', message: 'arguments must have required property' });
    expect(finishAnswer('When?', having(wrong))).toBe('When?\ncreateevent was not done.');
    expect(finishAnswer('Booked.', having(wrong, call({ arguments: { summary: 'Other' } })))).toBe('Booked.');
  });

  it('takes a write with another key for the same write', () => {
    const failed = call({ outcome: 'failed', message: 'Busy', arguments: { summary: 'Lunch', idempotencyKey: 'a' } });
    const done = call({ arguments: { summary: 'Lunch', idempotencyKey: 'b' } });
    expect(finishAnswer('Booked.', having(failed, done))).toBe('Booked.');
  });

  it('does not repeat that nobody was invited', () => {
    expect(finishAnswer('Booked; nobody was invited.', having(call({})), { unresolved: ['Bob'] })).toBe(
      'Booked; nobody was invited.',
    );
    expect(finishAnswer('Booked.', having(call({})), { unresolved: ['Bob'] })).toContain(
      'Nobody was invited: there is no address for Bob.',
    );
    const looked = having(call({ tool: 'freebusy', writes: false }));
    expect(finishAnswer('You are free.', looked, { unresolved: ['Bob'] })).toBe('You are free.');
  });
});

const NOTHING = 'Nothing was changed: no tool that changes anything was run.';

describe('a claim that no call bears out', () => {
  it.each([
    'I have booked lunch for Monday.',
    'I’ve just added it to your calendar.',
    'Your dentist appointment has been cancelled.',
    'I sent you a push notification.',
    'Ich habe das Mittagessen für Montag eingetragen.',
    'Der Termin wurde abgesagt.',
    'J’ai réservé la salle.',
    'La réunion a été déplacée à jeudi.',
    'He añadido la cita a tu calendario.',
    'La reunión ha sido cancelada.',
  ])('is contradicted: %s', (text) => {
    expect(finishAnswer(text, having())).toBe(`${text}\n${NOTHING}`);
  });

  it.each([
    'Shall I book it?',
    'You have lunch booked at noon, created by Ana.',
    'Möchtest du, dass ich den Termin eintrage?',
    'Je peux réserver la salle.',
    '¿Quieres que reserve la sala?',
  ])('is no claim: %s', (text) => {
    expect(finishAnswer(text, having())).toBe(text);
  });

  it.each([
    ['I have booked lunch and sent you a push note.', ['createevent'], 'What was done: createevent.'],
    ['I’ve cancelled the old one and booked a new one.', ['createevent'], 'What was done: createevent.'],
    ['I have deleted it.', ['send_push_notification'], 'What was done: send_push_notification.'],
  ])('is put right by what was done: %s', (text, tools, line) => {
    expect(finishAnswer(text, having(...tools.map((tool) => call({ tool }))))).toBe(`${text}\n${line}`);
  });

  it.each([
    ['I have booked lunch and sent you a push note.', ['createevent', 'send_push_notification']],
    ['I’ve invited Ana and sent the invitation.', ['createevent']],
    ['I’ve rescheduled it.', ['updateevent']],
    ['I have removed Bob.', ['updateevent']],
    ['I have sent it.', ['upstream_mail']],
  ])('is left alone where the calls bear it out: %s', (text, tools) => {
    expect(finishAnswer(text, having(...tools.map((tool) => call({ tool }))))).toBe(text);
  });

  it('names what was done beside what was not', () => {
    const failed = call({ tool: 'deleteevent', outcome: 'failed', message: 'It is gone already.' });
    expect(finishAnswer('All done.', having(call({}), failed))).toBe(
      'All done.\ndeleteevent was not done: It is gone already.\nWhat was done: createevent.',
    );
  });

  it('to have looked is contradicted where nothing was ever asked', () => {
    const line = 'This was not looked up: no tool was asked.';
    expect(finishAnswer('You are free at ten.', having())).toBe(`You are free at ten.\n${line}`);
    expect(finishAnswer('I checked your calendar.', having(call({ writes: false, outcome: 'failed' })))).toContain(
      line,
    );
    expect(finishAnswer('You are free to choose.', having())).not.toContain(line);
    const history = [{ role: 'tool', call_id: 'c', name: 'freebusy', text: '', is_error: false }] as const;
    expect(finishAnswer('You are free at ten.', having(), { history })).toBe('You are free at ten.');
  });
});
