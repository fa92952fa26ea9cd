import { doneLine, unknownWrites, waitingAnswer } from './answer.ts';
import type { StoredMessage, TurnRecord } from './turn-record.ts';

// What a conversation keeps of a turn, however that stands: each ends in words that say so, and none holds half a step.

/** Without the last step when its calls were never answered: a model is never shown half a step. */
export function wholeSteps(messages: readonly StoredMessage[]): readonly StoredMessage[] {
  const last = messages.at(-1);
  return last?.role === 'assistant' && last.calls.length > 0 ? messages.slice(0, -1) : messages;
}

export const spoken = (text: string): StoredMessage => ({ role: 'assistant', text, calls: [] });

function unclearLine(record: TurnRecord): string {
  const tools = unknownWrites(record);
  return tools.length === 0
    ? ''
    : ` It is not known whether ${tools.join(' and ')} went through: look before you try again.`;
}

/** For a turn whose process is gone, or that the person has stopped. */
function brokenOff(record: TurnRecord, why: string): readonly StoredMessage[] {
  return [...wholeSteps(record.messages), spoken(`${why} ${doneLine(record)}${unclearLine(record)}`)];
}

export const STOPPED = 'You stopped this before it was done.';
export const BROKEN_OFF = 'This was broken off before it was done.';

/** The messages of a turn as its conversation has them. `running` stands for one that nobody works on any more. */
export function rememberedMessages(record: TurnRecord): readonly StoredMessage[] {
  const first = record.messages[0];
  switch (record.status) {
    case 'approval_required':
      return first === undefined ? [] : [first, spoken(waitingAnswer(record))];
    case 'cancelled':
      return brokenOff(record, STOPPED);
    case 'running':
      return brokenOff(record, BROKEN_OFF);
    case 'completed':
    case 'failed':
      return record.messages;
  }
}
