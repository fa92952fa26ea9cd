import { resolve } from 'node:path';
import { startChild } from '../bench/child.ts';
import { createDoorCalls } from './door-calls.ts';
import { type Figures, type Finished, figuresOf } from './figures.ts';
import type { LoadTarget } from './machine.ts';

// Calls come when they are due, whatever became of those before (an open loop): a machine that falls behind is seen to fall behind, for each call's
// time counts from when it was due.

export interface Load {
  /** Calls a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Of ten calls so many are done behind their answer. */
  readonly asyncTenths: number;
}

const WARM_UP_CALLS = 20;

async function drive(target: LoadTarget, { rate, seconds, asyncTenths }: Load): Promise<Figures> {
  const calls = createDoorCalls(target);
  try {
    // A first call brings connections, a composed API and a remembered token; its time is that of a cold start, which `make bench` measures.
    for (let call = 0; call < WARM_UP_CALLS; call += 1) await calls.make(call === 0 ? 'async' : 'sync');
    const startMs = performance.now();
    const made = Array.from({ length: Math.round(rate * seconds) }, async (_, index): Promise<Finished> => {
      const dueMs = startMs + (index * 1000) / rate;
      await new Promise((due) => setTimeout(due, Math.max(0, dueMs - performance.now())));
      const kind = index % 10 < asyncTenths ? 'async' : 'sync';
      const outcome = await calls.make(kind);
      return { kind, milliseconds: performance.now() - dueMs, ...outcome };
    });
    return figuresOf(await Promise.all(made));
  } finally {
    calls.close();
  }
}

/** Starts a machine of its own, loads it, and ends it. */
export async function runLoad(load: Load): Promise<Figures> {
  const machine = await startChild(resolve(import.meta.dirname, 'machine.ts'));
  try {
    return await drive(await machine.ask<LoadTarget>('target'), load);
  } finally {
    await machine.ask('close');
    await machine.close();
  }
}
