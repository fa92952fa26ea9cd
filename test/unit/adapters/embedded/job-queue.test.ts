import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  createEmbeddedJobQueue,
  type EmbeddedJobQueue,
  type JobAnswer,
} from '../../../../src/adapters/embedded/job-queue.ts';

let queue: EmbeddedJobQueue;
let worked: string[];
let givenUp: { job: string; cause: unknown }[];
let answer: (job: string) => Promise<JobAnswer>;

beforeEach(() => {
  jest.useFakeTimers();
  worked = [];
  givenUp = [];
  answer = async () => ({ status: 'done' });
  queue = createEmbeddedJobQueue({ onGivenUp: (job, cause) => givenUp.push({ job, cause }), maxTries: 3 });
});
afterEach(() => {
  jest.useRealTimers();
});

function attach(): void {
  queue.attach((job) => {
    worked.push(job);
    return answer(job);
  });
}

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

describe('the queue in this process', () => {
  it('hands a job out apart from the request that sent it', async () => {
    attach();
    await queue.send('a');
    expect(worked).toEqual([]);
    await pass(0);
    expect(worked).toEqual(['a']);
  });

  it('keeps a job back for as long as it is told', async () => {
    attach();
    await queue.send('a', { delaySeconds: 3 });
    await pass(2999);
    expect(worked).toEqual([]);
    await pass(1);
    expect(worked).toEqual(['a']);
  });

  it('keeps what comes before anybody is there to do it', async () => {
    await queue.send('a');
    await pass(10);
    attach();
    await pass(0);
    expect(worked).toEqual(['a']);
  });

  it('does not wait for one job before it hands out the next', async () => {
    attach();
    answer = () => new Promise(() => {});
    await queue.send('a');
    await queue.send('b');
    await pass(0);
    expect(worked).toEqual(['a', 'b']);
  });

  it('hands a job out again that is to come again, no sooner than asked, and gives it up in the end', async () => {
    attach();
    answer = async () => ({ status: 'again', afterMs: 5000 });
    await queue.send('a');
    await pass(0);
    await pass(4999);
    expect(worked).toHaveLength(1);
    await pass(1);
    expect(worked).toHaveLength(2);
    await pass(5000);
    expect(worked).toHaveLength(3);
    expect(givenUp).toEqual([{ job: 'a', cause: undefined }]);
    await pass(60_000);
    expect(worked).toHaveLength(3);
  });

  it('hands a job out again whose worker failed, and tells the last fault', async () => {
    attach();
    const fault = new Error('the store is away');
    answer = async () => {
      throw fault;
    };
    await queue.send('a');
    await pass(60_000);
    expect(worked).toEqual(['a', 'a', 'a']);
    expect(givenUp).toEqual([{ job: 'a', cause: fault }]);
  });

  it('waits at its end for what is being done, takes no more, and begins nothing that was kept back', async () => {
    attach();
    let finish = (): void => {};
    answer = () =>
      new Promise((resolve) => {
        finish = () => resolve({ status: 'again', afterMs: 0 });
      });
    await queue.send('a');
    await queue.send('b', { delaySeconds: 60 });
    await pass(0);
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    await pass(0);
    expect(closed).toBe(false);
    finish();
    await closing;
    await queue.send('c');
    await pass(100_000);
    expect(worked).toEqual(['a']);
    expect(givenUp).toEqual([]);
  });

  it('takes a delay that is longer than any timer', async () => {
    attach();
    await queue.send('a', { delaySeconds: 10_000_000 });
    await pass(60_000);
    expect(worked).toEqual([]);
  });
});
