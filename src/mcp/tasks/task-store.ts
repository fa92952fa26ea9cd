import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { readRecord } from '../../trust/record.ts';
import { type TaskRecord, taskKey, taskRecord } from './task-record.ts';

// Task records and their atomic changes. Nothing here decides who may see one.

export interface FoundTask {
  readonly record: TaskRecord;
  /** As it lies in the store: what a change is held against. */
  readonly raw: string;
}

/** What is to be different; nothing where the record as it is now is to stay. */
export type TaskChange = (record: TaskRecord) => Partial<TaskRecord> | undefined;

export interface TaskStore {
  find(person: string, id: string): Promise<FoundTask | undefined>;
  /** False when there is one by that id already. */
  create(record: TaskRecord): Promise<boolean>;
  /** Puts a new task in the place of one that has ended; false when it is not there as it was found. */
  replace(found: FoundTask, record: TaskRecord): Promise<boolean>;
  /**
   * Changes the record as it is now, again and again while others change it at the same time. Answers how it is then; nothing when there is
   * none any more.
   */
  change(person: string, id: string, change: TaskChange): Promise<TaskRecord | undefined>;
}

/** A record has a door or two and a worker: more changes at the same time than this are nobody's. */
const ATTEMPTS = 20;

export interface TaskStoreDeps {
  readonly store: Pick<KeyValueStore, 'get' | 'setIfAbsent' | 'compareAndSet'>;
  readonly clock: Clock;
}

export function createTaskStore({ store, clock }: TaskStoreDeps): TaskStore {
  const ttlOf = ({ expires_at_ms }: TaskRecord): { readonly ttlSeconds: number } => ({
    ttlSeconds: Math.max(1, Math.ceil((expires_at_ms - clock.nowMs()) / 1000)),
  });

  async function find(person: string, id: string): Promise<FoundTask | undefined> {
    const raw = await store.get(taskKey(person, id));
    if (raw === undefined) return undefined;
    const record = readRecord(taskRecord, raw, 'task');
    if (record.person !== person || record.id !== id)
      throw new AppError('internal', 'A task lies in another one’s place.');
    return record.expires_at_ms > clock.nowMs() ? { record, raw } : undefined;
  }

  return {
    find,
    create: (record) => store.setIfAbsent(taskKey(record.person, record.id), JSON.stringify(record), ttlOf(record)),
    replace: ({ raw }, record) =>
      store.compareAndSet(taskKey(record.person, record.id), raw, JSON.stringify(record), ttlOf(record)),
    async change(person, id, change) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const found = await find(person, id);
        if (found === undefined) return undefined;
        const difference = change(found.record);
        if (difference === undefined) return found.record;
        const next: TaskRecord = { ...found.record, ...difference, updated_at_ms: clock.nowMs() };
        if (await store.compareAndSet(taskKey(person, id), found.raw, JSON.stringify(next), ttlOf(next))) return next;
      }
      throw new AppError('conflict', 'The task is being changed by too many at the same time. Try again.');
    },
  };
}
