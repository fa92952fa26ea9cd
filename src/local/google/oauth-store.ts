import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import type { Clock } from '../../ports/clock.ts';
import type { StandInClient } from './stand-in-options.ts';

// Where oidc-provider keeps its records: memory, in a shape that the calendar and the revocation endpoint can ask too.
// Google's revocation takes back everything that a client got from a person, whichever of its tokens is presented.

export interface AccessTokenRecord {
  readonly sub: string;
  readonly clientId: string;
  readonly scopes: ReadonlySet<string>;
}

export interface OAuthStore {
  readonly adapter: AdapterFactory;
  addClient(client: StandInClient): void;
  /** The live access token of that value, by our clock; `undefined` for unknown, expired and revoked ones alike. */
  findAccessToken(value: string): AccessTokenRecord | undefined;
  /** The newest grant that this person gave this client and that covers every one of the scopes. */
  findGrant(sub: string, clientId: string, scopes: readonly string[]): string | undefined;
  /** Takes back all that the client of this access or refresh token got from its person. False when no such token lives. */
  revokeToken(value: string): boolean;
  /** As when a person removes the app under "third-party connections": all its grants and tokens are gone. */
  revokeAccount(sub: string): void;
  /** From now on every access token handed out so far has expired. */
  expireAccessTokens(): void;
  /** Forgets who is signed in under this session, so that another account can be picked. */
  signOut(sessionUid: string): void;
  records(): readonly StoredRecord[];
}

/** One record of the library's, as it is kept. */
export interface StoredRecord {
  readonly model: string;
  readonly id: string;
  readonly payload: AdapterPayload;
  readonly savedAtMs: number;
}

const isString = (value: unknown): value is string => typeof value === 'string';

function grantCovers(payload: AdapterPayload, scopes: readonly string[]): boolean {
  const openid: unknown = 'openid' in payload ? payload['openid' as keyof AdapterPayload] : undefined;
  if (typeof openid !== 'object' || openid === null || !('scope' in openid) || !isString(openid.scope)) return false;
  const granted = new Set(openid.scope.split(' '));
  return scopes.every((scope) => granted.has(scope));
}

export function createOAuthStore(options: {
  readonly clock: Clock;
  readonly accessTokenSeconds: number;
  readonly clients: readonly StandInClient[];
  /** Those of an earlier start. */
  readonly records?: readonly StoredRecord[];
}): OAuthStore {
  const records = new Map<string, StoredRecord>(
    options.records?.map((record) => [`${record.model}:${record.id}`, record]),
  );
  const clients = new Map(options.clients.map((client) => [client.clientId, client]));
  const find = (model: string, id: string): StoredRecord | undefined => records.get(`${model}:${id}`);

  function removeWhere(condition: (record: StoredRecord) => boolean): void {
    for (const [key, record] of records) if (condition(record)) records.delete(key);
  }

  function revokeAll(sub: string, clientId?: string): void {
    removeWhere(
      ({ model, payload }) =>
        ['Grant', 'AccessToken', 'RefreshToken', 'AuthorizationCode'].includes(model) &&
        payload.accountId === sub &&
        (clientId === undefined || payload.clientId === clientId),
    );
  }

  return {
    adapter: (model) => createAdapter(model, { records, clients, removeWhere, clock: options.clock }),
    addClient(client) {
      clients.set(client.clientId, client);
    },
    findAccessToken(value) {
      const record = find('AccessToken', value);
      const { accountId, clientId, scope } = record?.payload ?? {};
      if (record === undefined || accountId === undefined || clientId === undefined) return undefined;
      if (options.clock.nowMs() >= record.savedAtMs + options.accessTokenSeconds * 1000) return undefined;
      return { sub: accountId, clientId, scopes: new Set((scope ?? '').split(' ')) };
    },
    findGrant(sub, clientId, scopes) {
      const grants = [...records.values()].filter(
        ({ model, payload }) =>
          model === 'Grant' &&
          payload.accountId === sub &&
          payload.clientId === clientId &&
          grantCovers(payload, scopes),
      );
      return grants.at(-1)?.id;
    },
    revokeToken(value) {
      const record = find('AccessToken', value) ?? find('RefreshToken', value);
      const sub = record?.payload.accountId;
      if (record === undefined || sub === undefined) return false;
      revokeAll(sub, record.payload.clientId);
      return true;
    },
    revokeAccount: (sub) => revokeAll(sub),
    expireAccessTokens: () => removeWhere(({ model }) => model === 'AccessToken'),
    signOut(sessionUid) {
      for (const [key, record] of records) {
        if (record.model !== 'Session' || record.payload.uid !== sessionUid) continue;
        const { accountId: _account, loginTs: _login, authorizations: _authorizations, ...payload } = record.payload;
        records.set(key, { ...record, payload });
      }
    },
    records: () => [...records.values()],
  };
}

interface AdapterParts {
  readonly records: Map<string, StoredRecord>;
  readonly clients: ReadonlyMap<string, StandInClient>;
  readonly removeWhere: (condition: (record: StoredRecord) => boolean) => void;
  readonly clock: Clock;
}

function createAdapter(model: string, { records, clients, removeWhere, clock }: AdapterParts): Adapter {
  const key = (id: string): string => `${model}:${id}`;
  const copyOf = (record: StoredRecord | undefined): AdapterPayload | undefined =>
    record === undefined ? undefined : structuredClone(record.payload);
  const firstWhere = (condition: (payload: AdapterPayload) => boolean): AdapterPayload | undefined =>
    copyOf([...records.values()].find((record) => record.model === model && condition(record.payload)));

  return {
    async upsert(id, payload) {
      records.set(key(id), { model, id, payload: structuredClone(payload), savedAtMs: clock.nowMs() });
    },
    async find(id) {
      if (model !== 'Client') return copyOf(records.get(key(id)));
      const client = clients.get(id);
      return client === undefined ? undefined : clientMetadata(client);
    },
    findByUid: async (uid) => firstWhere((payload) => payload.uid === uid),
    findByUserCode: async (userCode) => firstWhere((payload) => payload.userCode === userCode),
    async consume(id) {
      const record = records.get(key(id));
      if (record === undefined) return;
      const payload = { ...record.payload, consumed: Math.floor(Date.now() / 1000) };
      records.set(key(id), { ...record, payload });
    },
    async destroy(id) {
      records.delete(key(id));
    },
    async revokeByGrantId(grantId) {
      removeWhere((record) => record.payload.grantId === grantId);
    },
  };
}

function clientMetadata(client: StandInClient): AdapterPayload {
  return {
    client_id: client.clientId,
    client_secret: client.clientSecret,
    redirect_uris: [...client.redirectUris],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_post',
    id_token_signed_response_alg: 'RS256',
  };
}
