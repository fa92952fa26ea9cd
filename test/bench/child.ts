import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

// Child processes that answer questions over IPC. What is measured runs alone in a process of its own, and tells its own CPU time and
// memory: neither the load nor the other arm is in its figures.

export interface Usage {
  /** User and system time of the whole process since it began, microseconds. */
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

export interface Child {
  ask<Answer>(name: string, data?: unknown): Promise<Answer>;
  usage(): Promise<Usage>;
  close(): Promise<void>;
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly data: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: string;
}

/** `script` is a file of this folder or an absolute path, and must call `answerParent`. Its standard output is thrown away, as a real sink of log lines would take it. */
export async function startChild(script: string, data?: unknown, flags: readonly string[] = []): Promise<Child> {
  const child = fork(resolve(import.meta.dirname, script), {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning', ...flags],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const waiting = new Map<number, { settle: (value: never) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  child.on('message', (message) => {
    const { id, value, failure } = message as Answer;
    const asked = waiting.get(id);
    waiting.delete(id);
    if (failure === undefined) asked?.settle(value as never);
    else asked?.reject(new Error(`${script}: ${failure}`));
  });
  const gone = once(child, 'exit').then(([code]) => {
    for (const { reject } of waiting.values()) reject(new Error(`${script} ended with ${code}`));
  });
  const ask = <Value>(name: string, asked?: unknown): Promise<Value> =>
    new Promise((settle, reject) => {
      lastId += 1;
      waiting.set(lastId, { settle, reject });
      child.send({ id: lastId, name, data: asked } satisfies Question);
    });
  await ask('open', data);
  return {
    ask,
    usage: () => ask('usage'),
    async close() {
      child.disconnect();
      await gone;
    },
  };
}

export type Answers = Readonly<Record<string, (data: never) => unknown>>;

/** The child's side: `open` is asked first, once. Ends the process when the parent lets go of it. */
export function answerParent(answers: Answers): void {
  const all: Answers = {
    usage: (): Usage => {
      const { user, system } = process.cpuUsage();
      return { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() };
    },
    collect: () => globalThis.gc?.(),
    ...answers,
  };
  process.on('message', async (message) => {
    const { id, name, data } = message as Question;
    const answer = all[name];
    try {
      if (answer === undefined) throw new Error(`no answer to ${name}`);
      process.send?.({ id, value: await answer(data as never) } satisfies Answer);
    } catch (error) {
      process.send?.({ id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.once('disconnect', () => process.exit());
}

/** CPU of `child` while `work` runs, microseconds. */
export async function cpuOf(child: Child, work: () => Promise<unknown>): Promise<number> {
  const before = await child.usage();
  await work();
  return (await child.usage()).cpuMicros - before.cpuMicros;
}
