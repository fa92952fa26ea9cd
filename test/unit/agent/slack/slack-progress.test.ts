import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createProgress, type Progress } from '../../../../src/agent/slack/slack-progress.ts';
import type { Slack, SlackContent } from '../../../../src/ports/slack.ts';

// How often the one message of a turn is edited.

let edits: string[];
let answer: () => Promise<boolean>;
let faults: unknown[];
let progress: Progress;

beforeEach(() => {
  jest.useFakeTimers();
  edits = [];
  faults = [];
  answer = async () => true;
  const slack = {
    update: async (_ref: unknown, { blocks }: SlackContent) => {
      edits.push(JSON.stringify(blocks));
      return answer();
    },
  } as unknown as Slack;
  const message = { channel: 'D1', ts: '1.1' };
  progress = createProgress({
    slack,
    clock: { nowMs: () => Date.now() },
    message,
    onFault: (error) => faults.push(error),
  });
});
afterEach(() => {
  jest.useRealTimers();
});

const call = (id: string) => progress.tell({ type: 'tool.call', id, tool: `tool${id}`, arguments: {} });
const result = (id: string) => progress.tell({ type: 'tool.result', id, tool: `tool${id}`, outcome: 'completed' });

describe('progress', () => {
  it('is told at most every 1.5 seconds, and then the newest of it', async () => {
    for (let index = 0; index < 50; index += 1) {
      call(String(index));
      result(String(index));
      await jest.advanceTimersByTimeAsync(100);
    }
    expect(edits).toHaveLength(3);
    await jest.advanceTimersByTimeAsync(1500);
    expect(edits.at(-1)).toContain('tool49: done');
    expect(edits.at(-1)).not.toContain('tool1:');
  });

  it('is not told when nothing happens, nor for words of the model', async () => {
    progress.tell({ type: 'text.delta', text: 'I have booked it.' });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(edits).toEqual([]);
  });

  it('ends with the turn: no edit comes after the last word', async () => {
    let release = (): void => {};
    answer = () => new Promise((resolve) => (release = () => resolve(true)));
    call('1');
    await jest.advanceTimersByTimeAsync(1500);
    call('2');
    let stopped = false;
    const stop = progress.stop().then(() => {
      stopped = true;
    });
    await jest.advanceTimersByTimeAsync(10_000);
    expect([edits.length, stopped]).toEqual([1, false]);
    release();
    await stop;
    call('3');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(edits).toHaveLength(1);
  });

  it('goes on when an edit fails', async () => {
    answer = () => Promise.reject(new Error('gone'));
    call('1');
    await jest.advanceTimersByTimeAsync(1500);
    call('2');
    await jest.advanceTimersByTimeAsync(1500);
    expect([edits.length, faults.length]).toEqual([2, 2]);
  });
});
