import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

// Where the stand-in issuer's library keeps its records: memory, which can be written down and taken up again, registered clients included.

export interface IssuerRecord {
  readonly key: string;
  readonly payload: AdapterPayload;
  /** Unix milliseconds, by the machine's clock, which the library goes by. */
  readonly endsAtMs?: number;
}

export interface IssuerRecords {
  readonly adapter: AdapterFactory;
  /** What has not ended. */
  all(): readonly IssuerRecord[];
}

export function createIssuerRecords(earlier: readonly IssuerRecord[]): IssuerRecords {
  const records = new Map(earlier.map((record) => [record.key, record]));

  const lives = ({ endsAtMs }: IssuerRecord): boolean => endsAtMs === undefined || Date.now() < endsAtMs;
  function live(key: string): IssuerRecord | undefined {
    const record = records.get(key);
    if (record === undefined || lives(record)) return record;
    records.delete(key);
    return undefined;
  }
  const copyOf = (record: IssuerRecord | undefined): AdapterPayload | undefined =>
    record === undefined ? undefined : structuredClone(record.payload);

  function createAdapter(model: string): Adapter {
    const keyOf = (id: string): string => `${model}:${id}`;
    const firstWhere = (condition: (payload: AdapterPayload) => boolean): AdapterPayload | undefined =>
      copyOf([...records.values()].find(({ key, payload }) => key.startsWith(`${model}:`) && condition(payload)));
    return {
      async upsert(id, payload, expiresIn) {
        const end = expiresIn !== undefined && expiresIn > 0 ? { endsAtMs: Date.now() + expiresIn * 1000 } : {};
        const { scope, ...rest } = structuredClone(payload);
        // A client registers with the scopes that it wants first, and may come back for more: none of them is its last word.
        const kept = model === 'Client' || scope === undefined ? rest : { ...rest, scope };
        records.set(keyOf(id), { key: keyOf(id), payload: kept, ...end });
      },
      find: async (id) => copyOf(live(keyOf(id))),
      findByUid: async (uid) => firstWhere((payload) => payload.uid === uid),
      findByUserCode: async (userCode) => firstWhere((payload) => payload.userCode === userCode),
      async consume(id) {
        const record = live(keyOf(id));
        if (record === undefined) return;
        const payload = { ...record.payload, consumed: Math.floor(Date.now() / 1000) };
        records.set(keyOf(id), { ...record, payload });
      },
      async destroy(id) {
        records.delete(keyOf(id));
      },
      async revokeByGrantId(grantId) {
        for (const [key, { payload }] of records) if (payload.grantId === grantId) records.delete(key);
      },
    };
  }

  return { adapter: createAdapter, all: () => [...records.values()].filter(lives) };
}
