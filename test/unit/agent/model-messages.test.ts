import { describe, expect, it } from '@jest/globals';
import { writeInstructions } from '../../../src/agent/instructions.ts';
import { toModelMessage } from '../../../src/agent/model-messages.ts';
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
